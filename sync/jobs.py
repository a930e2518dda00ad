"""Background work around synchronizations: the run itself, its schedule, and runs whose worker died."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from composer.jobs import check_packages
from integrations.service import open_code_host
from jobs import JobContext, job, periodic
from jobs.outbox import INTERACTIVE
from models import Instance, RunScope, Runtime, Synchronization, SyncRun, utc_now
from sync.hooks import install_hooks
from sync.lifecycle import RunLost, abandoned_synchronizations, claim_run, interrupt_run
from sync.requests import due_synchronizations, request_synchronization
from sync.run import Outcome, synchronize

logger = structlog.get_logger(__name__)


@job(queue="sync", timeout=1800)
def synchronize_organization(context: JobContext, *, synchronization_id: int) -> None:
    """Carry out the waiting run of a synchronization, then whatever it leads to."""
    run_id = _claim(context, synchronization_id)
    if run_id is None:
        return
    try:
        outcome = synchronize(context.runtime, run_id=run_id)
    except RunLost:
        logger.warning("run_lost", run_id=run_id, synchronization_id=synchronization_id)
        return
    _go_on(context.runtime, synchronization_id, outcome)


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
        minutes = session.get_one(Instance, 1).synchronization_minutes
        for synchronization in due_synchronizations(session, now=now):
            synchronization.next_run_at = now + timedelta(minutes=minutes)
            request_run(session, synchronization_id=synchronization.id, reason="schedule")


@periodic(seconds=15)
def take_over_abandoned_runs(runtime: Runtime) -> None:
    """Start again what a dead worker left behind."""
    with runtime.database.read() as session:
        if not abandoned_synchronizations(session):
            return
    with runtime.database.write() as session:
        for synchronization_id in abandoned_synchronizations(session):
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
    """Ask for a run and enqueue its job, in the caller's transaction; returns the run to look at."""
    run = request_synchronization(
        session, synchronization_id=synchronization_id, reason=reason, actor=actor, scope=scope
    )
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
        coalesce_key=f"synchronization:{synchronization_id}",
        organization_id=synchronization.organization_id,
        title=f"Synchronize {synchronization.remote_path}",
        run_after=not_before,
        queue=queue,
    )


def _claim(context: JobContext, synchronization_id: int) -> int | None:
    with context.runtime.database.write() as session:
        return claim_run(session, synchronization_id=synchronization_id, job_run_id=context.job_run_id)


def _go_on(runtime: Runtime, synchronization_id: int, outcome: Outcome) -> None:
    with runtime.database.write() as session:
        if outcome.retry_at is not None:
            request_synchronization(session, synchronization_id=synchronization_id, reason="rate limit over")
        if outcome.wants_another or outcome.retry_at is not None:
            enqueue_run(session, synchronization_id=synchronization_id, not_before=outcome.retry_at)
        _follow_up(session, synchronization_id)


def _follow_up(session: Session, synchronization_id: int) -> None:
    synchronization = session.get_one(Synchronization, synchronization_id)
    if synchronization.last_ok_at is None:
        return
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
