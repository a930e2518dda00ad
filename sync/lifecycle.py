"""The life of one run: claim, progress, finish, and what happens when its worker died. All in short transactions."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from integrations.request_count import RequestCount
from models import RunPhase, RunResult, Synchronization, SynchronizationState, SyncRun, utc_now
from sync.parts import APPLIED
from sync.requests import find_waiting_run, request_synchronization
from sync.suspension import note_found, note_missing

LEASE = timedelta(seconds=120)
RETRY = timedelta(minutes=5)


class RunLost(Exception):
    """Another worker took this run's synchronization over: nothing of this run may be written."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, and what that makes of its synchronization."""

    result: RunResult
    state: SynchronizationState
    error_code: str = ""
    error_text: str = ""
    is_passing: bool = False  # trouble that may be over in a few minutes: try again before the schedule says so


def claim_run(session: Session, *, synchronization_id: int, job_run_id: int, now: datetime | None = None) -> int | None:
    """Begin the waiting run and return its id; None when there is none, or another worker has the synchronization.

    A run of the same job that is still marked as running belongs to a worker that died: it is taken over.
    """
    now = now or utc_now()
    holder = session.scalar(select(Synchronization.running_run_id).where(Synchronization.id == synchronization_id))
    mine = select(SyncRun.id).where(SyncRun.id == Synchronization.running_run_id, SyncRun.job_run_id == job_run_id)
    is_free: ColumnElement[bool] = or_(
        Synchronization.running_run_id.is_(None), Synchronization.lease_until < now, mine.exists()
    )
    claimed = session.scalar(
        update(Synchronization)
        .where(Synchronization.id == synchronization_id, is_free)
        .values(running_run_id=None, lease_until=now + LEASE, version=Synchronization.version + 1)
        .returning(Synchronization.id)
    )
    if claimed is None:
        return None
    if holder is not None:
        interrupt_run(session, run_id=holder, now=now)
        request_synchronization(session, synchronization_id=synchronization_id, reason="interrupted")
    return _begin(session, synchronization_id, job_run_id, now)


def _begin(session: Session, synchronization_id: int, job_run_id: int, now: datetime) -> int | None:
    run = find_waiting_run(session, synchronization_id)
    synchronization = session.get_one(Synchronization, synchronization_id, populate_existing=True)
    if run is None:
        synchronization.lease_until = None
        return None
    synchronization.running_run_id = run.id
    synchronization.started_seq = synchronization.requested_seq
    run.seq = synchronization.requested_seq
    run.job_run_id = job_run_id
    run.credential_id = synchronization.credential_id
    run.started_at = run.heartbeat_at = now
    enter_phase(run, RunPhase.READ, now=now)
    session.flush()
    return run.id


def enter_phase(run: SyncRun, phase: RunPhase, *, now: datetime | None = None) -> None:
    """Move a run to its next phase and note when."""
    run.phase = phase
    run.phase_times = {**run.phase_times, phase.value: (now or utc_now()).isoformat()}


def keep_run(session: Session, *, run_id: int, done: int, total: int, requests: int) -> None:
    """Show progress and renew the lease. Raises RunLost when the synchronization is no longer ours."""
    hold_run(session, run_id=run_id)
    session.execute(
        update(SyncRun)
        .where(SyncRun.id == run_id)
        .values(progress_done=done, progress_total=total, request_count=requests, heartbeat_at=utc_now())
    )


def hold_run(session: Session, *, run_id: int) -> None:
    """The fence: renew the lease, and lock the synchronization's row until the transaction ends. Raises RunLost."""
    held = session.scalar(
        update(Synchronization)
        .where(Synchronization.running_run_id == run_id)
        .values(lease_until=utc_now() + LEASE)
        .returning(Synchronization.id)
    )
    if held is None:
        raise RunLost(run_id)


def finish_run(
    session: Session, *, run_id: int, ending: Ending, count: RequestCount, now: datetime | None = None
) -> bool:
    """End a run and let the synchronization go. Returns whether another run is wanted already. Raises RunLost."""
    now = now or utc_now()
    hold_run(session, run_id=run_id)
    run = session.get_one(SyncRun, run_id, populate_existing=True)
    run.result, run.error_code, run.error_text = ending.result, ending.error_code, ending.error_text
    run.ended_at = now
    note_requests(run, count)
    enter_phase(run, RunPhase.DONE, now=now)
    synchronization = session.get_one(Synchronization, run.synchronization_id, populate_existing=True)
    synchronization.running_run_id = synchronization.lease_until = None
    if ending.result is not RunResult.POSTPONED:
        _enter_state(synchronization, ending, now)
    if ending.result in APPLIED:
        synchronization.last_ok_at = now
        note_found(session, synchronization=synchronization, run=run)
    if ending.state is SynchronizationState.REMOTE_MISSING:
        note_missing(session, synchronization=synchronization, run=run, now=now)
    if ending.is_passing and (synchronization.next_run_at is None or synchronization.next_run_at > now + RETRY):
        synchronization.next_run_at = now + RETRY
    return synchronization.requested_seq > synchronization.started_seq


def _enter_state(synchronization: Synchronization, ending: Ending, now: datetime) -> None:
    if synchronization.state is not ending.state or synchronization.state_reason != ending.error_text:
        if synchronization.state is not ending.state:
            synchronization.state_since = now
        synchronization.state, synchronization.state_reason = ending.state, ending.error_text


def note_requests(run: SyncRun, count: RequestCount) -> None:
    """Keep with a run what it asked of the host, and what the host still allows."""
    run.request_count, run.not_modified_count, run.retry_count = count.total, count.not_modified, count.retried
    if count.budget is not None:
        run.rate_limit, run.rate_remaining = count.budget.limit, count.budget.remaining
        run.rate_resets_at = count.budget.resets_at


def interrupt_run(session: Session, *, run_id: int, now: datetime | None = None) -> None:
    """Mark a run whose worker died. Nothing of it was applied, or all of it was."""
    now = now or utc_now()
    run = session.get_one(SyncRun, run_id, populate_existing=True)
    if run.result is None:
        run.result, run.error_code, run.ended_at = RunResult.INTERRUPTED, "interrupted", now
        run.error_text = "The worker stopped in the middle of this run. A new run was started by itself."
        enter_phase(run, RunPhase.DONE, now=now)


def abandoned_synchronizations(session: Session, *, is_taking: bool = False) -> list[int]:
    """Ids of synchronizations whose run stopped renewing its lease.

    `is_taking`: they are locked. One that is being renewed or ended at this moment is waited for, and then is none.
    """
    query = select(Synchronization.id).where(
        Synchronization.running_run_id.is_not(None), Synchronization.lease_until < utc_now()
    )
    return list(session.scalars(query.order_by(Synchronization.id).with_for_update() if is_taking else query))
