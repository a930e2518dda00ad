"""What the explanation of access is made of: people, packages, memberships and grants, as values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from models import GrantSource, MembershipSource, PackageState, TeamKind


@dataclass(frozen=True, slots=True)
class Remote:
    """A synchronization, and the host behind it."""

    synchronization_id: int
    integration_id: int
    host: str
    platform: str
    path: str
    url: str
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class Account:
    """An account on a code host. `is_listed`: on one that this organization is synchronized with."""

    identity_id: int
    integration_id: int
    login: str
    host: str
    url: str
    is_blocked: bool
    is_external: bool | None
    is_host_gone: bool
    is_listed: bool

    @property
    def is_usable(self) -> bool:
        """Whether anything that it was granted counts."""
        return not self.is_blocked and not self.is_host_gone


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with all their accounts; `user_id` is None until they have logged in."""

    user_id: int | None
    name: str
    accounts: tuple[Account, ...]
    is_disabled: bool = False

    @property
    def login(self) -> str:
        """How they are called on the pages."""
        listed = [account.login for account in self.accounts if account.is_listed]
        return (listed or [account.login for account in self.accounts] or [self.name])[0]

    @property
    def usable_accounts(self) -> tuple[Account, ...]:
        """Those that count."""
        return () if self.is_disabled else tuple(account for account in self.accounts if account.is_usable)


@dataclass(frozen=True, slots=True)
class TeamFact:
    """A team of the organization."""

    team_id: int
    kind: TeamKind
    name: str
    synchronization_id: int | None
    remote_id: str
    parent_id: str
    path: str
    url: str
    role_key: str
    role_name: str


@dataclass(frozen=True, slots=True)
class MembershipFact:
    """Somebody in a team, by account or by user."""

    membership_id: int
    team_id: int
    identity_id: int | None
    user_id: int | None
    synchronization_id: int | None
    source: MembershipSource
    expires_on: date | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class GrantFact:
    """A reason to read a repository."""

    grant_id: int
    repository_id: int
    synchronization_id: int
    source: GrantSource
    team_id: int | None
    identity_id: int | None
    role_name: str
    expires_on: date | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RepositoryFact:
    """Where a package comes from."""

    repository_id: int
    synchronization_id: int
    path: str
    url: str
    team_id: str  # remote id of its group
    visibility: str
    code_access: str


@dataclass(frozen=True, slots=True)
class PackageFact:
    """A package, and its repository if it has one."""

    package_id: int
    name: str
    state: PackageState
    removed_at: datetime | None
    repository: RepositoryFact | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that decides about some people and some packages of one organization, today."""

    organization: str
    today: date
    remotes: Mapping[int, Remote]
    teams: Mapping[int, TeamFact]
    packages: tuple[PackageFact, ...]
    people: tuple[Person, ...]
    of_account: Mapping[int, tuple[MembershipFact, ...]] = field(default_factory=dict)
    of_user: Mapping[int, tuple[MembershipFact, ...]] = field(default_factory=dict)
    grants: Mapping[int, tuple[GrantFact, ...]] = field(default_factory=dict)  # by repository
    own_grants: Mapping[int, tuple[GrantFact, ...]] = field(default_factory=dict)  # by account, on any repository

    def memberships(self, person: Person) -> Iterator[tuple[Account | None, MembershipFact]]:
        """Every membership of somebody, with the account that it rests on (None: given here, by hand)."""
        for account in person.accounts:
            for membership in self.of_account.get(account.identity_id, ()):
                yield account, membership
        for membership in self.of_user.get(person.user_id or 0, ()):
            yield None, membership

    def is_suspended(self, synchronization_id: int | None) -> bool:
        """Whether what a synchronization brought does not count at present."""
        remote = self.remotes.get(synchronization_id or 0)
        return remote is not None and remote.is_suspended

    def counts(self, fact: MembershipFact | GrantFact) -> bool:
        """Whether a row gives anything today. Who owns an organization stays so, to repair what is suspended."""
        if self.is_over(fact):
            return False
        is_owner = isinstance(fact, MembershipFact) and self.teams[fact.team_id].kind is TeamKind.OWNERS
        return is_owner or not self.is_suspended(fact.synchronization_id)

    def is_over(self, fact: MembershipFact | GrantFact) -> bool:
        """Whether the last day of a row has passed."""
        return fact.expires_on is not None and fact.expires_on <= self.today
