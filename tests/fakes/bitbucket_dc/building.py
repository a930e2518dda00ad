"""Methods of the fake that make and change people, groups, projects, repositories, permissions and credentials."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from . import changes
from .api_tokens import make_token
from .core import Core
from .link_pages import create_link
from .model import (
    EVERYWHERE,
    GLOBAL_PERMISSIONS,
    LICENSED_GROUP,
    PROJECT_LEVELS,
    REPOSITORY_LEVELS,
    Consumer,
    Group,
    Level,
    OAuth1Token,
    Project,
    Repo,
    RepositoryState,
    Scope,
    User,
)
from .oauth2 import issue
from .state import digest

ALL_TOKEN_PERMISSIONS = ("PROJECT_ADMIN", "REPO_ADMIN")
USUAL_SCOPES = (Scope.REPO_ADMIN, Scope.PROJECT_ADMIN)
Home = Project | Repo
Who = User | Group


class ClientCredentials(NamedTuple):
    """What the page of a new application link shows."""

    client_id: str
    secret: str


class Building:
    """Needs a `core`. Hooks hear of new names and keys only."""

    core: Core

    def add_user(
        self,
        name: str,
        display_name: str | None = None,
        *,
        slug: str | None = None,
        email: str | None = "",
        password: str | None = None,
        active: bool = True,
        licensed: bool = True,
    ) -> User:
        """`email`: None for an account without one. A licence comes from the group that everybody is in."""
        state = self.core.state
        with state.lock:
            address = f"{name.partition('@')[0].replace(' ', '.')}@example.com" if email == "" else email
            number = state.next_id("users")
            made = slug or _slug(name)
            shown = display_name or name.title()
            user = User(number, name, made, shown, address, password or secrets.token_hex(8), active)
            state.users[number] = user
            self.set_licensed(user, licensed)
        return user

    def set_licensed(self, user: User, is_licensed: bool) -> None:
        """In or out of the group whose members have a licence; another global permission is a licence too."""
        members = self.core.state.groups[LICENSED_GROUP].members
        if is_licensed:
            members.add(user.id)
        else:
            members.discard(user.id)

    def deactivate(self, user: User) -> None:
        user.active = False

    def activate(self, user: User) -> None:
        user.active = True

    def rename_user(self, user: User, name: str) -> None:
        user.name, user.slug = name, _slug(name)

    def delete_user(self, user: User) -> None:
        changes.delete_user(self.core, user)

    def add_group(self, name: str, *members: User) -> Group:
        group = Group(name, {each.id for each in members})
        self.core.state.groups[name.lower()] = group
        return group

    def add_to_group(self, group: Group, user: User) -> None:
        group.members.add(user.id)

    def remove_from_group(self, group: Group, user: User) -> None:
        """Raises KeyError for somebody who is not in it."""
        group.members.remove(user.id)

    def delete_group(self, group: Group) -> None:
        """What was granted to the group stays, to a name without anybody behind it."""
        del self.core.state.groups[group.name.lower()]

    def add_project(
        self,
        key: str,
        name: str | None = None,
        *,
        public: bool = False,
        owner: User | None = None,
        default: Level = Level.NONE,
    ) -> Project:
        """With an `owner` it is personal: the key is then `~NAME`."""
        state = self.core.state
        with state.lock:
            owner_id = None if owner is None else owner.id
            project = Project(state.next_id("projects"), key, name or key.title(), public=public, owner_id=owner_id)
            project.default_level = default
            state.put_project(project)
        return project

    def add_personal_project(self, owner: User) -> Project:
        return self.add_project(f"~{owner.name.upper()}", owner.display_name, owner=owner)

    def set_default(self, project: Project, level: Level) -> None:
        """What everybody with a licence may do there."""
        project.default_level = level

    def rename_project(
        self, project: Project, *, key: str | None = None, name: str | None = None, user: User | None = None
    ) -> None:
        """The old key redirects. Tells the project's hooks."""
        changes.rename_project(self.core, project, user or self._anybody(), key=key, name=name)

    def delete_project(self, project: Project) -> None:
        changes.delete_project(self.core, project)

    def add_repository(
        self,
        project: Project,
        name: str,
        *,
        public: bool = False,
        archived: bool = False,
        state: RepositoryState = "AVAILABLE",
        default_branch: str = "main",
        description: str = "",
        origin: Repo | None = None,
    ) -> Repo:
        """An empty repository; `commit` fills it."""
        number = self.core.state.next_id("repositories")
        hierarchy = sha256(f"hierarchy:{number}".encode()).hexdigest()[:20]
        repository = Repo(number, project.id, changes.slug_of(name), name, hierarchy, description, state)
        repository.public, repository.archived = public, archived
        repository.origin_id = None if origin is None else origin.id
        return changes.create_repository(self.core, repository, default_branch)

    def update_repository(self, repository: Repo, **values: object) -> None:
        """public, archived, state, description. Nobody is told."""
        for name, value in values.items():
            if name not in {"public", "archived", "state", "description"}:
                raise AttributeError(name)
            setattr(repository, name, value)

    def rename_repository(self, repository: Repo, name: str, *, user: User | None = None) -> None:
        """With a new slug; the old one redirects. Tells the hooks."""
        changes.move_repository(self.core, repository, user or self._anybody(), name=name)

    def move_repository(self, repository: Repo, project: Project, *, user: User | None = None) -> None:
        changes.move_repository(self.core, repository, user or self._anybody(), project=project)

    def delete_repository(self, repository: Repo) -> None:
        changes.delete_repository(self.core, repository)

    def grant(self, home: Home, who: Who, permission: str) -> None:
        """PROJECT_READ … on a project, REPO_READ … on a repository. Raises ValueError for another kind."""
        if permission not in (PROJECT_LEVELS if isinstance(home, Project) else REPOSITORY_LEVELS):
            raise ValueError(f"{permission} on a {home.place.kind}")
        with self.core.state.lock:
            self.core.state.grant(home.place, who.principal, permission)

    def revoke(self, home: Home, who: Who) -> None:
        """Raises KeyError when there is nothing to take away."""
        with self.core.state.lock:
            self.core.state.revoke(home.place, who.principal)

    def grant_global(self, who: Who, permission: str) -> None:
        """LICENSED_USER, PROJECT_CREATE, ADMIN or SYS_ADMIN. Raises ValueError for another one."""
        if permission not in GLOBAL_PERMISSIONS:
            raise ValueError(permission)
        with self.core.state.lock:
            self.core.state.grant(EVERYWHERE, who.principal, permission)

    def revoke_global(self, who: Who) -> None:
        with self.core.state.lock:
            self.core.state.revoke(EVERYWHERE, who.principal)

    def application(
        self,
        *,
        redirect_uri: str | Iterable[str],
        scopes: Iterable[str] = USUAL_SCOPES,
        name: str = "Repertory",
        client_id: str | None = None,
        secret: str | None = None,
    ) -> ClientCredentials:
        """An incoming link of OAuth 2 that may ask for at most these scopes and those below them."""
        uris = redirect_uri.split() if isinstance(redirect_uri, str) else list(redirect_uri)
        with self.core.state.lock:
            made, shown = create_link(
                self.core, name=name, redirect_uris=uris, scopes=scopes, client_id=client_id, secret=secret
            )
        return ClientCredentials(made.client_id, shown)

    def consumer(
        self, *, key: str, public_key: str, name: str = "Repertory", callback: str = "", impersonation: bool = False
    ) -> Consumer:
        """The incoming authentication of an OAuth 1.0a link; `public_key` is PEM."""
        made = Consumer(key, name, public_key, callback, impersonation)
        self.core.state.consumers[key] = made
        return made

    def oauth_token(
        self, user: User, client_id: str, scopes: Iterable[str] = (Scope.PROJECT_ADMIN,)
    ) -> dict[str, object]:
        """A token answer as if the user had just consented. Raises KeyError for an unknown application."""
        with self.core.state.lock:
            return issue(self.core, self.core.state.links[client_id], user.id, tuple(str(each) for each in scopes))

    def oauth1_token(self, user: User, consumer_key: str) -> tuple[str, str]:
        """An access token and its secret as if the user had just consented."""
        token = OAuth1Token(secrets.token_urlsafe(24), secrets.token_urlsafe(24), consumer_key, "", self._now, user.id)
        token.is_access = True
        self.core.state.oauth1_tokens[token.token] = token
        return token.token, token.secret

    def personal_token(
        self,
        user: User,
        permissions: Iterable[str] = ALL_TOKEN_PERMISSIONS,
        *,
        days: int | None = None,
        name: str = "token",
    ) -> str:
        """An HTTP access token. Raises ValueError for a permission that tokens can not have."""
        with self.core.state.lock:
            return make_token(self.core, name, frozenset(permissions), user=user, days=days)[1]

    def project_token(self, project: Project, permissions: Iterable[str] = ALL_TOKEN_PERMISSIONS) -> str:
        with self.core.state.lock:
            return make_token(self.core, "project token", frozenset(permissions), place=project.place)[1]

    def repository_token(self, repository: Repo, permissions: Iterable[str] = ("REPO_ADMIN",)) -> str:
        with self.core.state.lock:
            return make_token(self.core, "repository token", frozenset(permissions), place=repository.place)[1]

    def revoke_token(self, secret: str) -> None:
        """Any kind of token. Raises KeyError for one that was never issued."""
        state, key = self.core.state, digest(secret)
        with state.lock:
            found = state.oauth_by_access.get(key) or state.http_tokens.get(key) or state.oauth1_tokens[secret]
            found.is_revoked = True

    @property
    def _now(self) -> datetime:
        return self.core.clock.now()

    def _anybody(self) -> User:
        return next(each for each in self.core.state.users.values() if each.type == "NORMAL")


def _slug(name: str) -> str:
    """Other characters than letters, digits, dots, hyphens and underscores become underscores."""
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in name.lower())
