"""One run of a synchronization: read, check, plan, apply, follow up."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from config.failpoints import failpoint
from integrations.errors import CodeHostError
from integrations.request_count import RequestCount
from integrations.service import judge_refusal
from models import RunPhase, RunResult, Runtime, Synchronization, SynchronizationState, SyncRun, utc_now
from sync.decision import decide
from sync.endings import ending_of_error, ending_of_snapshot, retry_time
from sync.lifecycle import Ending, enter_phase, finish_run, hold_run
from sync.parts import describe_stale_parts
from sync.person_jobs import leave_settled
from sync.reading import open_for_run, read_for_run
from sync.snapshot import Snapshot
from sync.suspension import confirm_missing
from sync.writing import write_alone, write_decision

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
        host, synchronization = open_for_run(runtime, run_id)
    except CodeHostError as error:
        return _finish(runtime, run_id, ending_of_error(error), RequestCount(), retry_at=retry_time(error))
    try:
        snapshot = read_for_run(runtime, host, synchronization, run_id)
    except CodeHostError as refusal:
        confirmed = confirm_missing(host, synchronization.remote_id, refusal)
        judged = judge_refusal(runtime, synchronization.credential_id, confirmed, opened_at=opened_at)
        logger.info("synchronization_failed", synchronization_id=synchronization.id, run_id=run_id, error=str(judged))
        return _finish(runtime, run_id, ending_of_error(judged), host.request_count, retry_at=retry_time(judged))
    failpoint(runtime.settings.failpoints, "sync.read")
    ending = _write(runtime, synchronization.id, run_id, snapshot)
    failpoint(runtime.settings.failpoints, "sync.applied")
    return _finish(runtime, run_id, ending, host.request_count)


def give_up(runtime: Runtime, *, run_id: int) -> None:
    """End a run that failed by a mistake of ours, so that it is not begun again for ever. Raises RunLost."""
    ending = Ending(
        RunResult.FAILED,
        SynchronizationState.DEGRADED,
        "internal_error",
        "Repertory itself failed here, so nothing was changed. The log of the worker says why.",
        is_passing=True,
    )
    _finish(runtime, run_id, ending, RequestCount())


def _write(runtime: Runtime, synchronization_id: int, run_id: int, snapshot: Snapshot) -> Ending:
    """Plan and apply in one transaction, so that the plan is never older than what it changes."""
    now = utc_now()
    with runtime.database.write() as session:
        hold_run(session, run_id=run_id)
        synchronization = session.get_one(Synchronization, synchronization_id)
        write_alone(session, synchronization)
        run = session.get_one(SyncRun, run_id)
        enter_phase(run, RunPhase.CHECK, now=now)
        snapshot = leave_settled(session, run, snapshot)
        enter_phase(run, RunPhase.PLAN)
        decision = decide(session, synchronization=synchronization, snapshot=snapshot, today=now.date())
        failpoint(runtime.settings.failpoints, "sync.planned")
        enter_phase(run, RunPhase.APPLY)
        hold = write_decision(
            session, synchronization=synchronization, run=run, decision=decision, snapshot=snapshot, now=now
        )
        enter_phase(run, RunPhase.FOLLOW_UP)
        failpoint(runtime.settings.failpoints, "sync.apply")
        return ending_of_snapshot(
            snapshot,
            held=len(hold.removals) if hold else 0,
            hold_reason=hold.reason if hold else "",
            alarm=decision.alarm,
            stale=describe_stale_parts(session, run_id=run_id, now=now),
        )


def _finish(
    runtime: Runtime, run_id: int, ending: Ending, count: RequestCount, retry_at: datetime | None = None
) -> Outcome:
    with runtime.database.write() as session:
        wants_another = finish_run(session, run_id=run_id, ending=ending, count=count)
    return Outcome(wants_another, retry_at)
