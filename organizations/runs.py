"""Read synchronizations and their runs for the pages."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, cast, select
from sqlalchemy.orm import Session, defer, joinedload

from models import (
    RunScope,
    Synchronization,
    SynchronizationState,
    SyncRun,
)
from organizations.run_words import Status

WITHOUT_LISTS = (defer(SyncRun.changes), defer(SyncRun.held))  # of a first run they name everybody and everything
STATES = {
    SynchronizationState.NEW: ("waiting", "New"),
    SynchronizationState.OK: ("ok", "Up to date"),
    SynchronizationState.DEGRADED: ("warning", "Last run had problems"),
    SynchronizationState.NEEDS_CONFIRMATION: ("warning", "Waits for your confirmation"),
    SynchronizationState.NEEDS_CREDENTIAL: ("error", "Needs a credential"),
    SynchronizationState.REMOTE_MISSING: ("error", "Not found at the host"),
}


def find_synchronization(session: Session, *, organization_id: int, synchronization_id: int) -> Synchronization | None:
    """A synchronization of this organization, with its integration."""
    query = select(Synchronization).where(
        Synchronization.id == synchronization_id, Synchronization.organization_id == organization_id
    )
    return session.scalars(query.options(joinedload(Synchronization.integration))).first()


def list_synchronizations(session: Session, *, organization_id: int) -> list[Synchronization]:
    """All of an organization, the primary one first."""
    query = select(Synchronization).where(Synchronization.organization_id == organization_id)
    ordered = query.options(joinedload(Synchronization.integration)).order_by(
        Synchronization.is_primary.desc(), Synchronization.id
    )
    return list(session.scalars(ordered))


def find_run(session: Session, *, synchronization_id: int, number: int) -> SyncRun | None:
    """One run by its number."""
    query = select(SyncRun).where(SyncRun.synchronization_id == synchronization_id, SyncRun.number == number)
    return session.scalars(query).first()


def has_changes() -> ColumnElement[bool]:
    """Whether a run changed something (a preview: would)."""
    return cast(SyncRun.changes, Text) != "[]"


def latest_changes(session: Session, *, organization_id: int, limit: int = 5) -> Sequence[SyncRun]:
    """The newest runs that changed something, of all synchronizations of an organization, without their lists."""
    query = (
        select(SyncRun)
        .join(Synchronization)
        .where(Synchronization.organization_id == organization_id, SyncRun.ended_at.is_not(None))
        .where(SyncRun.scope != RunScope.PREVIEW, has_changes())
        .options(joinedload(SyncRun.synchronization), *WITHOUT_LISTS)
        .order_by(SyncRun.id.desc())
    )
    return session.scalars(query.limit(limit)).all()


def synchronization_status(synchronization: Synchronization) -> Status:
    """How a synchronization is doing."""
    if synchronization.running_run_id is not None:
        return Status("running", "Running")
    if synchronization.requested_seq > synchronization.started_seq:
        return Status("waiting", "Waiting for a worker")
    kind, word = STATES[synchronization.state]
    return Status(kind, word, synchronization.state_reason, synchronization.state_since)
