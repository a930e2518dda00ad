"""Which hooks hear of which event."""

from tests.fakes.parts.git_http import Change
from tests.fakes.parts.repository import ZERO_ID
from tests.fakes.parts.routing import Json

from . import payloads
from .deliveries import send
from .model import Hook, Organization, OrganizationMembership, Repo, Team, User
from .rendering import account
from .rendering_hooks import hook as hook_row
from .server_core import Core

TOLD_TAGS = 3  # more tags at once: nobody hears of any


def sender_in(core: Core, owner_id: int) -> User:
    """Who does what tests do: the first owner, else the first account."""
    rows = core.state.members.get(owner_id, {}).values()
    owner = next((row.user_id for row in rows if row.role == "admin"), None)
    return core.state.users[owner or next(iter(core.state.users))]


def refs_changed(core: Core, repo: Repo, user: User, changes: list[Change]) -> None:
    """After a push. Always moves the time of the push."""
    if not changes:
        return
    repo.pushed_at = repo.updated_at = core.clock.now()
    tags = [each for each in changes if each[0].startswith("refs/tags/")]
    told = [each for each in changes if each not in tags or len(tags) <= TOLD_TAGS]
    for change in told:
        if change[1] == ZERO_ID:
            _tell_repo(core, repo, "create", payloads.ref_made(core, repo, user, change))
        if change[2] == ZERO_ID:
            _tell_repo(core, repo, "delete", payloads.ref_deleted(core, repo, user, change))
        _tell_repo(core, repo, "push", payloads.push(core, repo, user, change))


def release_made(core: Core, repo: Repo, tag: str, action: str = "published") -> None:
    """Raises KeyError for a tag that is not there."""
    user = sender_in(core, repo.owner_id)
    if f"refs/tags/{tag}" not in core.repository(repo).refs:
        raise KeyError(tag)
    _tell_repo(core, repo, "release", payloads.release(core, repo, user, tag, action))


def repository_changed(core: Core, repo: Repo, action: str, **more: object) -> None:
    """created, deleted, archived, unarchived, edited, renamed, transferred, publicized or privatized."""
    body = payloads.about_repository(core, repo, sender_in(core, repo.owner_id), action=action, **more)
    if action == "deleted":
        _send(core, _organization_hooks(core, repo.owner_id), "repository", body)
        return
    _tell_repo(core, repo, "repository", body)
    if action == "publicized":
        public = payloads.about_repository(core, repo, sender_in(core, repo.owner_id))
        _tell_repo(core, repo, "public", public)


def collaborator_changed(core: Core, repo: Repo, user: User, action: str, **more: object) -> None:
    """added, edited or removed."""
    sender = sender_in(core, repo.owner_id)
    body = payloads.about_repository(core, repo, sender, action=action, member=account(core, user), **more)
    _tell_repo(core, repo, "member", body)


def team_changed(core: Core, team: Team, action: str, repo: Repo | None = None, **more: object) -> None:
    """created, deleted, edited, added_to_repository or removed_from_repository."""
    sender = sender_in(core, team.organization_id)
    body = payloads.team_event(core, team, sender, action, repo, **more)
    _tell_organization(core, team.organization_id, "team", body)
    if action == "added_to_repository" and repo is not None:
        added = {name: value for name, value in body.items() if name != "action"}
        _tell_repo(core, repo, "team_add", added)


def team_member_changed(core: Core, team: Team, user: User, action: str, *, is_gone: bool = False) -> None:
    """added or removed; `is_gone`: with the team."""
    sender = sender_in(core, team.organization_id)
    body = payloads.team_membership(core, team, user, sender, action, is_gone=is_gone)
    _tell_organization(core, team.organization_id, "membership", body)


