"""A root that the host does not find: believed when asked again, borne for some time, then access is suspended.

Nothing is deleted. The first good run ends it.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from integrations.codehost import CodeHost
from integrations.errors import CodeHostError, IncompleteListing, NotFound
from models import Instance, Synchronization, SyncRun, record_audit


def confirm_missing(host: CodeHost, root_id: str, error: CodeHostError) -> CodeHostError:
    """What an error of a run really was: NotFound only when the credential works and the root itself is not found."""
    if not isinstance(error, NotFound):
        return error
    try:
        host.directory.viewer()
        host.directory.read_organization(root_id)
    except CodeHostError as answer:
        return answer
    return IncompleteListing(f"the host finds the group, but not all that is listed in it: {error}")


def note_missing(session: Session, *, synchronization: Synchronization, run: SyncRun, now: datetime) -> None:
    """The root was not found. After the time that an administrator set, what it grants does not count any more."""
    if synchronization.missing_since is None:
        synchronization.missing_since = now
    grace = timedelta(hours=session.get_one(Instance, 1).remote_missing_hours)
    if synchronization.suspended_at is None and now >= synchronization.missing_since + grace:
        synchronization.suspended_at = now
        _audit(session, synchronization, run, "access_suspended")


def note_found(session: Session, *, synchronization: Synchronization, run: SyncRun) -> None:
    """A run read the root and was applied."""
    if synchronization.suspended_at is not None:
        _audit(session, synchronization, run, "access_restored")
    if synchronization.missing_since is not None or synchronization.suspended_at is not None:
        synchronization.missing_since = synchronization.suspended_at = None


def _audit(session: Session, synchronization: Synchronization, run: SyncRun, action: str) -> None:
    missing_since = synchronization.missing_since
    record_audit(
        session,
        actor=f"synchronization {synchronization.remote_path}, run {run.number}",
        action=action,
        target=synchronization.remote_path,
        organization_id=synchronization.organization_id,
        details={
            "synchronization_id": synchronization.id,
            "run": run.number,
            "missing_since": missing_since.isoformat() if missing_since else "",
        },
    )
