"""A company as the explanation of access sees it: bob in acme/backend at GitLab, and the package acme/lib."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from models import GrantSource, MembershipSource, PackageState, TeamKind
from organizations.access_facts import (
    Account,
    Facts,
    GrantFact,
    MembershipFact,
    PackageFact,
    Person,
    Remote,
    RepositoryFact,
    TeamFact,
)

TODAY = date(2026, 5, 20)
THEN = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
GITLAB = Remote(1, 1, "GitLab", "gitlab_self_managed", "acme", "https://git.test/groups/acme", is_suspended=False)
BOB = Account(1, 1, "bob", "GitLab", "https://git.test/bob", False, None, False, True)
REPOSITORY = RepositoryFact(1, 1, "acme/backend/lib", "https://git.test/acme/backend/lib", "2", "private", "enabled")
OWNERS, ACME, BACKEND, GUESTS, LOCAL = 1, 2, 3, 4, 5


def _group(team_id: int, remote_id: str, path: str, role_key: str, role: str) -> TeamFact:
    url = f"https://git.test/groups/{path}"
    parent = "1" if remote_id == "2" else ""
    return TeamFact(team_id, TeamKind.SYNCHRONIZED, path, 1, remote_id, parent, path, url, role_key, role)


TEAMS = {
    OWNERS: TeamFact(OWNERS, TeamKind.OWNERS, "Owners", None, "", "", "", "", "", ""),
    ACME: _group(ACME, "1", "acme", "30", "Developer"),
    BACKEND: _group(BACKEND, "2", "acme/backend", "30", "Developer"),
    GUESTS: _group(GUESTS, "2", "acme/backend", "10", "Guest"),
    LOCAL: TeamFact(LOCAL, TeamKind.LOCAL, "Friends", None, "", "", "", "", "", ""),
}


@dataclass
class Company:
    """What decides about bob and acme/lib; change it before asking."""

    account: Account = BOB
    user_id: int | None = None
    is_disabled: bool = False
    remote: Remote = GITLAB
    repository: RepositoryFact | None = REPOSITORY
    state: PackageState = PackageState.ACTIVE
    memberships: list[MembershipFact] = field(default_factory=list)
    grants: list[GrantFact] = field(default_factory=list)

    def join(
        self, team: int, source: MembershipSource = MembershipSource.DIRECT, *, until: date | None = None
    ) -> "Company":
        """Put bob into a team."""
        by_whom = None if team == LOCAL else 1
        number = len(self.memberships) + 1
        self.memberships.append(MembershipFact(number, team, 1, None, by_whom, source, until, THEN))
        return self

    def grant(
        self, source: GrantSource, *, team: int | None = None, account: int | None = None, role: str = "Developer"
    ) -> "Company":
        """Open the repository."""
        self.grants.append(GrantFact(len(self.grants) + 1, 1, 1, source, team, account, role, None, THEN))
        return self

    @property
    def person(self) -> Person:
        """bob."""
        return Person(self.user_id, "Bob Birch", (self.account,), self.is_disabled)

    @property
    def package(self) -> PackageFact:
        """acme/lib."""
        return PackageFact(1, "acme/lib", self.state, THEN, self.repository)

    def facts(self) -> Facts:
        """All of it."""
        return Facts(
            organization="Acme",
            today=TODAY,
            remotes={1: self.remote},
            teams=TEAMS,
            packages=(self.package,),
            people=(self.person,),
            of_account={1: tuple(self.memberships)},
            grants={1: tuple(self.grants)},
            own_grants={1: tuple(grant for grant in self.grants if grant.identity_id)},
        )

    def suspend(self) -> "Company":
        """The group is missing at the host for too long."""
        self.remote = replace(GITLAB, is_suspended=True)
        return self
