"""Methods of the fake that make and change people, organizations, teams and repositories."""

from collections.abc import Iterable

from . import changes
from .model import (
    BasePermission,
    CustomRole,
    Email,
    Organization,
    OrganizationRole,
    Privacy,
    Repo,
    RoleAssignment,
    Team,
    User,
    Visibility,
)
from .server_core import Core


class Building:
    """Needs a `core`. Every change tells the hooks that GitHub would tell."""

    core: Core

    def add_user(
        self,
        login: str,
        name: str | None = None,
        *,
        email: str | None = None,
        is_verified: bool = True,
        more_emails: Iterable[tuple[str, bool]] = (),
        is_bot: bool = False,
        is_site_admin: bool = False,
        is_suspended: bool = False,
    ) -> User:
        """`more_emails` are (address, is verified)."""
        state, now = self.core.state, self.core.clock.now()
        with state.lock:
            user = User(state.next_id("accounts"), login, login.title() if name is None else name, now)
            user.emails = [Email(email or f"{login}@example.com", True, is_verified, "private")]
            user.emails += [Email(address, False, verified) for address, verified in more_emails]
            user.is_bot, user.is_site_admin = is_bot, is_site_admin
            user.suspended_at = now if is_suspended else None
            state.users[user.id] = user
        return user

    def rename_user(self, user: User, login: str) -> None:
        """GitHub tells nobody."""
        with self.core.state.lock:
            user.login = login

    def suspend(self, user: User) -> None:
        with self.core.state.lock:
            user.suspended_at = self.core.clock.now()

    def unsuspend(self, user: User) -> None:
        with self.core.state.lock:
            user.suspended_at = None

    def add_organization(
        self,
        login: str,
        name: str | None = None,
        *,
        owner: User | None = None,
        base_permission: BasePermission = "read",
    ) -> Organization:
        state = self.core.state
        with state.lock:
            home = Organization(state.next_id("accounts"), login, name or login.title(), self.core.clock.now())
            home.base_permission = base_permission
            state.organizations[home.id] = home
        if owner is not None:
            self.add_member(home, owner, role="admin")
        return home

    def set_base_permission(self, home: Organization, permission: BasePermission) -> None:
        """GitHub tells nobody."""
        with self.core.state.lock:
            home.base_permission = permission

    def rename_organization(self, home: Organization, login: str) -> None:
        changes.rename_organization(self.core, home, login)

    def add_member(
        self,
        home: Organization,
        user: User,
        *,
        role: str = "member",
        state: str = "active",
        is_public: bool = False,
    ) -> None:
        """`role` is admin (an owner) or member, `state` active or pending."""
        changes.put_member(self.core, home, user, role, state=state, is_public=is_public)

    def remove_member(self, home: Organization, user: User, *, keeps_repos: bool = False) -> None:
        """`keeps_repos` makes an outside collaborator. Raises KeyError."""
        changes.remove_member(self.core, home, user, keeps_repos=keeps_repos)

    def add_team(
        self,
        home: Organization,
        name: str,
        *,
        parent: Team | None = None,
        privacy: Privacy = "closed",
        members: Iterable[User] = (),
    ) -> Team:
        """Raises ValueError for a secret team in a hierarchy."""
        state = self.core.state
        team = Team(state.next_id("teams"), home.id, name, changes.slug_of(name), self.core.clock.now())
        team.parent_id, team.privacy = None if parent is None else parent.id, privacy
        changes.put_team(self.core, team)
        for user in members:
            changes.put_team_member(self.core, team, user, "member")
        return team

    def update_team(self, team: Team, **values: object) -> None:
        """name, parent_id, privacy, description."""
        changes.update_team(self.core, team, **values)

    def delete_team(self, team: Team) -> None:
        changes.delete_team(self.core, team)

    def add_team_member(self, team: Team, user: User, *, role: str = "member") -> None:
        """Raises ValueError for somebody who is not in the organization."""
        changes.put_team_member(self.core, team, user, role)

    def remove_team_member(self, team: Team, user: User) -> None:
        """Raises KeyError."""
        changes.remove_team_member(self.core, team, user)

    def add_team_repo(self, team: Team, repo: Repo, role: str = "pull") -> None:
        """Also to change the role: pull, triage, push, maintain, admin or the name of a custom one."""
        changes.put_team_repo(self.core, team, repo, role)

    def remove_team_repo(self, team: Team, repo: Repo) -> None:
        """Raises KeyError."""
        changes.remove_team_repo(self.core, team, repo)

    def add_collaborator(self, repo: Repo, user: User, role: str = "pull") -> None:
        """Also to change the role."""
        changes.put_collaborator(self.core, repo, user, role)

    def remove_collaborator(self, repo: Repo, user: User) -> None:
        """Raises KeyError."""
        changes.remove_collaborator(self.core, repo, user)

    def add_repo(
        self,
        owner: Organization | User,
        name: str,
        *,
        visibility: Visibility = "private",
        archived: bool = False,
        disabled: bool = False,
        is_fork: bool = False,
        default_branch: str = "main",
    ) -> Repo:
        """An empty repository; `commit` fills it."""
        now = self.core.clock.now()
        repo = Repo(self.core.state.next_id("repos"), owner.id, name, visibility, now, now, now)
        repo.archived, repo.disabled, repo.is_fork = archived, disabled, is_fork
        return changes.put_repo(self.core, repo, default_branch)

    def update_repo(self, repo: Repo, **values: object) -> None:
        """visibility, archived, disabled, description, is_blocked …"""
        changes.update_repo(self.core, repo, **values)

    def rename_repo(self, repo: Repo, name: str) -> None:
        changes.rename_repo(self.core, repo, name)

    def transfer_repo(self, repo: Repo, target: Organization) -> None:
        changes.transfer_repo(self.core, repo, target)

    def delete_repo(self, repo: Repo) -> None:
        changes.delete_repo(self.core, repo)

    def set_default_branch(self, repo: Repo, branch: str) -> None:
        changes.set_default_branch(self.core, repo, branch)

    def custom_role(self, home: Organization, name: str, *, base: str = "pull") -> CustomRole:
        """A repository role of the organization's own."""
        state = self.core.state
        with state.lock:
            role = CustomRole(state.next_id("roles"), home.id, name, base, self.core.clock.now())
            state.custom_roles[role.id] = role
        return role

    def organization_role(self, home: Organization, name: str, *, base: str = "pull") -> OrganizationRole:
        """A role in all repositories of the organization. Raises ValueError on servers that have no such thing."""
        state = self.core.state
        if not self.core.has_organization_roles:
            raise ValueError(f"{self.core.version} has no organization roles")
        with state.lock:
            role = OrganizationRole(state.next_id("roles"), home.id, name, base, self.core.clock.now())
            state.organization_roles[role.id] = role
        return role

    def assign_role(self, role: OrganizationRole, to: User | Team) -> None:
        """GitHub tells nobody."""
        with self.core.state.lock:
            if isinstance(to, Team):
                self.core.state.role_assignments.append(RoleAssignment(role.id, team_id=to.id))
            else:
                self.core.state.role_assignments.append(RoleAssignment(role.id, user_id=to.id))
