"""Methods of the fake that make and change people, groups, projects, members and credentials."""

import secrets
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from . import changes
from .application_pages import create_application
from .model import (
    AccessToken,
    CodeAccess,
    DeployToken,
    Email,
    Group,
    Level,
    MemberRole,
    Membership,
    Project,
    Share,
    User,
    Visibility,
)
from .oauth_tokens import issue
from .server_core import Core
from .state import digest

ALL_SCOPES = ("api", "read_api", "read_user", "read_repository")
Place = Group | Project


class ClientCredentials(NamedTuple):
    """What the page of a new application shows."""

    client_id: str
    secret: str


class Building:
    """Needs a `core`. Every change tells the hooks that GitLab would tell."""

    core: Core

    def add_user(
        self,
        username: str,
        name: str | None = None,
        *,
        email: str | None = None,
        state: str = "active",
        bot: bool = False,
        external: bool = False,
        is_admin: bool = False,
        is_confirmed: bool = True,
        more_emails: Iterable[tuple[str, bool]] = (),
    ) -> User:
        """`more_emails` are (address, is confirmed)."""
        state_, now = self.core.state, self.core.clock.now()
        with state_.lock:
            address = email or f"{username}@example.com"
            user = User(state_.next_id("users"), username, name or username.title(), address, now)
            user.state, user.bot, user.external, user.is_admin = state, bot, external, is_admin
            user.confirmed_at = now if is_confirmed else None
            for extra, confirmed in more_emails:
                user.emails.append(Email(state_.next_id("emails"), extra, now if confirmed else None))
            state_.users[user.id] = user
        return user

    def set_user_state(self, user: User, state: str) -> None:
        """active, blocked, deactivated, banned, blocked_pending_approval or ldap_blocked."""
        changes.set_user_state(self.core, user, state)

    def block(self, user: User) -> None:
        changes.set_user_state(self.core, user, "blocked")

    def delete_user(self, user: User) -> None:
        changes.delete_user(self.core, user)

    def add_group(
        self, path: str, name: str | None = None, *, parent: Group | None = None, visibility: Visibility = "private"
    ) -> Group:
        return changes.create_group(self.core, path, name or path.title(), parent, visibility)

    def rename_group(self, group: Group, path: str) -> None:
        changes.rename_group(self.core, group, path)

    def delete_group(self, group: Group) -> None:
        changes.delete_group(self.core, group)

    def add_project(
        self,
        group: Group,
        path: str,
        name: str | None = None,
        *,
        visibility: Visibility = "private",
        repository_access_level: CodeAccess = "enabled",
        archived: bool = False,
        marked_for_deletion_on: date | None = None,
        default_branch: str = "main",
    ) -> Project:
        """An empty project; `commit` fills it."""
        now = self.core.clock.now()
        project_id = self.core.state.next_id("projects")
        project = Project(project_id, name or path.title(), path, group.id, visibility, now, now)
        project.repository_access_level, project.archived = repository_access_level, archived
        project.marked_for_deletion_on = marked_for_deletion_on
        return changes.create_project(self.core, project, default_branch)

    def update_project(self, project: Project, **values: object) -> None:
        """visibility, archived, repository_access_level, marked_for_deletion_on, name, description …"""
        changes.update_project(self.core, project, **values)

    def move_project(self, project: Project, *, path: str | None = None, group: Group | None = None) -> None:
        changes.move_project(self.core, project, path=path, group=group)

    def delete_project(self, project: Project) -> None:
        changes.delete_project(self.core, project)

    def add_member(
        self,
        place: Place,
        user: User,
        level: int = Level.DEVELOPER,
        *,
        expires_on: date | None = None,
        awaiting: bool = False,
        role: MemberRole | None = None,
    ) -> Membership:
        return changes.add_member(self.core, place.source, user, level, expires_on, awaiting=awaiting, role=role)

    def update_member(self, place: Place, user: User, *, level: int, expires_on: date | None = None) -> None:
        """Raises KeyError when there is no direct membership."""
        membership = self.core.state.memberships[place.source, user.id]
        changes.update_member(self.core, membership, level=level, expires_on=expires_on)

    def remove_member(self, place: Place, user: User) -> None:
        """Raises KeyError when there is no direct membership."""
        changes.remove_member(self.core, place.source, user)

    def share(self, place: Place, invited: Group, level: int, *, expires_on: date | None = None) -> None:
        """Invite a group into a group or project. GitLab tells no hook."""
        with self.core.state.lock:
            self.core.state.put_share(Share(place.source, invited.id, level, expires_on))

    def unshare(self, place: Place, invited: Group) -> None:
        with self.core.state.lock:
            self.core.state.drop_share(place.source, invited.id)

    def member_role(self, name: str, *, base: int = Level.GUEST, read_code: bool) -> MemberRole:
        return MemberRole(self.core.state.next_id("roles"), name, base, read_code)

    def application(
        self,
        *,
        redirect_uri: str | Iterable[str],
        scopes: Iterable[str] = ALL_SCOPES,
        name: str = "Repertory",
        trusted: bool = False,
        confidential: bool = True,
        client_id: str | None = None,
        secret: str | None = None,
    ) -> ClientCredentials:
        uris = redirect_uri.split() if isinstance(redirect_uri, str) else list(redirect_uri)
        with self.core.state.lock:
            made, shown = create_application(
                self.core,
                name=name,
                redirect_uris=uris,
                scopes=scopes,
                trusted=trusted,
                confidential=confidential,
                uid=client_id,
                secret=secret,
            )
        return ClientCredentials(made.uid, shown)

    def oauth_token(self, user: User, client_id: str, scopes: Iterable[str] = ALL_SCOPES) -> dict[str, object]:
        """A token answer as if the user had just consented. Raises KeyError for an unknown application."""
        application = self.core.state.application_by(client_id)
        if application is None:
            raise KeyError(client_id)
        with self.core.state.lock:
            return issue(self.core, application, user.id, tuple(scopes))

    def personal_token(
        self, user: User, scopes: Iterable[str] = ALL_SCOPES, *, expires_on: date | None = None, name: str = "token"
    ) -> str:
        secret, state = f"glpat-{secrets.token_urlsafe(20)}", self.core.state
        with state.lock:
            key, now = digest(secret), self.core.clock.now()
            token_id = state.next_id("access_tokens")
            token = AccessToken(token_id, key, name, user.id, tuple(scopes), now, expires_on)
            state.access_tokens[key] = token
        return secret

    def group_token(self, place: Place, scopes: Iterable[str] = ALL_SCOPES, *, level: int = Level.OWNER) -> str:
        """A group or project access token: one of a new bot member."""
        kind, key = place.source.kind, place.source.id
        bot = self.add_user(f"{kind}_{key}_bot_{secrets.token_hex(8)}", f"{kind} token", bot=True)
        self.add_member(place, bot, level)
        return self.personal_token(bot, scopes)

    def deploy_token(self, place: Place, scopes: Iterable[str] = ("read_repository",)) -> tuple[str, str]:
        """User name and password for git."""
        secret, state = f"gldt-{secrets.token_urlsafe(20)}", self.core.state
        with state.lock:
            token_id = state.next_id("deploy_tokens")
            name, key = f"gitlab+deploy-token-{token_id}", digest(secret)
            state.deploy_tokens[key] = DeployToken(token_id, key, name, place.source, tuple(scopes))
        return name, secret

    def revoke_token(self, secret: str) -> None:
        """Any kind of token. Raises KeyError for one that was never issued."""
        state, key = self.core.state, digest(secret)
        with state.lock:
            found = state.oauth_by_access.get(key) or state.access_tokens.get(key) or state.deploy_tokens[key]
            found.is_revoked = True
