"""How much is in each organization."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import CompoundSelect, func, or_, select, union
from sqlalchemy.orm import Session

from models import Grant, Membership, Package, PackageState, Synchronization, Team, utc_now


@dataclass(frozen=True, slots=True)
class OrganizationCounts:
    """What the table shows about one organization."""

    packages: int = 0
    people: int = 0
    synchronizations: int = 0


def count_by_organization(session: Session, ids: Sequence[int]) -> Mapping[int, OrganizationCounts]:
    """The counts of these organizations, by id."""
    packages = (
        select(Package.organization_id, func.count())
        .where(Package.organization_id.in_(ids), Package.state != PackageState.REMOVED)
        .group_by(Package.organization_id)
    )
    accounts = _accounts(ids).subquery()
    people = select(accounts.c.organization_id, func.count()).group_by(accounts.c.organization_id)
    synchronizations = (
        select(Synchronization.organization_id, func.count())
        .where(Synchronization.organization_id.in_(ids))
        .group_by(Synchronization.organization_id)
    )
    queries = (packages, people, synchronizations)
    found = [{each: count for each, count in session.execute(query)} for query in queries]  # noqa: C416
    return {each: OrganizationCounts(*(counts.get(each, 0) for counts in found)) for each in ids}


def _accounts(ids: Sequence[int]) -> CompoundSelect[int, int | None]:
    """Each account once: in a team, or on single repositories only."""
    members = (
        select(Team.organization_id, Membership.identity_id)
        .join(Membership.team)
        .where(Team.organization_id.in_(ids), Membership.identity_id.is_not(None))
    )
    collaborators = (
        select(Synchronization.organization_id, Grant.identity_id)
        .join(Synchronization, Synchronization.id == Grant.synchronization_id)
        .where(
            Synchronization.organization_id.in_(ids),
            Grant.identity_id.is_not(None),
            or_(Grant.expires_on.is_(None), Grant.expires_on > utc_now().date()),
        )
    )
    return union(members, collaborators)
