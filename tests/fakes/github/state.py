"""Everything the fake GitHub remembers, and the lookups over it."""

import threading
from collections.abc import Iterator
from hashlib import sha256

from tests.fakes.parts.browser import BrowserSession
from tests.fakes.parts.repository import Repository

from .model import (
    AuthorizationCode,
    CustomRole,
    GitHubApp,
    Hook,
    Installation,
    OAuthApplication,
    Organization,
    OrganizationMembership,
    OrganizationRole,
    Repo,
    RoleAssignment,
    Team,
    TeamMembership,
    Token,
    User,
)


def digest(secret: str) -> str:
    """How secrets are kept."""
    return sha256(secret.encode()).hexdigest()


class State:
    """Tables with integer keys; users and organizations share their numbers. Hold `lock` for more than one thing."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.users: dict[int, User] = {}
        self.organizations: dict[int, Organization] = {}
        self.members: dict[int, dict[int, OrganizationMembership]] = {}  # organization → user
        self.teams: dict[int, Team] = {}
        self.team_members: dict[int, dict[int, TeamMembership]] = {}  # team → user
        self.team_repos: dict[int, dict[int, str]] = {}  # team → repository → role
        self.repos: dict[int, Repo] = {}
        self.repositories: dict[int, Repository] = {}
        self.collaborators: dict[int, dict[int, str]] = {}  # repository → user → role
        self.custom_roles: dict[int, CustomRole] = {}
        self.organization_roles: dict[int, OrganizationRole] = {}
        self.role_assignments: list[RoleAssignment] = []
        self.hooks: dict[int, Hook] = {}
        self.applications: dict[int, OAuthApplication] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.tokens: dict[str, Token] = {}
        self.apps: dict[int, GitHubApp] = {}
        self.installations: dict[int, Installation] = {}
        self.sessions: dict[str, BrowserSession] = {}
        self.moved_repos: dict[str, int] = {}  # former full name → repository
        self._last_ids: dict[str, int] = {}

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "lock"}

    def __setstate__(self, kept: dict[str, object]) -> None:
        vars(self).update(kept)
        self.lock = threading.RLock()

    def next_id(self, table: str) -> int:
        self._last_ids[table] = self._last_ids.get(table, 0) + 1
        return self._last_ids[table]

    def user_by(self, login: str) -> User | None:
        wanted = login.lower()
        return next((user for user in self.users.values() if user.login.lower() == wanted), None)

    def organization_by(self, login: str) -> Organization | None:
        wanted = login.lower()
        return next((each for each in self.organizations.values() if each.login.lower() == wanted), None)

    def owner(self, repo: Repo) -> Organization | User:
        return self.organizations.get(repo.owner_id) or self.users[repo.owner_id]

    def organization_of(self, repo: Repo) -> Organization | None:
        return self.organizations.get(repo.owner_id)

    def full_name(self, repo: Repo) -> str:
        return f"{self.owner(repo).login}/{repo.name}"

    def repo_by(self, full_name: str) -> Repo | None:
        login, _, name = full_name.lower().partition("/")
        owner = self.organization_by(login) or self.user_by(login)
        if owner is None:
            return None
        rows = self.repos.values()
        return next((each for each in rows if each.owner_id == owner.id and each.name.lower() == name), None)

    def repos_of(self, organization_id: int) -> list[Repo]:
        return [each for each in self.repos.values() if each.owner_id == organization_id]

    def teams_of(self, organization_id: int) -> list[Team]:
        return [each for each in self.teams.values() if each.organization_id == organization_id]

    def team_by(self, organization_id: int, slug: str) -> Team | None:
        return next((each for each in self.teams_of(organization_id) if each.slug == slug.lower()), None)

    def team_chain(self, team: Team) -> list[Team]:
        """The team itself first, the highest one above it last."""
        chain = [team]
        while (parent_id := chain[-1].parent_id) is not None:
            chain.append(self.teams[parent_id])
        return chain

    def teams_below(self, team: Team) -> list[Team]:
        """The team itself and all teams below it."""
        rows = self.teams_of(team.organization_id)
        return [each for each in rows if any(above.id == team.id for above in self.team_chain(each))]

    def membership(self, organization_id: int, user_id: int) -> OrganizationMembership | None:
        return self.members.get(organization_id, {}).get(user_id)

    def application_by(self, client_id: str) -> OAuthApplication | None:
        return next((each for each in self.applications.values() if each.client_id == client_id), None)

    def hooks_of(self, kind: str, parent_id: int) -> Iterator[Hook]:
        return (hook for hook in self.hooks.values() if hook.kind == kind and hook.parent_id == parent_id)
