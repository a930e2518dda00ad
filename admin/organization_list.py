"""How much is in each organization."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Membership, Package, PackageState, Synchronization, Team


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
    people = (
        select(Team.organization_id, func.count(Membership.identity_id.distinct()))
        .join(Membership.team)
        .where(Team.organization_id.in_(ids))
        .group_by(Team.organization_id)
    )
    synchronizations = (
        select(Synchronization.organization_id, func.count())
        .where(Synchronization.organization_id.in_(ids))
        .group_by(Synchronization.organization_id)
    )
    queries = (packages, people, synchronizations)
    found = [{each: count for each, count in session.execute(query)} for query in queries]  # noqa: C416
    return {each: OrganizationCounts(*(counts.get(each, 0) for counts in found)) for each in ids}
