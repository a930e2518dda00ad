"""Changes of the world: members, groups, grants and repositories, and the events that follow from those."""

from dataclasses import replace

from tests.fakes.parts.repository import Repository

from . import hook_events
from .model import GRANTS, Account, Group, Holder, Project, Repo, Role, Workspace
from .rendering import clone_url, href
from .server_core import Core

Place = Project | Repo


def set_member(core: Core, home: Workspace, who: Account, role: Role) -> None:
    with core.state.lock:
        core.state.members[home.uuid][who.uuid] = role
        core.state.touch()


def remove_member(core: Core, home: Workspace, who: Account) -> None:
    """Out of the workspace, its groups, and every grant there. Raises KeyError for somebody who is no member."""
    state = core.state
    with state.lock:
        del state.members[home.uuid][who.uuid]
        for group in state.groups[home.uuid].values():
            group.members.pop(who.uuid, None)
        for place in state.places_of(home.uuid):
            state.grants.get(place.uuid, {}).pop(Holder("user", who.uuid), None)
        state.touch()


def add_to_group(core: Core, group: Group, who: Account) -> None:
    """Whoever is in a group is a member of its workspace."""
    with core.state.lock:
        core.state.members[group.workspace].setdefault(who.uuid, "member")
        group.members[who.uuid] = None
        core.state.touch()


def remove_from_group(core: Core, group: Group, who: Account) -> None:
    """Raises KeyError for somebody who is not in it."""
    with core.state.lock:
        del group.members[who.uuid]
        core.state.touch()


def delete_group(core: Core, group: Group) -> None:
    with core.state.lock:
        del core.state.groups[group.workspace][group.slug]
        for place in core.state.places_of(group.workspace):
            core.state.grants.get(place.uuid, {}).pop(Holder("group", group.slug), None)
        core.state.touch()


def grant(core: Core, place: Place, holder: Account | Group, permission: str) -> None:
    """Raises ValueError for a permission that this place does not know and for a group of another workspace."""
    if permission not in GRANTS or (permission == "create-repo" and isinstance(place, Repo)):
        raise ValueError(permission)
    if isinstance(holder, Group) and holder.workspace != place.workspace:
        raise ValueError(holder.slug)
    with core.state.lock:
        core.state.grants.setdefault(place.uuid, {})[as_holder(holder)] = permission
        core.state.touch()


def revoke(core: Core, place: Place, holder: Account | Group) -> None:
    """Raises KeyError when there is no explicit grant."""
    with core.state.lock:
        del core.state.grants[place.uuid][as_holder(holder)]
        core.state.touch()


def as_holder(holder: Account | Group) -> Holder:
    return Holder("group", holder.slug) if isinstance(holder, Group) else Holder("user", holder.uuid)


def create_repository(core: Core, repo: Repo, default_branch: str) -> Repo:
    with core.state.lock:
        core.state.repos[repo.uuid] = repo
        core.state.repositories[repo.number] = Repository(core.root / f"{repo.number}.git", default_branch)
        core.state.touch()
        hook_events.happened(core, "repo:created", repo)
    return repo


def delete_repository(core: Core, repo: Repo) -> None:
    with core.state.lock:
        hook_events.happened(core, "repo:deleted", repo)
        for hook in core.state.hooks_of(repo.uuid):
            del core.state.hooks[hook.uuid]
        core.state.grants.pop(repo.uuid, None)
        del core.state.repos[repo.uuid]
        del core.state.repositories[repo.number]
        core.state.touch()


def update_repository(core: Core, repo: Repo, **values: object) -> None:
    """Set attributes such as slug, name, description, is_private or project. The old path is gone at once."""
    with core.state.lock:
        before = replace(repo)
        old_links = _links(core, repo)
        changed = replace(repo, **values)  # type: ignore[arg-type]
        for name in values:
            setattr(repo, name, getattr(changed, name))
        repo.updated_on = core.clock.now()
        core.state.touch()
        told: dict[str, object] = {name: _change(before, repo, name) for name in values if name != "project"}
        if "slug" in values:
            told["full_name"] = {"old": _path(core, before), "new": _path(core, repo)}
            told["links"] = {"old": old_links, "new": _links(core, repo)}
        hook_events.happened(core, "repo:updated", repo, changes=told)


def _change(before: Repo, after: Repo, name: str) -> dict[str, object]:
    return {"old": getattr(before, name), "new": getattr(after, name)}


def _path(core: Core, repo: Repo) -> str:
    return core.state.full_name(repo)


def _links(core: Core, repo: Repo) -> dict[str, object]:
    html = clone_url(core, repo).removesuffix(".git")
    return {"html": href(html), "self": href(f"{core.api_url}/repositories/{_path(core, repo)}")}


def transfer_repository(core: Core, repo: Repo, target: Project) -> None:
    """To another workspace: grants of groups end, those of people stay."""
    with core.state.lock:
        old = repo.workspace
        repo.workspace, repo.project = target.workspace, target.uuid
        repo.updated_on = core.clock.now()
        kept = {key: value for key, value in core.state.grants_at(repo.uuid).items() if key.kind == "user"}
        core.state.grants[repo.uuid] = kept
        core.state.touch()
        hook_events.happened(core, "repo:transfer", repo, also_in=old)
