"""Everything the fake server remembers, and the lookups over it."""

import threading
from collections.abc import Iterator
from hashlib import sha256

from tests.fakes.parts.browser import BrowserSession
from tests.fakes.parts.repository import Repository

from .model import (
    EVERYWHERE,
    LICENSED_GROUP,
    AuthorizationCode,
    Consumer,
    Group,
    Hook,
    HttpToken,
    IncomingLink,
    OAuth1Token,
    OAuthToken,
    Place,
    Principal,
    Project,
    Repo,
    SshKey,
    User,
)


def digest(secret: str) -> str:
    """How secrets are kept."""
    return sha256(secret.encode()).hexdigest()


class State:
    """Tables by number or name. Hold `lock` while reading or writing more than one thing."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.users: dict[int, User] = {}
        self.groups: dict[str, Group] = {}
        self.projects: dict[int, Project] = {}
        self.repos: dict[int, Repo] = {}
        self.repositories: dict[int, Repository] = {}
        self.grants: dict[Place, dict[Principal, str]] = {}
        self.hooks: dict[int, Hook] = {}
        self.ssh_keys: dict[int, SshKey] = {}
        self.links: dict[str, IncomingLink] = {}
        self.consumers: dict[str, Consumer] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.oauth_by_access: dict[str, OAuthToken] = {}
        self.oauth_by_refresh: dict[str, OAuthToken] = {}
        self.http_tokens: dict[str, HttpToken] = {}
        self.oauth1_tokens: dict[str, OAuth1Token] = {}
        self.nonces: set[tuple[str, str]] = set()
        self.sessions: dict[str, BrowserSession] = {}
        self.moved_projects: dict[str, int] = {}
        self.moved_repositories: dict[tuple[int, str], int] = {}
        self._last_ids: dict[str, int] = {}
        self._slugs: dict[tuple[int, str], int] = {}
        self._keys: dict[str, int] = {}
        self.groups[LICENSED_GROUP] = Group(LICENSED_GROUP)
        self.grant(EVERYWHERE, Principal("group", LICENSED_GROUP), "LICENSED_USER")

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "lock"}

    def __setstate__(self, kept: dict[str, object]) -> None:
        vars(self).update(kept)
        self.lock = threading.RLock()

    def next_id(self, table: str) -> int:
        self._last_ids[table] = self._last_ids.get(table, 0) + 1
        return self._last_ids[table]

    def grant(self, place: Place, principal: Principal, permission: str) -> None:
        self.grants.setdefault(place, {})[principal] = permission

    def revoke(self, place: Place, principal: Principal) -> None:
        """Raises KeyError when there is nothing to take away."""
        del self.grants[place][principal]

    def granted(self, place: Place) -> dict[Principal, str]:
        return self.grants.get(place, {})

    def group_by(self, name: str) -> Group | None:
        return self.groups.get(name.lower())

    def groups_of(self, user_id: int) -> Iterator[Group]:
        return (group for group in self.groups.values() if user_id in group.members)

    def user_by(self, name: str) -> User | None:
        wanted = name.lower()
        return next((each for each in self.users.values() if each.name.lower() == wanted), None)

    def user_by_slug(self, slug: str) -> User | None:
        return next((each for each in self.users.values() if each.slug == slug), None)

    def put_project(self, project: Project) -> None:
        """Add a project, or find it under its new key from now on."""
        self._keys = {key: each for key, each in self._keys.items() if each != project.id}
        self._keys[project.key.lower()] = project.id
        self.projects[project.id] = project
        self.moved_projects.pop(project.key.lower(), None)

    def drop_project(self, project: Project) -> None:
        del self.projects[project.id], self._keys[project.key.lower()]

    def project_by(self, key: str) -> Project | None:
        """Keys are the same in upper and lower case."""
        return self.projects.get(self._keys.get(key.lower(), 0))

    def put_repository(self, repository: Repo) -> None:
        """Add a repository, or find it under its new slug and project from now on."""
        for key in [key for key, each in self._slugs.items() if each == repository.id]:
            del self._slugs[key]
        key = repository.project_id, repository.slug
        self._slugs[key] = repository.id
        self.repos[repository.id] = repository
        self.moved_repositories.pop(key, None)

    def drop_repository(self, repository: Repo) -> None:
        del self.repos[repository.id], self.repositories[repository.id]
        del self._slugs[repository.project_id, repository.slug]

    def repository_by(self, project: Project, slug: str) -> Repo | None:
        return self.repos.get(self._slugs.get((project.id, slug.lower()), 0))

    def repositories_in(self, project: Project) -> list[Repo]:
        """By name, as lists show them."""
        rows = [each for each in self.repos.values() if each.project_id == project.id]
        return sorted(rows, key=lambda each: (each.name.lower(), each.id))

    def project_of(self, repository: Repo) -> Project:
        return self.projects[repository.project_id]

    def hooks_of(self, place: Place) -> list[Hook]:
        return [hook for hook in self.hooks.values() if hook.place == place]

    def put_oauth_token(self, token: OAuthToken) -> None:
        self.oauth_by_access[token.access_digest] = token
        self.oauth_by_refresh[token.refresh_digest] = token
