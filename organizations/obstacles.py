"""Why somebody may not read a package: everything that stands in the way, the most useful first. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from composer.access import FOR_ACCOUNTS_THERE
from integrations.codehost import CodeAccess
from models import GrantSource, PackageState, TeamKind
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

LEADING = (TeamKind.OWNERS, TeamKind.ADMINS)


class Kind(IntEnum):
    """What stands in the way."""

    REMOVED = 1
    DISABLED = 2
    BLOCKED = 3
    HOST_GONE = 4
    SUSPENDED = 5
    ENDED = 6
    OUTSIDE = 7
    CODE_OFF = 8
    WEAK_ROLE = 9
    EXTERNAL = 10
    NO_ACCOUNT_AT_HOST = 11
    NO_REPOSITORY = 12
    NOT_GRANTED = 13


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason why somebody may not read a package."""

    kind: Kind
    account: Account | None = None
    team: TeamFact | None = None
    remote: Remote | None = None
    ended_on: date | None = None


def list_obstacles(facts: Facts, person: Person, package: PackageFact, *, would_read: bool) -> tuple[Obstacle, ...]:
    """Everything that applies. `would_read`: they could if only their accounts were in good standing."""
    found = [*_obstacles_of_person(facts, person, package), *_idle_rows(facts, person, package)]
    if not would_read:
        found += _missing(facts, person, package.repository)
    return tuple(sorted(dict.fromkeys(found), key=lambda obstacle: obstacle.kind))


def _obstacles_of_person(facts: Facts, person: Person, package: PackageFact) -> Iterator[Obstacle]:
    if package.state is PackageState.REMOVED:
        yield Obstacle(Kind.REMOVED)
    if person.is_disabled:
        yield Obstacle(Kind.DISABLED)
    for account in person.accounts:
        if account.is_host_gone or account.is_blocked:
            yield Obstacle(Kind.HOST_GONE if account.is_host_gone else Kind.BLOCKED, account=account)


def _idle_rows(facts: Facts, person: Person, package: PackageFact) -> Iterator[Obstacle]:
    """Memberships and grants that would be a reason, were they not over or suspended."""
    grants = facts.grants.get(package.repository.repository_id, ()) if package.repository else ()
    granted = {grant.team_id for grant in grants}
    for account, membership in facts.memberships(person):
        team = facts.teams[membership.team_id]
        if team.kind in LEADING or team.team_id in granted:
            yield from _idle(facts, membership, account, team)
    accounts = {account.identity_id: account for account in person.accounts}
    for grant in grants:
        if grant.identity_id in accounts:
            yield from _idle(facts, grant, accounts[grant.identity_id], None)


def _idle(
    facts: Facts, fact: MembershipFact | GrantFact, account: Account | None, team: TeamFact | None
) -> Iterator[Obstacle]:
    remote = facts.remotes.get(fact.synchronization_id or 0)
    if facts.is_suspended(fact.synchronization_id) and not facts.counts(fact):
        yield Obstacle(Kind.SUSPENDED, remote=remote)
    if facts.is_over(fact):
        yield Obstacle(Kind.ENDED, account=account, team=team, remote=remote, ended_on=fact.expires_on)


def _missing(facts: Facts, person: Person, repository: RepositoryFact | None) -> Iterator[Obstacle]:
    """What they would need."""
    if not _is_member(facts, person):
        yield Obstacle(Kind.OUTSIDE)
    if repository is None:
        yield Obstacle(Kind.NO_REPOSITORY)
        return
    remote = facts.remotes[repository.synchronization_id]
    if remote.is_suspended:
        yield Obstacle(Kind.SUSPENDED, remote=remote)
    if repository.code_access == CodeAccess.DISABLED:
        yield Obstacle(Kind.CODE_OFF, remote=remote)
        return
    yield from _missing_at_host(facts, person, repository, remote)


def _missing_at_host(facts: Facts, person: Person, repository: RepositoryFact, remote: Remote) -> Iterator[Obstacle]:
    weak = [
        Obstacle(Kind.WEAK_ROLE, account=account, team=facts.teams[membership.team_id], remote=remote)
        for account, membership in facts.memberships(person)
        if facts.counts(membership) and _is_home(facts.teams[membership.team_id], repository)
    ]
    yield from weak
    here = [account for account in person.accounts if account.integration_id == remote.integration_id]
    is_open = any(_is_for_all(it) and facts.counts(it) for it in facts.grants.get(repository.repository_id, ()))
    if not here:
        yield Obstacle(Kind.NO_ACCOUNT_AT_HOST, remote=remote)
    elif is_open and all(account.is_external is True for account in here):
        yield Obstacle(Kind.EXTERNAL, account=here[0], remote=remote)
    if not (weak or is_open):
        yield Obstacle(Kind.NOT_GRANTED, remote=remote)


def _is_for_all(grant: GrantFact) -> bool:
    return grant.source in FOR_ACCOUNTS_THERE and grant.team_id is None and grant.identity_id is None


def _is_home(team: TeamFact, repository: RepositoryFact) -> bool:
    return (team.synchronization_id, team.remote_id) == (repository.synchronization_id, repository.team_id)


def _is_member(facts: Facts, person: Person) -> bool:
    own = (grant for account in person.accounts for grant in facts.own_grants.get(account.identity_id, ()))
    in_a_team = any(facts.counts(membership) for _, membership in facts.memberships(person))
    return in_a_team or any(makes_member(facts, grant) for grant in own)


def makes_member(facts: Facts, grant: GrantFact) -> bool:
    """Whether somebody who has this grant is a member by it."""
    return grant.source is not GrantSource.INTERNAL and facts.counts(grant)
