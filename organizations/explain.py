"""Why somebody may read a package, or why not: the rule of `composer.access` once more, with its reasons. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from composer.access import FOR_ACCOUNTS_THERE
from models import MembershipSource, PackageState, TeamKind
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
from organizations.obstacles import LEADING, Obstacle, list_obstacles, makes_member


class Source(StrEnum):
    """What kind of reason it is."""

    OWNER = "owner"
    ADMIN = "admin"
    TEAM = "team"
    DIRECT = "direct"
    INHERITED = "inherited"
    BASE = "base"
    CONFIRMED = "confirmed"
    INTERNAL = "internal"
    VISIBILITY = "visibility"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason to read a package. It is gone when the row `table`, `row_id` is."""

    source: Source
    table: str
    row_id: int
    since: datetime
    until: date | None
    role: str = ""
    account: Account | None = None  # None: not by one account alone
    team: TeamFact | None = None
    inherited_from: TeamFact | None = None
    is_through_subteam: bool = False
    repository: RepositoryFact | None = None
    remote: Remote | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer for one person and one package. `accounts`: those that are enough alone, as `access list` has them."""

    person: Person
    package: PackageFact
    reasons: tuple[Reason, ...]
    obstacles: tuple[Obstacle, ...] = ()
    accounts: tuple[Account, ...] = ()
    remote: Remote | None = None  # of the package
    home: TeamFact | None = None  # the group of its repository

    @property
    def may_read(self) -> bool:
        """The answer itself."""
        return bool(self.reasons)

    @property
    def ends_on(self) -> date | None:
        """The day on which all of it is over by itself."""
        days = [reason.until for reason in self.reasons if reason.until is not None]
        return max(days) if days and len(days) == len(self.reasons) else None


def explain(facts: Facts, person: Person, package: PackageFact) -> Explanation:
    """Every reason why somebody may read a package; when there is none, everything that stands in the way."""
    reasons = tuple(_Case(facts, person, package).reasons())
    repository = package.repository
    remote = facts.remotes.get(repository.synchronization_id) if repository else None
    if reasons:
        return Explanation(person, package, reasons, accounts=_reading_accounts(facts, person, package), remote=remote)
    would_read = any(_Case(facts, _in_good_standing(person), package).reasons())
    obstacles = list_obstacles(facts, person, package, would_read=would_read)
    return Explanation(person, package, (), obstacles, remote=remote, home=_home(facts, repository))


def _home(facts: Facts, repository: RepositoryFact | None) -> TeamFact | None:
    if repository is None:
        return None
    wanted = (repository.synchronization_id, repository.team_id)
    return next((it for it in facts.teams.values() if (it.synchronization_id, it.remote_id) == wanted), None)


def explain_readers(facts: Facts, package: PackageFact) -> list[Explanation]:
    """Everybody who may read a package."""
    readers = (person for person in facts.people if any(_Case(facts, person, package).reasons()))
    return [explain(facts, person, package) for person in readers]


def explain_packages(facts: Facts, person: Person) -> tuple[list[Explanation], list[Explanation]]:
    """The packages that somebody may read, and the others."""
    answers = [explain(facts, person, package) for package in facts.packages]
    return [it for it in answers if it.may_read], [it for it in answers if not it.may_read]


def _reading_accounts(facts: Facts, person: Person, package: PackageFact) -> tuple[Account, ...]:
    def is_enough(account: Account) -> bool:
        alone = replace(person, user_id=None, accounts=(account,))
        return any(_Case(facts, alone, package).reasons())

    return tuple(account for account in person.usable_accounts if account.is_listed and is_enough(account))


def _in_good_standing(person: Person) -> Person:
    accounts = (replace(account, is_blocked=False, is_host_gone=False) for account in person.accounts)
    return replace(person, accounts=tuple(accounts), is_disabled=False)


class _Case:
    """One person before one package."""

    def __init__(self, facts: Facts, person: Person, package: PackageFact) -> None:
        self._facts, self._package = facts, package
        self._accounts = {account.identity_id: account for account in person.usable_accounts}
        user_id = None if person.is_disabled else person.user_id
        counting = replace(person, accounts=person.usable_accounts, user_id=user_id)
        self._memberships = [pair for pair in facts.memberships(counting) if facts.counts(pair[1])]
        self._in_team: dict[int, list[tuple[Account | None, MembershipFact]]] = {}
        for account, membership in self._memberships:
            self._in_team.setdefault(membership.team_id, []).append((account, membership))

    def reasons(self) -> Iterator[Reason]:
        if self._is_out_of_reach() or not self._is_member():
            return
        for account, membership in self._memberships:
            team = self._facts.teams[membership.team_id]
            if team.kind in LEADING:
                source = Source.OWNER if team.kind is TeamKind.OWNERS else Source.ADMIN
                yield self._by_membership(source, account, membership)
        if self._package.repository is None:
            return
        for grant in self._facts.grants.get(self._package.repository.repository_id, ()):
            if self._facts.counts(grant) and self._is_open_for(grant):
                yield from self._by_grant(grant)

    def _is_out_of_reach(self) -> bool:
        """For everybody, owners too."""
        repository = self._package.repository
        is_suspended = repository is not None and self._facts.is_suspended(repository.synchronization_id)
        return is_suspended or self._package.state is PackageState.REMOVED

    def _is_member(self) -> bool:
        own = (grant for account in self._accounts for grant in self._facts.own_grants.get(account, ()))
        return bool(self._memberships) or any(makes_member(self._facts, grant) for grant in own)

    def _is_open_for(self, grant: GrantFact) -> bool:
        """What comes with the visibility alone, or to all accounts there, is not for people known to be external."""
        if grant.source not in FOR_ACCOUNTS_THERE:
            return True
        host = self._facts.remotes[grant.synchronization_id].integration_id
        return any(it.integration_id == host and it.is_external is not True for it in self._accounts.values())

    def _by_grant(self, grant: GrantFact) -> Iterator[Reason]:
        if grant.team_id is not None:
            for account, membership in self._in_team.get(grant.team_id, ()):
                reason = self._by_membership(Source(grant.source.value), account, membership)
                yield replace(reason, until=_earliest(membership.expires_on, grant.expires_on))
        elif grant.identity_id is None or grant.identity_id in self._accounts:
            yield self._of_grant(grant)

    def _of_grant(self, grant: GrantFact) -> Reason:
        return Reason(
            source=Source(grant.source.value),
            table="repository_grant",
            row_id=grant.grant_id,
            since=grant.created_at,
            until=grant.expires_on,
            role=grant.role_name,
            account=self._accounts.get(grant.identity_id or 0),
            repository=self._package.repository,
            remote=self._facts.remotes[grant.synchronization_id],
        )

    def _by_membership(self, source: Source, account: Account | None, membership: MembershipFact) -> Reason:
        team = self._facts.teams[membership.team_id]
        synchronization_id = team.synchronization_id or membership.synchronization_id
        return Reason(
            source=source,
            table="membership",
            row_id=membership.membership_id,
            since=membership.created_at,
            until=membership.expires_on,
            role=team.role_name,
            account=account,
            team=team,
            inherited_from=_origin(self._facts, membership, team),
            is_through_subteam=membership.source is MembershipSource.SUBTEAM,
            repository=self._package.repository,
            remote=self._facts.remotes.get(synchronization_id or 0),
        )


def _origin(facts: Facts, membership: MembershipFact, team: TeamFact) -> TeamFact | None:
    """The group that a membership comes from: up through all groups in which the account has the same role."""
    own = {it.team_id: it for it in facts.of_account.get(membership.identity_id or 0, ())}
    origin = None
    while own.pop(team.team_id, membership).source is MembershipSource.INHERITED and team.parent_id:
        wanted = (team.synchronization_id, team.parent_id, team.role_key)
        teams = (facts.teams[team_id] for team_id in own)
        above = next((it for it in teams if (it.synchronization_id, it.remote_id, it.role_key) == wanted), None)
        if above is None:
            return origin
        origin = team = above
    return origin


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)
