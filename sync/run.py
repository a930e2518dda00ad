"""One run of a synchronization: read, check, plan, apply, follow up."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from config.failpoints import failpoint
from integrations.codehost import CodeHost, RequestCount
from integrations.errors import CodeHostError, NotFound, RateLimited, Unauthorized
from integrations.service import TokenReplaced, judge_refusal, open_code_host
from models import RunPhase, RunResult, Runtime, Synchronization, SynchronizationState, SyncRun, utc_now
from sync.decision import decide
from sync.lifecycle import Ending, enter_phase, finish_run, hold_run
from sync.reading import read_for_run
from sync.snapshot import Snapshot
from sync.writing import write_decision

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the job has to do after a run."""

    wants_another: bool
    retry_at: datetime | None = None


def synchronize(runtime: Runtime, *, run_id: int) -> Outcome:
    """Carry out a claimed run to its end. Host trouble ends the run with a reason; it is not raised."""
    opened_at = utc_now()
    try:
        host, synchronization = _open(runtime, run_id)
    except CodeHostError as error:
        return _finish(runtime, run_id, _failed(error), RequestCount(), retry_at=_retry_at(error))
    try:
        snapshot = read_for_run(runtime, host, synchronization, run_id)
    except CodeHostError as refusal:
        judged = judge_refusal(runtime, synchronization.credential_id, refusal, opened_at=opened_at)
        logger.info("synchronization_failed", synchronization_id=synchronization.id, run_id=run_id, error=str(judged))
        return _finish(runtime, run_id, _failed(judged), host.request_count, retry_at=_retry_at(judged))
    failpoint(runtime.settings.failpoints, "sync.read")
    _write(runtime, synchronization.id, run_id, snapshot)
    failpoint(runtime.settings.failpoints, "sync.applied")
    return _finish(runtime, run_id, _applied(snapshot), host.request_count)


def _open(runtime: Runtime, run_id: int) -> tuple[CodeHost, Synchronization]:
    with runtime.database.read() as session:
        synchronization = session.get_one(SyncRun, run_id).synchronization
    if synchronization.credential_id is None:
        raise Unauthorized("no account is connected for this synchronization")
    return open_code_host(runtime, synchronization.credential_id), synchronization


def _write(runtime: Runtime, synchronization_id: int, run_id: int, snapshot: Snapshot) -> None:
    """Plan and apply in one transaction, so that the plan is never older than what it changes."""
    now = utc_now()
    with runtime.database.write() as session:
        hold_run(session, run_id=run_id)
        synchronization = session.get_one(Synchronization, synchronization_id)
        run = session.get_one(SyncRun, run_id)
        enter_phase(run, RunPhase.PLAN, now=now)
        decision = decide(session, synchronization=synchronization, snapshot=snapshot, today=now.date())
        enter_phase(run, RunPhase.APPLY)
        write_decision(session, synchronization=synchronization, run=run, decision=decision, snapshot=snapshot, now=now)
        enter_phase(run, RunPhase.FOLLOW_UP)
        failpoint(runtime.settings.failpoints, "sync.apply")


def _applied(snapshot: Snapshot) -> Ending:
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


def _failed(error: CodeHostError) -> Ending:
    if isinstance(error, Unauthorized):
        return Ending(RunResult.FAILED, SynchronizationState.NEEDS_CREDENTIAL, "unauthorized", str(error))
    if isinstance(error, NotFound):
        return Ending(RunResult.FAILED, SynchronizationState.REMOTE_MISSING, "remote_missing", str(error))
    if isinstance(error, RateLimited):
        return Ending(RunResult.POSTPONED, SynchronizationState.OK, "rate_limited", str(error))
    name = type(error).__name__
    return Ending(RunResult.FAILED, SynchronizationState.DEGRADED, name, str(error), is_passing=True)


def _retry_at(error: CodeHostError) -> datetime | None:
    if isinstance(error, TokenReplaced):
        return utc_now()
    return error.retry_at if isinstance(error, RateLimited) else None


def _finish(
    runtime: Runtime, run_id: int, ending: Ending, count: RequestCount, retry_at: datetime | None = None
) -> Outcome:
    with runtime.database.write() as session:
        wants_another = finish_run(session, run_id=run_id, ending=ending, count=count)
    return Outcome(wants_another, retry_at)
