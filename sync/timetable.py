"""Plan the next passes of a synchronization from how often they are wanted and what they cost."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Instance, RunScope, Synchronization, SyncRun
from sync.parts import APPLIED
from sync.schedule import next_pass_at


def due_scope(synchronization: Synchronization, *, now: datetime) -> RunScope:
    """What a scheduled run reads now."""
    is_due = synchronization.next_full_at is None or synchronization.next_full_at <= now
    return RunScope.FULL if is_due else RunScope.CHEAP


def plan_next_run(session: Session, synchronization: Synchronization, *, now: datetime) -> None:
    """Say when the schedule asks for the next run."""
    interval = timedelta(minutes=session.get_one(Instance, 1).synchronization_minutes)
    last = _last_run(session, synchronization, RunScope.CHEAP)
    synchronization.next_run_at = _next(synchronization, last, interval, now)


def plan_next_full_run(session: Session, run: SyncRun, *, now: datetime) -> None:
    """After a full run: say when the next one is due. What was not applied is due at the next occasion."""
    interval = timedelta(hours=session.get_one(Instance, 1).full_synchronization_hours)
    synchronization = run.synchronization
    is_applied = run.result in APPLIED
    synchronization.next_full_at = _next(synchronization, run, interval, now) if is_applied else now


def _next(synchronization: Synchronization, last: SyncRun | None, interval: timedelta, now: datetime) -> datetime:
    return next_pass_at(
        now,
        interval=interval,
        synchronization_id=synchronization.id,
        requests=last.request_count if last else 0,
        rate_limit=last.rate_limit if last else None,
    )


def _last_run(session: Session, synchronization: Synchronization, scope: RunScope) -> SyncRun | None:
    query = select(SyncRun).where(
        SyncRun.synchronization_id == synchronization.id, SyncRun.scope == scope, SyncRun.result.in_(APPLIED)
    )
    return session.scalars(query.order_by(SyncRun.number.desc()).limit(1)).one_or_none()
