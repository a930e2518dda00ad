"""The organizations of a person, and what in them needs attention."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from composer.access import Role, find_role, visible_organizations
from models import Organization, Synchronization, SynchronizationState, Team
from organizations.people import count_people
from organizations.viewer import Viewer

QUIET_STATES = (SynchronizationState.NEW, SynchronizationState.OK)


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


def find_troubles(
    session: Session, rows: Iterable[OrganizationRow], *, user_id: int, today: date
) -> list[tuple[Organization, Synchronization]]:
    """The synchronizations that the person could mend. Asks for their role only where something is wrong."""
    return [
        (row.organization, synchronization)
        for row in rows
        if any(_is_in_trouble(synchronization) for synchronization in row.synchronizations)
        and _leads(session, row.organization, user_id, today)
        for synchronization in row.synchronizations
        if _is_in_trouble(synchronization)
    ]


def measure(session: Session, viewer: Viewer) -> Sizes:
    """Count what the overview names."""
    teams = select(func.count(Team.id)).where(Team.organization_id == viewer.organization_id)
    return Sizes(
        packages=session.scalar(select(func.count()).select_from(viewer.packages().subquery())) or 0,
        people=count_people(session, organization_id=viewer.organization_id, today=viewer.today),
        teams=session.scalar(teams) or 0,
    )


def _is_in_trouble(synchronization: Synchronization) -> bool:
    return synchronization.state not in QUIET_STATES


def _leads(session: Session, organization: Organization, user_id: int, today: date) -> bool:
    role = find_role(session, organization_id=organization.id, user_id=user_id, today=today)
    return role is not None and role >= Role.ADMIN
