"""Say in sentences why people may read a package."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from composer.access import list_readers
from composer.packages import find_package
from models import Grant, GrantSource, Identity, Membership, Organization, Package, Team, TeamKind


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
    for reader, reason in _all_reasons(session, organization, package):
        if reader in reasons and reason not in reasons[reader]:
            reasons[reader].append(reason)
    everybody = _reason_for_everybody(session, package)
    return [Reader(reader, tuple(found) or (everybody,)) for reader, found in reasons.items()]


def _all_reasons(session: Session, organization: Organization, package: Package) -> Iterable[tuple[str, str]]:
    built_in = (
        select(Membership)
        .join(Team)
        .where(Team.organization_id == organization.id, Team.kind.in_([TeamKind.OWNERS, TeamKind.ADMINS]))
    )
    for membership in _with_people(session, built_in):
        role = "an owner" if membership.team.kind is TeamKind.OWNERS else "an admin"
        yield _login(membership), f"is {role} of {organization.name}"
    granted = (
        select(Membership)
        .join(Grant, Grant.team_id == Membership.team_id)
        .where(Grant.repository_id == package.repository_id)
    )
    for membership in _with_people(session, granted):
        team = membership.team
        yield (
            _login(membership),
            f"is {team.role_name} in {team.remote_path}" if team.role_name else f"is in {team.name}",
        )
    direct = select(Identity.login, Grant.role_name).join(Grant, Grant.identity_id == Identity.id)
    for login, role in session.execute(direct.where(Grant.repository_id == package.repository_id)):
        yield login, f"is {role} of the repository itself"


def _with_people(session: Session, query: Select[Membership]) -> Iterable[Membership]:
    people = query.options(joinedload(Membership.identity), joinedload(Membership.team))
    return session.scalars(people.where(Membership.identity_id.is_not(None)))


def _reason_for_everybody(session: Session, package: Package) -> str:
    """What is left when no team and no grant of their own explains somebody: the repository is open at the host."""
    query = select(Grant.role_name).where(
        Grant.repository_id == package.repository_id, Grant.source == GrantSource.VISIBILITY
    )
    visibility = session.scalars(query).first() or "open"
    return f"has an account at the host that is not external, and the repository is {visibility.lower()} there"


def _login(membership: Membership) -> str:
    return membership.identity.login if membership.identity else ""
