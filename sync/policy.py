"""Load what a plan is checked against: the brakes of a synchronization, and what people decided about removals."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Hold,
    HoldState,
    Identity,
    IdentityState,
    Integration,
    Membership,
    Synchronization,
    Team,
    TeamKind,
    User,
)
from sync.check import Brake, Policy


def load_policy(session: Session, synchronization: Synchronization) -> Policy:
    """Three small queries."""
    keys: dict[HoldState, set[str]] = {state: set() for state in HoldState}
    totals: dict[str, int] = {}
    holds = select(Hold.state, Hold.removals, Hold.totals).where(
        Hold.synchronization_id == synchronization.id, Hold.state != HoldState.ENDED
    )
    for state, removals, known in session.execute(holds):
        keys[state].update(removal["key"] for removal in removals)
        totals = known if state is HoldState.OPEN else totals
    return Policy(
        access=Brake(synchronization.access_brake_percent, synchronization.access_brake_minimum),
        packages=Brake(synchronization.package_brake_percent, synchronization.package_brake_minimum),
        approved=frozenset(keys[HoldState.APPROVED]),
        declined=frozenset(keys[HoldState.DECLINED]),
        open=frozenset(keys[HoldState.OPEN]),
        totals=totals,
        locked_out=_locked_out(session, synchronization),
        has_other_owner=_has_other_owner(session, synchronization),
    )


def _locked_out(session: Session, synchronization: Synchronization) -> frozenset[str]:
    accounts = select(Identity.remote_id).join(User, User.id == Identity.user_id)
    disabled = accounts.where(Identity.integration_id == synchronization.integration_id, User.disabled_at.is_not(None))
    return frozenset(session.scalars(disabled))


def _has_other_owner(session: Session, synchronization: Synchronization) -> bool:
    """Somebody who was made an owner by hand, or by another synchronization, and can log in."""
    can_log_in = (
        select(Identity.id)
        .join(Integration)
        .join(User, User.id == Identity.user_id, isouter=True)
        .where(
            Identity.state == IdentityState.ACTIVE,
            Integration.deleted_at.is_(None),
            User.disabled_at.is_(None),
            (Identity.id == Membership.identity_id) | (Identity.user_id == Membership.user_id),
        )
    )
    owners = (
        select(Membership.id)
        .join(Team)
        .where(
            Team.organization_id == synchronization.organization_id,
            Team.kind == TeamKind.OWNERS,
            Membership.synchronization_id.is_distinct_from(synchronization.id),
            can_log_in.exists(),
        )
    )
    return session.scalar(owners.limit(1)) is not None
