"""How a run ends: what became of reading the host, as a result and a state of the synchronization."""

from dataclasses import replace
from datetime import datetime

from integrations.errors import CodeHostError, Forbidden, NotFound, RateLimited, Unauthorized
from integrations.service import TokenReplaced
from models import RunResult, SynchronizationState, utc_now
from sync.lifecycle import Ending
from sync.snapshot import Snapshot

BY_PEOPLE = (
    "The credential may not list who has which permission at the host. So everybody's access is read with their own "
    "account once they have logged in here; nobody else is known. A credential that administers the project knows all"
)
OWN_TOKENS = "own_tokens"
MAY_NOT_SEE = "may_not_see_everything"  # first among the reasons of an ending, so it is the code of its run


def ending_of_snapshot(
    snapshot: Snapshot, *, held: int = 0, hold_reason: str = "", alarm: str = "", stale: str = ""
) -> Ending:
    """After everything that could be read was written (in a preview: compared).

    `held` counts the removals that wait; `alarm` is what nobody can be asked about; `stale`: parts unknown for long.
    """
    endings = []
    if snapshot.doubt:
        endings.append(_degraded(MAY_NOT_SEE, snapshot.doubt, SynchronizationState.NEEDS_CREDENTIAL))
    if held:
        text = f"{held} removals wait for your confirmation: {hold_reason}"
        endings.append(Ending(RunResult.HELD, SynchronizationState.NEEDS_CONFIRMATION, "removals_held", text))
    if alarm:
        endings.append(_degraded("last_owner", alarm))
    unknown = snapshot.unknown_parts
    if snapshot.is_read_by_people:
        endings.append(_degraded(OWN_TOKENS, BY_PEOPLE))
    elif unknown:
        first = next(iter(unknown.values()))
        count, verb = ("1 list", "was") if len(unknown) == 1 else (f"{len(unknown)} lists", "were")
        link = ":" if len(unknown) == 1 else "; the first:"
        text = f"{count} of members could not be read and {verb} left as last known{link} {first}"
        endings.append(_degraded("partly_unknown", f"{text}; {stale}" if stale else text))
    return _join(endings) if endings else Ending(RunResult.OK, SynchronizationState.OK)


def _degraded(code: str, text: str, state: SynchronizationState = SynchronizationState.DEGRADED) -> Ending:
    return Ending(RunResult.DEGRADED, state, code, text)


def _join(endings: list[Ending]) -> Ending:
    """The state of the most urgent, the words of all. A run that held something is called so."""
    result = RunResult.HELD if any(ending.result is RunResult.HELD for ending in endings) else RunResult.DEGRADED
    return replace(endings[0], result=result, error_text=". ".join(ending.error_text for ending in endings))


def ending_of_error(error: CodeHostError) -> Ending:
    """After an error of the host, with which nothing was written."""
    if isinstance(error, Unauthorized):
        return Ending(RunResult.FAILED, SynchronizationState.NEEDS_CREDENTIAL, "unauthorized", str(error))
    if isinstance(error, Forbidden) and error.missing_scopes:
        text = f"the credential may not read this any more: it needs the scope {' or '.join(error.missing_scopes)}"
        return Ending(RunResult.FAILED, SynchronizationState.NEEDS_CREDENTIAL, "missing_scopes", text)
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
