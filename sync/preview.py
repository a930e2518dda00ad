"""Preview: read and decide like a full run, and write nothing but the preview itself.

It neither waits for a run nor keeps one from beginning. What the credential needs is done as in a run: a token that
ran out is renewed, and one that is refused is marked.
"""

import time
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from config.failpoints import failpoint
from integrations.codehost import CodeHost
from integrations.errors import CodeHostError
from integrations.request_count import RequestCount
from integrations.service import TokenReplaced, judge_refusal
from models import JobRun, JobState, RunPhase, RunResult, RunScope, Runtime, Synchronization, SyncRun, utc_now
from sync.decision import Decision, decide
from sync.endings import ending_of_error, ending_of_snapshot
from sync.lifecycle import Ending, RunLost, enter_phase, note_requests
from sync.parts import save_parts
from sync.reading import PROGRESS_SECONDS, open_for_run, read_for_run
from sync.requests import next_run_number
from sync.sizes import report_counts
from sync.snapshot import Snapshot
from sync.suspension import confirm_missing

logger = structlog.get_logger(__name__)

TOKENS = 3  # so often a token may be replaced under our hands
INTERRUPTED = "The worker stopped in the middle of this preview. Nothing was changed; ask for the preview again."


def find_or_add_preview(session: Session, *, synchronization_id: int, actor: str) -> tuple[SyncRun, bool]:
    """The preview that waits, or a new one, and whether it is new. Two who ask at once get the same."""
    session.get_one(Synchronization, synchronization_id, with_for_update=True)
    query = select(SyncRun).where(
        SyncRun.synchronization_id == synchronization_id,
        SyncRun.scope == RunScope.PREVIEW,
        SyncRun.phase == RunPhase.WAITING,
        SyncRun.result.is_(None),
    )
    waiting = session.scalars(query).first()
    if waiting is not None:
        return waiting, False
    run = SyncRun(
        synchronization_id=synchronization_id,
        number=next_run_number(session, synchronization_id),
        seq=0,
        scope=RunScope.PREVIEW,
        reasons=["preview"],
        actor=actor,
    )
    session.add(run)
    session.flush()
    return run, True


def preview(runtime: Runtime, *, run_id: int) -> None:
    """Carry a preview out, from its beginning also when a worker died with it. Host trouble ends it with a reason.

    Raises RunLost when it was ended meanwhile.
    """
    for left in reversed(range(TOKENS)):
        if not _begin(runtime, run_id):
            return
        count = RequestCount()
        try:
            host, synchronization = open_for_run(runtime, run_id)
            count = host.request_count
            snapshot = _read(runtime, host, synchronization, run_id)
        except CodeHostError as error:
            if isinstance(error, TokenReplaced) and left:
                continue
            logger.info("preview_failed", run_id=run_id, error=str(error))
            _finish(runtime, run_id, ending_of_error(error), count)
            return
        failpoint(runtime.settings.failpoints, "preview.read")
        _keep(runtime, run_id, snapshot, count)
        return


def abandoned_previews(session: Session) -> list[int]:
    """Ids of previews that nobody works on or is going to."""
    cared_for = select(JobRun.id).where(
        JobRun.id == SyncRun.job_run_id, JobRun.state.in_((JobState.QUEUED, JobState.RUNNING))
    )
    query = select(SyncRun.id).where(SyncRun.scope == RunScope.PREVIEW, SyncRun.result.is_(None), ~cared_for.exists())
    return list(session.scalars(query))


def interrupt_preview(session: Session, *, run_id: int) -> None:
    """End a preview that nobody works on."""
    run = _open_preview(session, run_id)
    _end(run, Ending(RunResult.INTERRUPTED, run.synchronization.state, "interrupted", INTERRUPTED), utc_now())


