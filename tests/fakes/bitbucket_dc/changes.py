"""Changes of the world, and the hooks that hear of them: only pushes, new names and new keys are told to anybody."""

from tests.fakes.parts.repository import Repository
from tests.fakes.parts.routing import Json

from . import hook_events
from .core import Core
from .model import Place, Project, Repo, User
from .payloads import short_project
from .rendering import repository as rendered


def create_repository(core: Core, repository: Repo, default_branch: str) -> Repo:
    """Nobody is told."""
    with core.state.lock:
        core.state.repositories[repository.id] = Repository(core.root / f"{repository.id}.git", default_branch)
        core.state.put_repository(repository)
    return repository


def move_repository(
    core: Core, repository: Repo, actor: User, *, name: str | None = None, project: Project | None = None
) -> None:
    """Rename and/or move; the old address redirects until somebody else takes it."""
    with core.state.lock:
        old: Json = rendered(core, repository)
        core.state.moved_repositories[repository.project_id, repository.slug] = repository.id
        if name is not None:
            repository.name, repository.slug = name, slug_of(name)
        if project is not None:
            repository.project_id = project.id
        core.state.put_repository(repository)
        hook_events.repository_modified(core, actor, old, repository)


def slug_of(name: str) -> str:
    """The slug of a repository's name."""
    return "".join(letter if letter.isalnum() or letter in "._-" else "-" for letter in name.lower())


def rename_project(core: Core, project: Project, actor: User, *, key: str | None, name: str | None) -> None:
    with core.state.lock:
        old = short_project(core, project)
        if key is not None:
            core.state.moved_projects[project.key.lower()] = project.id
            project.key = key
            core.state.put_project(project)
        project.name = name or project.name
        hook_events.project_modified(core, actor, old, project)


def delete_repository(core: Core, repository: Repo) -> None:
    """Nobody is told."""
    with core.state.lock:
        _drop_rows(core, repository.place)
        core.state.drop_repository(repository)


def delete_project(core: Core, project: Project) -> None:
    """With everything in it."""
    with core.state.lock:
        for repository in core.state.repositories_in(project):
            delete_repository(core, repository)
        _drop_rows(core, project.place)
        core.state.drop_project(project)


def _drop_rows(core: Core, place: Place) -> None:
    core.state.grants.pop(place, None)
    for hook in core.state.hooks_of(place):
        del core.state.hooks[hook.id]
    for key in [each for each in core.state.ssh_keys.values() if each.place == place]:
        del core.state.ssh_keys[key.id]
    for token in [each for each in core.state.http_tokens.values() if each.place == place]:
        token.is_revoked = True


def delete_user(core: Core, user: User) -> None:
    """With everything that was granted to the account, and its tokens."""
    state = core.state
    with state.lock:
        for granted in state.grants.values():
            granted.pop(user.principal, None)
        for group in state.groups.values():
            group.members.discard(user.id)
        state.http_tokens = {key: each for key, each in state.http_tokens.items() if each.user_id != user.id}
        state.oauth_by_access = {key: each for key, each in state.oauth_by_access.items() if each.user_id != user.id}
        state.oauth_by_refresh = {key: each for key, each in state.oauth_by_refresh.items() if each.user_id != user.id}
        state.oauth1_tokens = {key: each for key, each in state.oauth1_tokens.items() if each.user_id != user.id}
        del state.users[user.id]
