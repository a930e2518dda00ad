"""How a run ends: what became of reading the host, as a result and a state of the synchronization."""

from datetime import datetime

from integrations.errors import CodeHostError, NotFound, RateLimited, Unauthorized
from integrations.service import TokenReplaced
from models import RunResult, SynchronizationState, utc_now
from sync.lifecycle import Ending
from sync.snapshot import Snapshot


def ending_of_snapshot(snapshot: Snapshot) -> Ending:
    """After everything that could be read was written (in a preview: compared)."""
    if snapshot.doubt:
        return Ending(
            RunResult.DEGRADED, SynchronizationState.NEEDS_CREDENTIAL, "may_not_see_everything", snapshot.doubt
        )
    unknown = snapshot.unknown_parts
    if unknown:
        first = next(iter(unknown.values()))
        text = f"{len(unknown)} parts could not be read and were left as they were; the first: {first}"
        return Ending(RunResult.DEGRADED, SynchronizationState.DEGRADED, "partly_unknown", text)
    return Ending(RunResult.OK, SynchronizationState.OK)


def ending_of_error(error: CodeHostError) -> Ending:
    """After an error of the host, with which nothing was written."""
    if isinstance(error, Unauthorized):
        return Ending(RunResult.FAILED, SynchronizationState.NEEDS_CREDENTIAL, "unauthorized", str(error))
    if isinstance(error, NotFound):
        return Ending(RunResult.FAILED, SynchronizationState.REMOTE_MISSING, "remote_missing", str(error))
    if isinstance(error, RateLimited):
        return Ending(RunResult.POSTPONED, SynchronizationState.OK, "rate_limited", str(error))
    name = type(error).__name__
    return Ending(RunResult.FAILED, SynchronizationState.DEGRADED, name, str(error), is_passing=True)


def retry_time(error: CodeHostError) -> datetime | None:
    """When it makes sense to try again, when the error says so."""
    if isinstance(error, TokenReplaced):
        return utc_now()
    return error.retry_at if isinstance(error, RateLimited) else None