def organization_member_changed(core: Core, row: OrganizationMembership, action: str) -> None:
    """member_added, member_removed or member_invited. A change of the role is told to nobody."""
    home = core.state.organizations[row.organization_id]
    sender = sender_in(core, home.id)
    part: Json = {"membership": payloads.membership_part(core, row)}
    if action == "member_invited":
        part = payloads.invitation_part(core, row, sender)
    body = payloads.organization_event(core, home, sender, action, **part)
    _tell_organization(core, home.id, "organization", body)


def organization_changed(core: Core, home: Organization, action: str, **more: object) -> None:
    """renamed or deleted."""
    body = payloads.organization_event(core, home, sender_in(core, home.id), action, **more)
    _tell_organization(core, home.id, "organization", body)


def hook_removed(core: Core, hook: Hook) -> None:
    """`meta`: told to the hook itself."""
    shown = {name: value for name, value in hook_row(core, hook).items() if not name.endswith("_url")}
    body: Json = {"action": "deleted", "hook_id": hook.id, "hook": shown}
    if "meta" in hook.events or "*" in hook.events:
        _send(core, [hook], "meta", _about_parent(core, hook, body))


def _about_parent(core: Core, hook: Hook, body: Json) -> Json:
    if hook.kind == "repository":
        repo = core.state.repos[hook.parent_id]
        return payloads.about_repository(core, repo, sender_in(core, repo.owner_id), **body)
    home = core.state.organizations[hook.parent_id]
    return payloads.about_organization(core, home, sender_in(core, home.id), **body)


def ping(core: Core, hook: Hook) -> None:
    owner = hook.parent_id
    if hook.kind == "repository":
        owner = core.state.repos[hook.parent_id].owner_id
    if hook.kind == "integration":
        owner = core.state.apps[hook.parent_id].owner_id
    _send(core, [hook], "ping", payloads.ping(core, hook, sender_in(core, owner)))


def test(core: Core, hook: Hook) -> None:
    """The last push of a repository once more, if the hook wants pushes."""
    repo = core.state.repos[hook.parent_id]
    repository = core.repository(repo)
    target = repository.refs.get(f"refs/heads/{repository.default_branch}")
    if target is not None:
        change = (f"refs/heads/{repository.default_branch}", target, target)
        _send(core, [hook], "push", payloads.push(core, repo, sender_in(core, repo.owner_id), change))


def _tell_repo(core: Core, repo: Repo, event: str, body: Json) -> None:
    own = list(core.state.hooks_of("repository", repo.id))
    _send(core, [*own, *_organization_hooks(core, repo.owner_id)], event, body)
    _tell_apps(core, repo.owner_id, event, body, repo)


def _tell_organization(core: Core, organization_id: int, event: str, body: Json) -> None:
    _send(core, _organization_hooks(core, organization_id), event, body)
    _tell_apps(core, organization_id, event, body, None)


def _organization_hooks(core: Core, organization_id: int) -> list[Hook]:
    """Hooks of applications that the organization no longer approves stay silent."""
    found = list(core.state.hooks_of("organization", organization_id))
    home = core.state.organizations.get(organization_id)
    if home is None or not home.restricts_applications:
        return found
    return [each for each in found if each.application_id in {None, *home.approved_applications}]


def _tell_apps(core: Core, organization_id: int, event: str, body: Json, repo: Repo | None) -> None:
    for each in core.state.installations.values():
        if each.organization_id != organization_id or event not in each.events or each.suspended_at is not None:
            continue
        if repo is not None and each.repository_ids is not None and repo.id not in each.repository_ids:
            continue
        installation = {"id": each.id, "node_id": f"MDIzOkludGVncmF0aW9u{each.id}"}
        _send(core, list(core.state.hooks_of("integration", each.app_id)), event, body | {"installation": installation})


def tell_app(core: Core, app_id: int, event: str, body: Json) -> None:
    """What only the app's own hook hears."""
    _send(core, list(core.state.hooks_of("integration", app_id)), event, body)


def _send(core: Core, hooks: list[Hook], event: str, body: Json) -> None:
    for hook in hooks:
        if hook.wants(event):
            send(core, hook, event, body)
