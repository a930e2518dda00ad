"""Background work around previews: the preview itself, and those whose worker died for good."""

import structlog
from sqlalchemy.orm import Session

from jobs import JobContext, job, periodic
from jobs.outbox import INTERACTIVE
from models import Runtime, SyncRun
from sync.lifecycle import RunLost
from sync.preview import abandoned_previews, find_or_add_preview, interrupt_preview, preview

logger = structlog.get_logger(__name__)


@job(queue=INTERACTIVE, timeout=1800, max_attempts=3)
def preview_synchronization(context: JobContext, *, synchronization_id: int, run_id: int) -> None:
    """Read the host and keep what the next run would do."""
    try:
        preview(context.runtime, run_id=run_id)
    except RunLost:
        logger.warning("preview_lost", synchronization_id=synchronization_id, run_id=run_id)


@periodic(seconds=15)
def end_abandoned_previews(runtime: Runtime) -> None:
    """Say of previews that nobody works on that they are over."""
    with runtime.database.read() as session:
        if not abandoned_previews(session):
            return
    with runtime.database.write() as session:
        for run_id in abandoned_previews(session):
            interrupt_preview(session, run_id=run_id)


def request_preview(session: Session, *, synchronization_id: int, actor: str) -> SyncRun:
    """Ask for a preview and enqueue its job, in the caller's transaction; returns the preview to look at.

    While one waits, whoever asks gets that one.
    """
    run, is_new = find_or_add_preview(session, synchronization_id=synchronization_id, actor=actor)
    if is_new:
        synchronization = run.synchronization
        run.job_run_id = preview_synchronization.enqueue(
            session,
            synchronization_id=synchronization_id,
            run_id=run.id,
            organization_id=synchronization.organization_id,
            title=f"Preview of {synchronization.remote_path}",
        )
    return run
