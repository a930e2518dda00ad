"""What happens in the background: job runs, synchronization runs, webhook deliveries."""

from sqlalchemy import Select, select
from sqlalchemy.orm import defer, joinedload

from models import (
    DeliveryResult,
    JobRun,
    JobState,
    Organization,
    RunResult,
    Synchronization,
    SyncRun,
    Webhook,
    WebhookDelivery,
)

JOB_MARKS = {
    JobState.QUEUED: ("waiting", "Waiting"),
    JobState.RUNNING: ("running", "Running"),
    JobState.FINISHED: ("ok", "Done"),
    JobState.FAILED: ("error", "Failed"),
}
RUN_MARKS = {
    RunResult.OK: ("ok", "Done"),
    RunResult.HELD: ("warning", "Removals wait"),
    RunResult.DEGRADED: ("warning", "Incomplete"),
    RunResult.FAILED: ("error", "Failed"),
    RunResult.POSTPONED: ("waiting", "Postponed"),
    RunResult.INTERRUPTED: ("warning", "Interrupted"),
}
DELIVERY_MARKS = {
    DeliveryResult.ACCEPTED: ("waiting", "Accepted"),
    DeliveryResult.DUPLICATE: ("off", "Duplicate"),
    DeliveryResult.IGNORED: ("off", "Ignored"),
    DeliveryResult.PROCESSED: ("ok", "Processed"),
}


def jobs_query(state: JobState | None) -> Select[JobRun]:
    """Background work, the newest first."""
    query = select(JobRun)
    if state is not None:
        query = query.where(JobRun.state == state)
    return query.order_by(JobRun.id.desc())


def runs_query() -> Select[SyncRun]:
    """Runs of all synchronizations, the newest first, without their lists of changes."""
    loaded = joinedload(SyncRun.synchronization)
    options = (loaded.joinedload(Synchronization.organization), loaded.joinedload(Synchronization.integration))
    lists = (defer(SyncRun.changes), defer(SyncRun.held))
    return select(SyncRun).options(*options, *lists).order_by(SyncRun.id.desc())


def deliveries_query() -> Select[WebhookDelivery]:
    """What code hosts delivered, the newest first."""
    loaded = joinedload(WebhookDelivery.webhook).joinedload(Webhook.synchronization)
    options = (loaded.joinedload(Synchronization.organization), loaded.joinedload(Synchronization.integration))
    return select(WebhookDelivery).options(*options).order_by(WebhookDelivery.id.desc())


def organizations_query() -> Select[Organization]:
    """All organizations, by name."""
    return select(Organization).order_by(Organization.name, Organization.id)
