"""Say in words why people may read a package."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from composer.access import list_readers
from composer.packages import find_package
from models import Grant, GrantSource, Identity, Membership, MembershipSource, Organization, Package, Team, TeamKind


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may read a package, and every reason for it."""

    login: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page about access says. `readers`: of one package; `packages`: of one person."""

    package: Package | None = None
    readers: tuple[Reader, ...] = ()
    packages: tuple[str, ...] = ()


def explain_access(
    session: Session, *, organization: Organization, package: str, login: str, today: date
) -> Answer | None:
    """Answer who may read a package, what somebody may read, or both; None when nothing was asked."""
    if package:
        found = find_package(session, organization_id=organization.id, name=package)
        if found is None:
            return Answer()
        readers = explain_readers(session, organization=organization, package=found, today=today, login=login)
        return Answer(package=found, readers=tuple(readers))
    if not login:
        return None
    readable = list_readers(session, organization_id=organization.id, today=today, login=login)
    return Answer(packages=tuple(name for name, logins in readable.items() if logins))


def explain_readers(
    session: Session, *, organization: Organization, package: Package, today: date, login: str = ""
) -> list[Reader]:
    """Everybody who may read a package by `composer.access`, with the reasons in the data."""
    known = list_readers(session, organization_id=organization.id, today=today, name=package.name, login=login or None)
    logins = known.get(package.name, [])
    reasons: dict[str, list[str]] = {login: [] for login in logins}
    for reader, reason in _all_reasons(session, organization, package, today):
        if reader in reasons and reason not in reasons[reader]:
            reasons[reader].append(reason)
    everybody = _reason_for_everybody(session, package)
    return [Reader(reader, tuple(found) or (everybody,)) for reader, found in reasons.items()]


def _all_reasons(
    session: Session, organization: Organization, package: Package, today: date
) -> Iterable[tuple[str, str]]:
    for membership in _living_memberships(session, _leading(organization), today):
        role = "owner" if membership.team.kind is TeamKind.OWNERS else "admin"
        yield _login(membership), f"{role} of {organization.name}"
    for membership in _living_memberships(session, _granted(package, today), today):
        yield _login(membership), _team_reason(membership)
    direct = select(Identity.login, Grant.role_name, Grant.source).join(Grant, Grant.identity_id == Identity.id)
    own = direct.where(Grant.repository_id == package.repository_id, _is_alive(Grant.expires_on, today))
    for login, role, source in session.execute(own):
        where = "of the repository itself" if source is GrantSource.DIRECT else "through something above the repository"
        yield login, f"{role} {where}"


def _leading(organization: Organization) -> Select[Membership]:
    kinds = [TeamKind.OWNERS, TeamKind.ADMINS]
    query = select(Membership).join(Team)
    return query.where(Team.organization_id == organization.id, Team.kind.in_(kinds))


def _granted(package: Package, today: date) -> Select[Membership]:
    query = select(Membership).join(Grant, Grant.team_id == Membership.team_id)
    return query.where(Grant.repository_id == package.repository_id, _is_alive(Grant.expires_on, today))


def _living_memberships(session: Session, query: Select[Membership], today: date) -> Iterable[Membership]:
    people = query.options(joinedload(Membership.identity), joinedload(Membership.team))
    return session.scalars(people.where(Membership.identity_id.is_not(None), _is_alive(Membership.expires_on, today)))


def _team_reason(membership: Membership) -> str:
    team = membership.team
    role = f"{team.role_name} in {team.remote_path}" if team.role_name else f"member of {team.name}"
    return f"{role}, inherited from above" if membership.source is MembershipSource.INHERITED else role


def _reason_for_everybody(session: Session, package: Package) -> str:
    """What is left when no team and no grant of their own explains somebody: the repository is open at the host."""
    query = select(Grant.role_name).where(
        Grant.repository_id == package.repository_id, Grant.source == GrantSource.VISIBILITY
    )
    visibility = session.scalars(query).first() or "open"
    return f"the repository is {visibility.lower()} at the host, and the account is not known to be external"


def _is_alive(column: InstrumentedAttribute[date | None], today: date) -> ColumnElement[bool]:
    return or_(column.is_(None), column > today)


def _login(membership: Membership) -> str:
    return membership.identity.login if membership.identity else ""
