"""What a person is in an organization, as the teams and grants of this moment say."""

from datetime import date
from enum import IntEnum

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import Grant, Identity, IdentityState, Membership, Organization, Synchronization, Team, TeamKind


class Role(IntEnum):
    """What somebody may do in an organization; a higher role includes the lower ones."""

    MEMBER = 1
    ADMIN = 2
    OWNER = 3


_TEAM_ROLES = {TeamKind.OWNERS: Role.OWNER, TeamKind.ADMINS: Role.ADMIN}


def find_role(session: Session, *, user_id: int, organization_id: int, today: date) -> Role | None:
    """The highest role of a person in an organization; None for somebody who is not in it."""
    kinds = session.scalars(
        select(Team.kind)
        .join(Membership, Membership.team_id == Team.id)
        .where(Team.organization_id == organization_id, *_memberships_of(user_id, today))
        .distinct()
    ).all()
    if kinds:
        return max(_TEAM_ROLES.get(kind, Role.MEMBER) for kind in kinds)
    granted = _granted_organizations(user_id, today).where(Synchronization.organization_id == organization_id)
    return Role.MEMBER if session.scalar(granted.limit(1)) is not None else None


def list_organizations_of(session: Session, *, user_id: int, today: date) -> list[Organization]:
    """The organizations that a person is in, by name."""
    by_team = (
        select(Team.organization_id)
        .join(Membership, Membership.team_id == Team.id)
        .where(*_memberships_of(user_id, today))
    )
    is_in = or_(Organization.id.in_(by_team), Organization.id.in_(_granted_organizations(user_id, today)))
    return list(session.scalars(select(Organization).where(is_in).order_by(Organization.name, Organization.id)))


def _memberships_of(user_id: int, today: date) -> tuple[ColumnElement[bool], ...]:
    by_person = or_(Membership.user_id == user_id, Membership.identity_id.in_(_living_identities(user_id)))
    return by_person, _has_not_expired(Membership.expires_on, today)


def _granted_organizations(user_id: int, today: date) -> Select[int]:
    return (
        select(Synchronization.organization_id)
        .join(Grant, Grant.synchronization_id == Synchronization.id)
        .where(Grant.identity_id.in_(_living_identities(user_id)), _has_not_expired(Grant.expires_on, today))
    )


def _living_identities(user_id: int) -> Select[int]:
    return select(Identity.id).where(Identity.user_id == user_id, Identity.state == IdentityState.ACTIVE)


def _has_not_expired(column: InstrumentedAttribute[date | None], today: date) -> ColumnElement[bool]:
    return or_(column.is_(None), column >= today)
