"""Who may read which package: one rule, one query, for the pages, for Composer and for `access list` alike.

Somebody must be a member of the organization, and then may read a package for any of these reasons: they own or
administer the organization; a team of theirs is granted the repository; they are granted it themselves; or it is
internal, public or for everybody at the host and they have an account there that is not known to be external.

While a synchronization is suspended, because the host does not find its root any more, nothing that it grants counts:
nobody reads its packages, and its teams make nobody a member. Its owners stay owners, to repair it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from sqlalchemy import ColumnElement, Select, and_, false, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models import (
    Base,
    Grant,
    GrantSource,
    Identity,
    IdentityState,
    Integration,
    Membership,
    Organization,
    Package,
    PackageState,
    Repository,
    Synchronization,
    Team,
    TeamKind,
    User,
)

SERVED_STATES = (PackageState.ACTIVE, PackageState.FAILING)
HOLDING_STATES = (PackageState.PENDING, *SERVED_STATES)  # that have their name for themselves
FOR_ACCOUNTS_THERE = (GrantSource.BASE, GrantSource.VISIBILITY)
LISTED_STATES = (PackageState.CONFLICT, *HOLDING_STATES)


class Role(IntEnum):
    """What somebody is in an organization; a higher one includes the lower."""

    MEMBER = 1
    ADMIN = 2
    OWNER = 3


@dataclass(frozen=True, slots=True)
class _Person:
    """How to recognize a person in SQL: by accounts, and by user where rights were given here by hand."""

    has_account: Callable[[InstrumentedAttribute[int | None] | InstrumentedAttribute[int]], ColumnElement[bool]]
    user_id: int | None = None

    def is_in(self, membership: type[Membership]) -> ColumnElement[bool]:
        by_user = false() if self.user_id is None else membership.user_id == self.user_id
        return or_(by_user, self.has_account(membership.identity_id))


def visible_packages(
    *, organization_id: int, user_id: int, today: date, states: Sequence[PackageState] = SERVED_STATES
) -> Select[Package]:
    """The packages of an organization that a user may read, as a query to refine: by name, to count, to page."""
    return select(Package).where(
        Package.organization_id == organization_id,
        Package.state.in_(states),
        _may_read(_user(user_id), today),
    )


def visible_organizations(*, user_id: int, today: date) -> Select[Organization]:
    """The organizations that a user is a member of."""
    return select(Organization).where(_is_member(_user(user_id), Organization.id, today))


def list_organizations(session: Session, *, user_id: int, today: date) -> list[Organization]:
    """The organizations that a user is a member of, by name."""
    query = visible_organizations(user_id=user_id, today=today)
    return list(session.scalars(query.order_by(Organization.name, Organization.id)))


def is_member_anywhere(session: Session, *, identity_id: int, user_id: int | None, today: date) -> bool:
    """Whether an account, or the person behind it, is a member of any organization."""
    person = _Person(has_account=lambda column: column == identity_id, user_id=user_id)
    query = select(Organization.id).where(_is_member(person, Organization.id, today))
    return session.scalar(query.limit(1)) is not None


def find_role(session: Session, *, organization_id: int, user_id: int, today: date) -> Role | None:
    """What a user is in an organization; None: not a member."""
    person = _user(user_id)
    kinds = set(
        session.scalars(
            select(Team.kind).where(
                Team.organization_id == organization_id,
                _has_membership(person, Team.id, today),
                Team.kind.in_([TeamKind.OWNERS, TeamKind.ADMINS]),
            )
        )
    )
    if TeamKind.OWNERS in kinds:
        return Role.OWNER
    if TeamKind.ADMINS in kinds:
        return Role.ADMIN
    is_member = select(Organization.id).where(
        Organization.id == organization_id, _is_member(person, Organization.id, today)
    )
    return Role.MEMBER if session.scalar(is_member) is not None else None


def list_readers(
    session: Session, *, organization_id: int, today: date, name: str | None = None, login: str | None = None
) -> dict[str, list[str]]:
    """For each package of an organization the logins at the host, in order, whose account may read it.

    `name` asks for one package only, `login` for the accounts of that name only. A package in conflict has no name yet.
    """
    person = _Person(has_account=lambda column: column == Identity.id)
    query = (
        select(Package.name, Identity.login)
        .join(Identity, Identity.integration_id.in_(_integrations_of(organization_id)))
        .where(
            Package.organization_id == organization_id,
            Package.state.in_(HOLDING_STATES),
            Identity.state == IdentityState.ACTIVE,
            Identity.integration_id.in_(select(Integration.id).where(Integration.deleted_at.is_(None))),
            or_(Identity.user_id.is_(None), Identity.user_id.in_(select(User.id).where(User.disabled_at.is_(None)))),
            true() if name is None else Package.name == name,
            true() if login is None else Identity.login == login,
            _may_read(person, today),
        )
        .order_by(Package.name, Identity.login)
    )
    names = select(Package.name).where(Package.organization_id == organization_id, Package.state.in_(HOLDING_STATES))
    names = names.where(true() if name is None else Package.name == name)
    readers: dict[str, list[str]] = {known: [] for known in session.scalars(names.order_by(Package.name))}
    for package, reader in session.execute(query):
        readers[package].append(reader)
    return readers


def _user(user_id: int) -> _Person:
    account, user, integration = aliased(Identity), aliased(User), aliased(Integration)
    accounts = (
        select(account.id)
        .join(user, user.id == account.user_id)
        .join(integration, integration.id == account.integration_id)
        .where(
            account.user_id == user_id,
            account.state == IdentityState.ACTIVE,
            user.disabled_at.is_(None),
            integration.deleted_at.is_(None),
        )
    )
    return _Person(has_account=lambda column: column.in_(accounts), user_id=user_id)


def _integrations_of(organization_id: int) -> Select[int]:
    return select(Synchronization.integration_id).where(Synchronization.organization_id == organization_id)


def _may_read(person: _Person, today: date) -> ColumnElement[bool]:
    return and_(
        _is_member(person, Package.organization_id, today),
        or_(Package.repository_id.is_(None), Package.repository_id.not_in(_suspended_repositories())),
        or_(_is_leading(person, today), _is_granted(person, today)),
    )


def _is_member(person: _Person, organization_id: InstrumentedAttribute[int], today: date) -> ColumnElement[bool]:
    team, grant, synchronization = aliased(Team), aliased(Grant), aliased(Synchronization)
    in_a_team = _any((team,), team.organization_id == organization_id, _has_membership(person, team.id, today))
    granted_something = _any(
        (grant, synchronization),
        synchronization.organization_id == organization_id,
        grant.synchronization_id == synchronization.id,
        synchronization.suspended_at.is_(None),
        person.has_account(grant.identity_id),
        grant.source != GrantSource.INTERNAL,
        or_(grant.expires_on.is_(None), grant.expires_on > today),
    )
    return or_(in_a_team, granted_something)


def _is_leading(person: _Person, today: date) -> ColumnElement[bool]:
    team = aliased(Team)
    return _any(
        (team,),
        team.organization_id == Package.organization_id,
        team.kind.in_([TeamKind.OWNERS, TeamKind.ADMINS]),
        _has_membership(person, team.id, today),
    )


def _is_granted(person: _Person, today: date) -> ColumnElement[bool]:
    grant = aliased(Grant)
    return _any(
        (grant,),
        grant.repository_id == Package.repository_id,
        or_(grant.expires_on.is_(None), grant.expires_on > today),
        or_(grant.source.not_in(FOR_ACCOUNTS_THERE), _has_internal_account(person)),
        or_(
            _has_membership(person, grant.team_id, today),
            person.has_account(grant.identity_id),
            and_(grant.team_id.is_(None), grant.identity_id.is_(None)),
        ),
    )


def _has_internal_account(person: _Person) -> ColumnElement[bool]:
    account, repository, synchronization = aliased(Identity), aliased(Repository), aliased(Synchronization)
    return _any(
        (account, repository, synchronization),
        repository.id == Package.repository_id,
        synchronization.id == repository.synchronization_id,
        account.integration_id == synchronization.integration_id,
        person.has_account(account.id),
        account.state == IdentityState.ACTIVE,
        account.is_external.is_not(True),
    )


def _has_membership(
    person: _Person, team_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None], today: date
) -> ColumnElement[bool]:
    membership = aliased(Membership)
    return _any(
        (membership,),
        membership.team_id == team_id,
        person.is_in(membership),
        or_(membership.expires_on.is_(None), membership.expires_on > today),
        or_(
            membership.synchronization_id.is_(None),
            membership.synchronization_id.not_in(_suspended_synchronizations()),
            membership.team_id.in_(_owners_teams()),
        ),
    )


def _suspended_synchronizations() -> Select[int]:
    synchronization = aliased(Synchronization)
    return select(synchronization.id).where(synchronization.suspended_at.is_not(None)).correlate(None)


def _owners_teams() -> Select[int]:
    team = aliased(Team)
    return select(team.id).where(team.kind == TeamKind.OWNERS).correlate(None)


def _suspended_repositories() -> Select[int]:
    repository, synchronization = aliased(Repository), aliased(Synchronization)
    return (
        select(repository.id)
        .join(synchronization, synchronization.id == repository.synchronization_id)
        .where(synchronization.suspended_at.is_not(None))
        .correlate(None)
    )


def _any(tables: tuple[type[Base], ...], *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether `tables` have rows like that. All else belongs to the query around it, however deep this is nested:
    left to itself SQLAlchemy looks one level up only and would add a table without a condition."""
    return select(literal(1)).select_from(*tables).where(*conditions).correlate_except(*tables).exists()
