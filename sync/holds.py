"""Removals that wait for somebody: kept from run to run, confirmed, declined, and ended when nothing is left of them.

open → approved (the next run removes exactly these) → ended
open → declined (they stay and are not asked about again) → approved after all, or ended
Any of them ends by itself when the host has again what would have gone.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Hold, HoldState, Synchronization, SynchronizationState, SyncRun, record_audit, utc_now
from sync.decision import Decision

LIVE = (HoldState.OPEN, HoldState.APPROVED, HoldState.DECLINED)


class HoldChanged(Exception):
    """The removals were decided about, or ended, since they were shown."""


def find_open_hold(session: Session, *, synchronization_id: int) -> Hold | None:
    """The removals that wait for a decision."""
    query = select(Hold).where(Hold.synchronization_id == synchronization_id, Hold.state == HoldState.OPEN)
    return session.scalars(query).one_or_none()


def list_holds(session: Session, *, synchronization_id: int, states: Collection[HoldState] = LIVE) -> list[Hold]:
    """Holds in these states, the newest first."""
    query = select(Hold).where(Hold.synchronization_id == synchronization_id, Hold.state.in_(states))
    return list(session.scalars(query.order_by(Hold.id.desc())))


def keep_hold(
    session: Session, *, synchronization: Synchronization, run: SyncRun, decision: Decision, now: datetime
) -> Hold | None:
    """Bring the holds up to date with what was just decided; in the transaction that applies it.

    Returns the one that is open afterwards. What this run could not tell anything about stays as it was.
    """
    held = [change.as_removal() for change in decision.held]
    fresh = {removal["key"] for removal in held}
    for hold in _live_holds(session, synchronization):
        is_open = hold.state is HoldState.OPEN
        left = [row for row in hold.removals if row["key"] in decision.undecided and row["key"] not in fresh]
        _update(session, hold, removals=[*held, *left] if is_open else left, decision=decision, now=now)
        if is_open and hold.state is HoldState.OPEN:
            return hold
    return _open(session, synchronization, run, held, decision, now) if held else None


def approve_hold(session: Session, hold: Hold, *, actor: str, user_id: int | None) -> None:
    """Let the next run remove exactly what is held. The caller asks for that run. Raises HoldChanged."""
    _decide(session, hold, HoldState.APPROVED, expected=HoldState.OPEN, actor=actor, user_id=user_id)
    _audit(session, hold, "removals_confirmed", actor=actor, user_id=user_id)


def decline_hold(session: Session, hold: Hold, *, actor: str, user_id: int | None) -> None:
    """Leave everything that is held as it is, for good. Raises HoldChanged."""
    _decide(session, hold, HoldState.DECLINED, expected=HoldState.OPEN, actor=actor, user_id=user_id)
    _audit(session, hold, "removals_declined", actor=actor, user_id=user_id)
    synchronization = session.get_one(Synchronization, hold.synchronization_id)
    if synchronization.state is SynchronizationState.NEEDS_CONFIRMATION:
        rest = synchronization.state_reason.partition(f"{hold.reason}. ")[2]  # what else was wrong with that run
        synchronization.state = SynchronizationState.DEGRADED if rest else SynchronizationState.OK
        synchronization.state_reason, synchronization.state_since = rest, utc_now()


def reopen_hold(session: Session, hold: Hold, *, actor: str, user_id: int | None) -> None:
    """Take a decline back: the next run removes what is still missing at the host. Raises HoldChanged."""
    _decide(session, hold, HoldState.APPROVED, expected=HoldState.DECLINED, actor=actor, user_id=user_id)
    _audit(session, hold, "removals_confirmed", actor=actor, user_id=user_id)


def _live_holds(session: Session, synchronization: Synchronization) -> list[Hold]:
    """With the open one last, locked against a decision at the same moment."""
    query = select(Hold).where(Hold.synchronization_id == synchronization.id, Hold.state.in_(LIVE))
    holds = session.scalars(query.order_by(Hold.id).with_for_update().execution_options(populate_existing=True))
    return sorted(holds, key=lambda hold: hold.state is HoldState.OPEN)


def _update(session: Session, hold: Hold, *, removals: list[dict[str, str]], decision: Decision, now: datetime) -> None:
    if hold.removals != removals and removals:
        hold.removals = removals
    if hold.state is HoldState.OPEN and decision.hold_reason and hold.reason != decision.hold_reason:
        hold.reason, hold.totals = decision.hold_reason, {**decision.hold_totals, **hold.totals}
    if removals:
        return
    if hold.state is HoldState.OPEN:
        _audit(session, hold, "removals_ended", actor="synchronization")
    hold.state, hold.ended_at = HoldState.ENDED, now


def _open(
    session: Session,
    synchronization: Synchronization,
    run: SyncRun,
    held: list[dict[str, str]],
    decision: Decision,
    now: datetime,
) -> Hold:
    hold = Hold(
        synchronization_id=synchronization.id,
        run_id=run.id,
        reason=decision.hold_reason,
        removals=held,
        totals=dict(decision.hold_totals),
        since=now,
    )
    session.add(hold)
    session.flush()
    _audit(session, hold, "removals_held", actor=f"synchronization {synchronization.remote_path}, run {run.number}")
    return hold


def _decide(
    session: Session, hold: Hold, state: HoldState, *, expected: HoldState, actor: str, user_id: int | None
) -> None:
    session.get_one(Synchronization, hold.synchronization_id, with_for_update=True)  # first, as runs do
    session.refresh(hold, with_for_update=True)
    if hold.state is not expected:
        raise HoldChanged
    hold.state, hold.decided_at = state, utc_now()
    hold.decided_by, hold.decided_by_user_id = actor, user_id
    session.flush()


def _audit(session: Session, hold: Hold, action: str, *, actor: str, user_id: int | None = None) -> None:
    synchronization = session.get_one(Synchronization, hold.synchronization_id)
    names = [f"{row['kind']} {row['name']} {row['detail']}".strip() for row in hold.removals]
    record_audit(
        session,
        actor=actor,
        action=action,
        target=synchronization.remote_path,
        actor_user_id=user_id,
        organization_id=synchronization.organization_id,
        details={
            "synchronization_id": synchronization.id,
            "run": session.get_one(SyncRun, hold.run_id).number,
            "hold_id": hold.id,
            "reason": hold.reason,
            "removals": names,
        },
    )
