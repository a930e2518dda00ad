"""The organizations of a person, and how much is in each."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from composer.access import visible_organizations
from models import Organization, Synchronization, Team
from organizations.people import count_people
from organizations.viewer import Viewer


@dataclass(slots=True)
class OrganizationRow:
    """One line of the list."""

    organization: Organization
    synchronizations: list[Synchronization] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is in an organization, for the person who looks."""

    packages: int
    people: int
    teams: int


def list_rows(session: Session, *, user_id: int, today: date) -> list[OrganizationRow]:
    """My organizations by name, with their synchronizations. Two queries, however many there are."""
    mine = visible_organizations(user_id=user_id, today=today).order_by(func.lower(Organization.name), Organization.id)
    rows = {organization.id: OrganizationRow(organization) for organization in session.scalars(mine)}
    query = select(Synchronization).where(Synchronization.organization_id.in_(rows))
    ordered = query.options(joinedload(Synchronization.integration)).order_by(
        Synchronization.is_primary.desc(), Synchronization.id
    )
    for synchronization in session.scalars(ordered):
        rows[synchronization.organization_id].synchronizations.append(synchronization)
    return list(rows.values())


def measure(session: Session, viewer: Viewer) -> Sizes:
    """Count what the overview names."""
    teams = select(func.count(Team.id)).where(Team.organization_id == viewer.organization_id)
    return Sizes(
        packages=session.scalar(select(func.count()).select_from(viewer.packages().subquery())) or 0,
        people=count_people(session, organization_id=viewer.organization_id, today=viewer.today),
        teams=session.scalar(teams) or 0,
    )
