"""Methods of the fake that make and change people, workspaces, groups, repositories, grants and credentials."""

import secrets
import uuid
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from . import changes, scopes
from .changes import Place
from .consumer_pages import create_consumer
from .model import Account, AccountStatus, Email, Group, Project, Repo, Role, Token, Workspace
from .oauth_tokens import issue
from .server_core import Core
from .state import digest

NAMES = uuid.UUID("5b7f6c1e-2f7a-4e4b-8d0c-90b3b9d1f002")


class ClientCredentials(NamedTuple):
    """What the list of OAuth consumers shows: Key and Secret."""

    client_id: str
    secret: str


class Building:
    """Needs a `core`. Every change tells the hooks that Bitbucket would tell."""

    core: Core

    def add_user(
        self,
        nickname: str,
        display_name: str | None = None,
        *,
        username: str | None = None,
        email: str | None = None,
        status: AccountStatus = "active",
        more_emails: Iterable[tuple[str, bool]] = (),
    ) -> Account:
        """`more_emails` are (address, is confirmed). Several people may have one nickname."""
        state = self.core.state
        with state.lock:
            number, key = state.next_number("accounts"), state.next_uuid()
            account_id = f"712020:{uuid.uuid5(NAMES, str(number))}"
            now = self.core.clock.now()
            who = Account(number, key, account_id, nickname, display_name or nickname.title(), now, username, status)
            primary = email or f"{nickname.replace(' ', '.')}@example.com"
            who.emails = [
                Email(primary, True, True),
                *(Email(each, False, confirmed) for each, confirmed in more_emails),
            ]
            state.accounts[who.uuid] = who
        return who

    def set_user_state(self, who: Account, status: AccountStatus) -> None:
        """active, inactive or closed. A closed account loses its name. Bitbucket tells no hook."""
        with self.core.state.lock:
            who.account_status = status
            if status == "closed":
                who.display_name, who.nickname, who.username, who.emails = "Former user", "Former user", None, []

    def add_workspace(
        self, slug: str, name: str | None = None, *, is_private: bool = True, is_personal: bool = False
    ) -> Workspace:
        state = self.core.state
        with state.lock:
            home = Workspace(
                state.next_uuid(), slug, name or slug.title(), self.core.clock.now(), is_private, is_personal
            )
            state.workspaces[home.uuid] = home
            state.members[home.uuid], state.groups[home.uuid] = {}, {}
        return home

    def rename_workspace(self, home: Workspace, slug: str) -> None:
        """The old paths are gone at once."""
        with self.core.state.lock:
            home.slug = slug

    def add_member(self, home: Workspace, who: Account, permission: Role = "member") -> None:
        changes.set_member(self.core, home, who, permission)

    def update_member(self, home: Workspace, who: Account, permission: Role) -> None:
        changes.set_member(self.core, home, who, permission)

    def remove_member(self, home: Workspace, who: Account) -> None:
        """Out of the workspace, its groups and all grants there. Raises KeyError for somebody who is no member."""
        changes.remove_member(self.core, home, who)

    def add_group(
        self, home: Workspace, slug: str, name: str | None = None, *, members: Iterable[Account] = ()
    ) -> Group:
        group = Group(home.uuid, slug, name or slug.replace("-", " ").title())
        with self.core.state.lock:
            self.core.state.groups[home.uuid][slug] = group
        for each in members:
            self.add_to_group(group, each)
        return group

    def delete_group(self, group: Group) -> None:
        changes.delete_group(self.core, group)

    def add_to_group(self, group: Group, who: Account) -> None:
        """Makes him a member of the workspace as well."""
        changes.add_to_group(self.core, group, who)

    def remove_from_group(self, group: Group, who: Account) -> None:
        """Raises KeyError for somebody who is not in it."""
        changes.remove_from_group(self.core, group, who)

    def add_project(self, home: Workspace, key: str, name: str | None = None, *, is_private: bool = True) -> Project:
        state = self.core.state
        with state.lock:
            now = self.core.clock.now()
            made = Project(state.next_uuid(), home.uuid, key.upper(), name or key.title(), now, is_private)
            state.projects[made.uuid] = made
        return made

    def add_repository(
        self,
        home: Project | Workspace,
        slug: str,
        name: str | None = None,
        *,
        is_private: bool = True,
        default_branch: str = "main",
        parent: Repo | None = None,
        description: str = "",
    ) -> Repo:
        """An empty repository; `commit` fills it. In a workspace it goes to the first project."""
        state, now = self.core.state, self.core.clock.now()
        folder = self._first_project(home) if isinstance(home, Workspace) else home
        with state.lock:
            number, key = state.next_number("repositories"), state.next_uuid()
            repo = Repo(
                number, key, folder.workspace, folder.uuid, slug, name or slug, now, now, is_private, description
            )
            repo.parent = None if parent is None else parent.uuid
            return changes.create_repository(self.core, repo, default_branch)

    def _first_project(self, home: Workspace) -> Project:
        rows = (each for each in self.core.state.projects.values() if each.workspace == home.uuid)
        return next(rows, None) or self.add_project(home, "PRJ", "Project")

    def update_repository(self, repo: Repo, **values: object) -> None:
        """name, slug, description, is_private, language, project (a uuid) …"""
        changes.update_repository(self.core, repo, **values)

    def transfer_repository(self, repo: Repo, target: Workspace) -> None:
        changes.transfer_repository(self.core, repo, self._first_project(target))

    def delete_repository(self, repo: Repo) -> None:
        changes.delete_repository(self.core, repo)

    def grant(self, place: Place, holder: Account | Group, permission: str) -> None:
        """An explicit grant: read, write, admin, none, and create-repo on projects. Bitbucket tells no hook.

        Raises ValueError for another permission and for a group of another workspace.
        """
        changes.grant(self.core, place, holder, permission)

    def revoke(self, place: Place, holder: Account | Group) -> None:
        """Raises KeyError when there is no explicit grant."""
        changes.revoke(self.core, place, holder)

    def application(
        self,
        *,
        redirect_uri: str,
        workspace: Workspace | None = None,
        scopes: Iterable[str] = scopes.USUAL,
        name: str = "Repertory",
        is_private: bool = False,
        client_id: str | None = None,
        secret: str | None = None,
    ) -> ClientCredentials:
        """An OAuth consumer, of the first workspace unless one is named."""
        state = self.core.state
        with state.lock:
            home = workspace or next(iter(state.workspaces.values()), None) or self.add_workspace("consumers")
            made = create_consumer(
                self.core,
                home,
                name=name,
                callback_url=redirect_uri,
                scopes=scopes,
                is_private=is_private,
                key=client_id,
                secret=secret,
            )
        return ClientCredentials(made.key, made.secret)

    def oauth_token(self, who: Account, client_id: str) -> dict[str, object]:
        """A token answer as if somebody had just consented. Raises KeyError for an unknown consumer."""
        with self.core.state.lock:
            return issue(self.core, self.core.state.consumers[client_id], who)

    def personal_token(
        self,
        who: Account,
        scopes: Iterable[str] = scopes.API_TOKEN,
        *,
        expires_on: date | None = None,
        name: str = "token",
    ) -> str:
        """An API token with scopes: for HTTP Basic with the account's e-mail address."""
        secret = f"ATATT3xFfGF0{secrets.token_urlsafe(40)}"
        fresh = Token("api", digest(secret), tuple(scopes), self.core.clock.now(), name, account=who.uuid)
        fresh.expires_on = expires_on
        return self._keep(fresh, secret)

    def access_token(
        self,
        place: Repo | Project | Workspace,
        scopes: Iterable[str] = ("repository",),
        *,
        expires_on: date | None = None,
        name: str = "access token",
    ) -> str:
        """A repository, project or workspace access token, for `Bearer`. No person stands behind it."""
        secret, key = f"ATCTT3xFfGN0{secrets.token_urlsafe(40)}", self.core.state.next_uuid()
        fresh = Token("access", digest(secret), tuple(scopes), self.core.clock.now(), name, place=place.uuid, uuid=key)
        fresh.expires_on = expires_on
        return self._keep(fresh, secret)

    def _keep(self, fresh: Token, secret: str) -> str:
        with self.core.state.lock:
            self.core.state.tokens[fresh.digest] = fresh
        return secret

    def app_password(self) -> str:
        """One of the kind that works nowhere any more."""
        return f"ATBB{secrets.token_urlsafe(24)}"

    def revoke_token(self, secret: str) -> None:
        """An access or refresh token. Raises KeyError for one that was never issued."""
        with self.core.state.lock:
            key = digest(secret)
            found = self.core.state.refresh_tokens.get(key) or self.core.state.tokens[key]
            found.is_revoked = True
