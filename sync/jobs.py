"""Background work around synchronizations: the run itself, its schedule, and runs whose worker died."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from composer.jobs import check_packages
from config.failpoints import failpoint
from integrations.service import open_code_host
from jobs import JobContext, Postponed, job, periodic
from jobs.outbox import INTERACTIVE
from models import JobRun, JobState, RunResult, RunScope, Runtime, Synchronization, SyncRun, utc_now
from sync.hooks import install_hooks
from sync.lifecycle import RunLost, abandoned_synchronizations, claim_run, interrupt_run
from sync.own_jobs import request_own_access
from sync.parts import APPLIED
from sync.requests import due_synchronizations, find_waiting_run, request_synchronization
from sync.reserve import is_waited_for
from sync.run import Outcome, give_up, synchronize
from sync.schedule import QUIET, continue_at
from sync.timetable import due_scope, plan_next_full_run, plan_next_run

BUSY = timedelta(seconds=15)

logger = structlog.get_logger(__name__)


@job(queue="sync", timeout=1800)
def synchronize_organization(context: JobContext, *, synchronization_id: int) -> None:
    """Carry out the waiting run of a synchronization, then whatever it leads to."""
    is_continued_later = _make_up(context, synchronization_id)
    run_id = None if is_continued_later else _claim(context, synchronization_id)
    if run_id is None:
        return
    try:
        _carry_out(context.runtime, run_id)
    except RunLost:
        logger.warning("run_lost", run_id=run_id, synchronization_id=synchronization_id)


@job(queue="sync", timeout=1800)
def install_webhooks(context: JobContext, *, synchronization_id: int) -> None:
    """Install missing webhooks at the host, and repair ours."""
    install_hooks(context.runtime, synchronization_id=synchronization_id, open_host=open_code_host)


@periodic(seconds=15)
def request_due_runs(runtime: Runtime) -> None:
    """Ask for the runs that the schedule wants now."""
    now = utc_now()
    with runtime.database.read() as session:
        if not due_synchronizations(session, now=now):
            return
    with runtime.database.write() as session:
        for synchronization in due_synchronizations(session, now=now):
            plan_next_run(session, synchronization, now=now)
            scope = due_scope(synchronization, now=now)
            request_run(session, synchronization_id=synchronization.id, reason="schedule", scope=scope)


@periodic(seconds=15)
def take_over_abandoned_runs(runtime: Runtime) -> None:
    """Start again what a dead worker left behind."""
    with runtime.database.read() as session:
        if not abandoned_synchronizations(session):
            return
    with runtime.database.write() as session:
        for synchronization_id in abandoned_synchronizations(session, is_taking=True):
            synchronization = session.get_one(Synchronization, synchronization_id)
            if synchronization.running_run_id is not None:
                interrupt_run(session, run_id=synchronization.running_run_id)
            synchronization.running_run_id = synchronization.lease_until = None
            request_run(session, synchronization_id=synchronization_id, reason="interrupted")


def request_run(
    session: Session,
    *,
    synchronization_id: int,
    reason: str,
    actor: str = "",
    scope: RunScope = RunScope.FULL,
    not_before: datetime | None = None,
) -> SyncRun:
    """Ask for a run and enqueue its job, in the caller's transaction; returns the run to look at.

    A job that waits already is left alone: it may wait for the end of a rate limit, or of a burst of webhooks.
    """
    run = request_synchronization(
        session, synchronization_id=synchronization_id, reason=reason, actor=actor, scope=scope
    )
    if not _is_enqueued(session, synchronization_id):
        enqueue_run(session, synchronization_id=synchronization_id, not_before=not_before)
    return run


def request_run_now(
    session: Session, *, synchronization_id: int, reason: str, actor: str = "", scope: RunScope = RunScope.FULL
) -> SyncRun:
    """As `request_run`, for somebody who waits for it: never behind what runs in the night."""
    run = request_synchronization(
        session, synchronization_id=synchronization_id, reason=reason, actor=actor, scope=scope
    )
    enqueue_run(session, synchronization_id=synchronization_id, queue=INTERACTIVE)
    return run


def enqueue_run(
    session: Session, *, synchronization_id: int, not_before: datetime | None = None, queue: str | None = None
) -> None:
    """Enqueue the job once, however often it is asked for; the earliest time and the faster queue win."""
    synchronization = session.get_one(Synchronization, synchronization_id)
    synchronize_organization.enqueue(
        session,
        synchronization_id=synchronization_id,
        coalesce_key=_coalesce_key(synchronization_id),
        organization_id=synchronization.organization_id,
        title=f"Synchronize {synchronization.remote_path}",
        run_after=not_before,
        queue=queue,
    )


def _coalesce_key(synchronization_id: int) -> str:
    return f"synchronization:{synchronization_id}"


def _is_enqueued(session: Session, synchronization_id: int) -> bool:
    """Whether a job waits. Its row is locked, so it can not begin before it sees what the caller writes."""
    query = select(JobRun.id).where(
        JobRun.coalesce_key == _coalesce_key(synchronization_id), JobRun.state == JobState.QUEUED
    )
    return session.scalars(query.with_for_update()).first() is not None


def _claim(context: JobContext, synchronization_id: int) -> int | None:
    """The run to carry out. Raises Postponed while another worker has the synchronization.

    So the job keeps its place, and its queue; the other worker hurries it when it is done.
    """
    with context.runtime.database.write() as session:
        run_id = claim_run(session, synchronization_id=synchronization_id, job_run_id=context.job_run_id)
        is_busy = run_id is None and find_waiting_run(session, synchronization_id) is not None
    if is_busy:
        raise Postponed(until=utc_now() + BUSY, reason="another run of this synchronization is under way")
    return run_id


def _make_up(context: JobContext, synchronization_id: int) -> bool:
    """Do what a worker that died after the end of its run may have left undone. Whether that goes on later."""
    query = select(SyncRun).where(
        SyncRun.synchronization_id == synchronization_id,
        SyncRun.job_run_id == context.job_run_id,
        SyncRun.result.in_((*APPLIED, RunResult.POSTPONED)),
    )
    with context.runtime.database.read() as session:
        run = session.scalars(query.order_by(SyncRun.number.desc()).limit(1)).first()
    if run is None:
        return False
    is_limited = run.result is RunResult.POSTPONED
    retry_at = (run.rate_resets_at or utc_now()) if is_limited else None
    _go_on(context.runtime, run.id, Outcome(wants_another=False, retry_at=retry_at))
    return is_limited


def _carry_out(runtime: Runtime, run_id: int) -> None:
    failpoint(runtime.settings.failpoints, "sync.claimed")
    try:
        outcome = synchronize(runtime, run_id=run_id)
    except (RunLost, SQLAlchemyError):
        raise  # somebody else goes on, or this job does when the database is back
    except Exception:
        give_up(runtime, run_id=run_id)
        raise
    failpoint(runtime.settings.failpoints, "sync.ended")
    _go_on(runtime, run_id, outcome)
    failpoint(runtime.settings.failpoints, "sync.gone_on")


def _go_on(runtime: Runtime, run_id: int, outcome: Outcome) -> None:
    now = utc_now()
    with runtime.database.write() as session:
        run = session.get_one(SyncRun, run_id)
        if run.scope is RunScope.FULL:
            plan_next_full_run(session, run, now=now)
        if outcome.retry_at is not None:
            _continue(session, run, outcome.retry_at)
        elif outcome.wants_another:
            _start_another(session, run.synchronization_id, now)
        elif _may_have_missed(run):
            reason = "changed while it waited"
            request_run(session, synchronization_id=run.synchronization_id, reason=reason, not_before=now + QUIET)
        _follow_up(session, run)


def _continue(session: Session, run: SyncRun, retry_at: datetime) -> None:
    """Go on when the host allows it, or at once with a new token; as fast as somebody waits for it."""
    synchronization_id = run.synchronization_id
    is_limited = run.result is RunResult.POSTPONED
    reason = "rate limit over" if is_limited else "new token"
    at = continue_at(retry_at, synchronization_id=synchronization_id) if is_limited else retry_at
    request_synchronization(session, synchronization_id=synchronization_id, reason=reason, scope=run.scope)
    queue = INTERACTIVE if is_waited_for(run.reasons) else None
    enqueue_run(session, synchronization_id=synchronization_id, not_before=at, queue=queue)


def _start_another(session: Session, synchronization_id: int, now: datetime) -> None:
    """For what came in during a run. A burst of webhooks may go on for a moment."""
    waiting = find_waiting_run(session, synchronization_id)
    is_urgent = waiting is not None and is_waited_for(waiting.reasons)
    not_before, queue = (now, INTERACTIVE) if is_urgent else (now + QUIET, None)
    enqueue_run(session, synchronization_id=synchronization_id, not_before=not_before, queue=queue)


def _may_have_missed(run: SyncRun) -> bool:
    """Whether something changed while the run waited for the host, perhaps in what had been read before."""
    waited = "rate limit over" in run.reasons and run.result in APPLIED
    return waited and any(reason.startswith("webhook") for reason in run.reasons)


def _follow_up(session: Session, run: SyncRun) -> None:
    synchronization, synchronization_id = run.synchronization, run.synchronization_id
    if synchronization.last_ok_at is None:
        return
    request_own_access(session, run)
    if not all(reason.startswith("webhook") for reason in run.reasons):  # which says itself where new code is
        check_packages.enqueue(
            session,
            synchronization_id=synchronization_id,
            organization_id=synchronization.organization_id,
            coalesce_key=f"check_packages:{synchronization_id}",
            title=f"Look for new code in {synchronization.remote_path}",
        )
    if synchronization.integration.is_for_webhooks:
        install_webhooks.enqueue(
            session,
            synchronization_id=synchronization_id,
            organization_id=synchronization.organization_id,
            coalesce_key=f"install_webhooks:{synchronization_id}",
            title=f"Install webhooks in {synchronization.remote_path}",
        )