def _begin(runtime: Runtime, run_id: int) -> bool:
    """From the beginning; False when it is over."""
    now = utc_now()
    with runtime.database.write() as session:
        run = session.get_one(SyncRun, run_id)
        if run.result is not None:
            return False
        run.credential_id = run.synchronization.credential_id
        run.started_at = run.heartbeat_at = now
        run.progress_done, run.progress_total, run.phase_times = 0, None, {}
        enter_phase(run, RunPhase.READ, now=now)
    return True


def _read(runtime: Runtime, host: CodeHost, synchronization: Synchronization, run_id: int) -> Snapshot:
    opened_at = utc_now()
    progress = _Progress(runtime, host, run_id)
    try:
        return read_for_run(runtime, host, synchronization, run_id, progress=progress)
    except CodeHostError as refusal:
        confirmed = confirm_missing(host, synchronization.remote_id, refusal)
        raise judge_refusal(runtime, synchronization.credential_id, confirmed, opened_at=opened_at) from refusal


class _Progress:
    """Writes how far the reading is, at most once a second. Raises RunLost when the preview is over."""

    def __init__(self, runtime: Runtime, host: CodeHost, run_id: int) -> None:
        self._runtime, self._host, self._run_id = runtime, host, run_id
        self._written_at = float("-inf")

    def __call__(self, *, done: int, total: int) -> None:
        if done < total and time.monotonic() - self._written_at < PROGRESS_SECONDS:
            return
        self._written_at = time.monotonic()
        with self._runtime.database.write() as session:
            run = _open_preview(session, self._run_id)
            run.progress_done, run.progress_total, run.heartbeat_at = done, total, utc_now()
            run.request_count = self._host.request_count.total


def _keep(runtime: Runtime, run_id: int, snapshot: Snapshot, count: RequestCount) -> None:
    decided_at = utc_now()
    decision = _decide(runtime, run_id, snapshot, decided_at)
    ending = _ending(snapshot, decision)
    with runtime.database.write() as session:
        run = _open_preview(session, run_id)
        enter_phase(run, RunPhase.CHECK, now=decided_at)
        enter_phase(run, RunPhase.PLAN, now=decided_at)
        run.changes = [change.as_json() for change in decision.changes]
        run.held = [change.as_json() for change in decision.held]
        run.counts = report_counts(decision.state, decision.plan, decision.changes)
        save_parts(session, run_id=run_id, unknown=snapshot.unknown_parts)
        _end(run, ending, utc_now())
        note_requests(run, count)


def _ending(snapshot: Snapshot, decision: Decision) -> Ending:
    ending = ending_of_snapshot(snapshot, alarm=decision.alarm)
    if not decision.held:
        return ending
    text = f"{len(decision.held):,} removals would wait for your confirmation: {decision.hold_reason}"
    whole = ". ".join(filter(None, (text, ending.error_text)))
    return replace(ending, result=RunResult.HELD, error_code="removals_held", error_text=whole)


def _decide(runtime: Runtime, run_id: int, snapshot: Snapshot, now: datetime) -> Decision:
    with runtime.database.read() as session:
        if not runtime.database.is_sqlite:  # a run may write between two of our questions
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        synchronization = session.get_one(SyncRun, run_id).synchronization
        return decide(session, synchronization=synchronization, snapshot=snapshot, today=now.date())


def _finish(runtime: Runtime, run_id: int, ending: Ending, count: RequestCount) -> None:
    with runtime.database.write() as session:
        run = _open_preview(session, run_id)
        _end(run, ending, utc_now())
        note_requests(run, count)


def _open_preview(session: Session, run_id: int) -> SyncRun:
    """The fence: of two workers with one preview, the first that ends it wins. Raises RunLost."""
    run = session.get_one(SyncRun, run_id, with_for_update=True, populate_existing=True)
    if run.result is not None:
        raise RunLost(run_id)
    return run


def _end(run: SyncRun, ending: Ending, now: datetime) -> None:
    run.result, run.error_code, run.error_text, run.ended_at = ending.result, ending.error_code, ending.error_text, now
    enter_phase(run, RunPhase.DONE, now=now)
