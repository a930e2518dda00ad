"""Ask for a run of a synchronization. Many requests become one run, and one more for what came in during it."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import RunPhase, RunScope, Synchronization, SyncRun, utc_now

OWN_JOBS = (RunScope.PERSON, RunScope.OWN, RunScope.PREVIEW)  # they neither wait for nor take the synchronization


def request_synchronization(
    session: Session, *, synchronization_id: int, reason: str, actor: str = "", scope: RunScope = RunScope.FULL
) -> SyncRun:
    """Note in the caller's transaction that a run is wanted; returns the run that waits. The caller enqueues the job.

    The first statement locks the synchronization's row, so that two requests at once find the same waiting run. A
    cheap run that waits becomes a full one when that is asked for, never the other way.
    """
    session.execute(
        update(Synchronization)
        .where(Synchronization.id == synchronization_id)
        .values(requested_seq=Synchronization.requested_seq + 1)
    )
    run = find_waiting_run(session, synchronization_id)
    if run is None:
        run = SyncRun(
            synchronization_id=synchronization_id,
            number=next_run_number(session, synchronization_id),
            seq=0,
            scope=scope,
            reasons=[reason],
            actor=actor,
        )
        session.add(run)
    _join(run, reason, actor, scope)
    session.flush()
    return run


def _join(run: SyncRun, reason: str, actor: str, scope: RunScope) -> None:
    if reason not in run.reasons:
        run.reasons = [*run.reasons, reason]
    if not run.actor:
        run.actor = actor
    if scope is RunScope.FULL:
        run.scope = scope


def find_waiting_run(session: Session, synchronization_id: int) -> SyncRun | None:
    """The run that was asked for and has not begun."""
    query = select(SyncRun).where(
        SyncRun.synchronization_id == synchronization_id,
        SyncRun.phase == RunPhase.WAITING,
        SyncRun.result.is_(None),
        SyncRun.scope.not_in(OWN_JOBS),
    )
    return session.scalars(query).first()


def due_synchronizations(session: Session, *, now: datetime | None = None) -> list[Synchronization]:
    """Those whose schedule asks for a run now."""
    query = select(Synchronization).where(Synchronization.next_run_at <= (now or utc_now()))
    return list(session.scalars(query.order_by(Synchronization.next_run_at)))


def next_run_number(session: Session, synchronization_id: int) -> int:
    """The number of a new run. The caller has locked the synchronization's row."""
    newest = session.scalar(select(func.max(SyncRun.number)).where(SyncRun.synchronization_id == synchronization_id))
    return (newest or 0) + 1
