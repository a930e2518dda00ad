"""Read again where one person is a member, and apply that: within a second, while full runs take their time."""

from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.failpoints import failpoint
from integrations.codehost import CodeHost
from integrations.errors import CodeHostError
from integrations.request_count import RequestCount
from integrations.service import judge_refusal, open_code_host
from models import RunPhase, RunResult, RunScope, Runtime, Synchronization, SynchronizationState, SyncRun, utc_now
from sync.decision import decide
from sync.endings import MAY_NOT_SEE, ending_of_error, ending_of_snapshot, retry_time
from sync.lifecycle import Ending, enter_phase, note_requests
from sync.parts import APPLIED
from sync.person_reading import read_person
from sync.requests import OWN_JOBS, next_run_number
from sync.snapshot import Snapshot
from sync.whereabouts import load_whereabouts
from sync.writing import write_alone, write_decision

logger = structlog.get_logger(__name__)

TRIES = 3
AGAIN = timedelta(seconds=1)
DOUBT = "the last run found that this credential may not see everything"
WRITTEN = (RunPhase.FOLLOW_UP, RunPhase.DONE)
OVERTAKEN = Ending(
    RunResult.POSTPONED,
    SynchronizationState.OK,
    "overtaken",
    "Other runs were writing at the same time; this is done again at once.",
)


def synchronize_one_person(
    runtime: Runtime, *, synchronization_id: int, account_id: str, team_id: str, reason: str, actor: str
) -> datetime | None:
    """Carry out a run for one person; host trouble ends it with a reason. Returns when to try again, if ever.

    Does nothing before the first full run, and where the host can not be asked about one person: that is left to
    full runs. So is saying that the credential is refused.
    """
    opened_at = utc_now()
    host = _open(runtime, synchronization_id)
    if host is None:
        return None
    run_id = begin_person_run(runtime, synchronization_id, account_id=account_id, reason=reason, actor=actor)
    try:
        for _ in range(TRIES):
            snapshot = _read(runtime, host, run_id, team_id)
            failpoint(runtime.settings.failpoints, "person.read")
            if _write(runtime, run_id, snapshot, host.request_count):
                return None
    except CodeHostError as refusal:
        judged = _judge(runtime, run_id, refusal, opened_at)
        logger.info("person_run_failed", synchronization_id=synchronization_id, run_id=run_id, error=str(judged))
        end_person_run(runtime, run_id, ending_of_error(judged), host.request_count)
        return retry_time(judged)
    end_person_run(runtime, run_id, OVERTAKEN, host.request_count)
    return utc_now() + AGAIN


def settled_accounts(session: Session, *, synchronization_id: int, since: datetime) -> frozenset[str]:
    """Accounts that a run for one person has written since then."""
    query = select(SyncRun.account_id).where(
        SyncRun.synchronization_id == synchronization_id,
        SyncRun.scope == RunScope.PERSON,
        SyncRun.result.in_(APPLIED),
        SyncRun.ended_at >= since,
    )
    return frozenset(session.scalars(query))


def _open(runtime: Runtime, synchronization_id: int) -> CodeHost | None:
    with runtime.database.read() as session:
        synchronization = session.get(Synchronization, synchronization_id)
    if synchronization is None or synchronization.credential_id is None or synchronization.last_ok_at is None:
        return None
    try:
        host = open_code_host(runtime, synchronization.credential_id)
    except CodeHostError as error:
        logger.info("person_run_not_begun", synchronization_id=synchronization_id, error=str(error))
        return None
    return None if host.people is None else host


def begin_person_run(
    runtime: Runtime,
    synchronization_id: int,
    *,
    account_id: str,
    reason: str,
    actor: str,
    credential_id: int | None = None,
    scope: RunScope = RunScope.PERSON,
) -> int:
    """Note the beginning of a run for one person, with the synchronization's credential or another; returns its id."""
    now = utc_now()
    with runtime.database.write() as session:
        synchronization = lock_synchronization(session, synchronization_id)
        run = SyncRun(
            synchronization_id=synchronization_id,
            number=next_run_number(session, synchronization_id),
            seq=synchronization.requested_seq,
            scope=scope,
            account_id=account_id,
            reasons=[reason],
            actor=actor,
            credential_id=credential_id or synchronization.credential_id,
            started_at=now,
            heartbeat_at=now,
            phase_times={},
        )
        session.add(run)
        enter_phase(run, RunPhase.READ, now=now)
        session.flush()
        return run.id


def _read(runtime: Runtime, host: CodeHost, run_id: int, team_id: str) -> Snapshot:
    began_at = utc_now()
    with runtime.database.read() as session:
        run = session.get_one(SyncRun, run_id)
        synchronization = run.synchronization
        known = load_whereabouts(session, synchronization, run.account_id)
        is_doubtful = _is_doubtful(session, synchronization)
    snapshot = read_person(host, known, account_id=run.account_id, team_id=team_id, now=began_at)
    if is_doubtful:
        return replace(snapshot, may_remove=False, doubt=DOUBT)
    return snapshot


def _is_doubtful(session: Session, synchronization: Synchronization) -> bool:
    """Whether the last run that read everybody had a doubtful credential; one that failed since says nothing new."""
    newest = select(SyncRun.error_code).where(
        SyncRun.synchronization_id == synchronization.id,
        SyncRun.scope.not_in(OWN_JOBS),
        SyncRun.result.in_(APPLIED),
    )
    code = session.scalar(newest.order_by(SyncRun.number.desc()).limit(1))
    return code == MAY_NOT_SEE or synchronization.state is SynchronizationState.NEEDS_CREDENTIAL


def _write(runtime: Runtime, run_id: int, snapshot: Snapshot, count: RequestCount) -> bool:
    """Plan and apply; False when something newer was applied since the reading began."""
    now = utc_now()
    with runtime.database.write() as session:
        run = session.get_one(SyncRun, run_id)
        synchronization = lock_synchronization(session, run.synchronization_id)
        if _is_overtaken(session, run, since=snapshot.began_at or now):
            return False
        enter_phase(run, RunPhase.APPLY, now=now)
        write_alone(session, synchronization)
        decision = decide(session, synchronization=synchronization, snapshot=snapshot, today=now.date())
        write_decision(session, synchronization=synchronization, run=run, decision=decision, snapshot=snapshot, now=now)
        failpoint(runtime.settings.failpoints, "person.apply")
        note_person_end(run, ending_of_snapshot(snapshot, alarm=decision.alarm), count)
    return True


def _is_overtaken(session: Session, run: SyncRun, *, since: datetime) -> bool:
    """Whether another run has written about this account since then, and so may know newer things."""
    about_account = or_(SyncRun.scope.not_in(OWN_JOBS), SyncRun.account_id == run.account_id)
    query = select(SyncRun.id).where(
        SyncRun.synchronization_id == run.synchronization_id,
        SyncRun.id != run.id,
        SyncRun.scope != RunScope.PREVIEW,
        about_account,
        SyncRun.phase.in_(WRITTEN),
        or_(SyncRun.result.is_(None), SyncRun.result.in_((*APPLIED, RunResult.INTERRUPTED))),
        or_(SyncRun.ended_at.is_(None), SyncRun.ended_at >= since),
    )
    return session.scalars(query.limit(1)).first() is not None


def lock_synchronization(session: Session, synchronization_id: int) -> Synchronization:
    """No other run of the synchronization begins or writes until the transaction ends."""
    return session.get_one(Synchronization, synchronization_id, with_for_update=True, populate_existing=True)


def _judge(runtime: Runtime, run_id: int, refusal: CodeHostError, opened_at: datetime) -> CodeHostError:
    with runtime.database.read() as session:
        credential_id = session.get_one(SyncRun, run_id).credential_id
    return judge_refusal(runtime, credential_id, refusal, opened_at=opened_at)


def end_person_run(runtime: Runtime, run_id: int, ending: Ending, count: RequestCount) -> None:
    """Note the end of a run that wrote nothing."""
    with runtime.database.write() as session:
        note_person_end(session.get_one(SyncRun, run_id), ending, count)


def note_person_end(run: SyncRun, ending: Ending, count: RequestCount) -> None:
    """Note the end of a run, in the caller's transaction."""
    now = utc_now()
    run.result, run.error_code, run.error_text, run.ended_at = ending.result, ending.error_code, ending.error_text, now
    note_requests(run, count)
    enter_phase(run, RunPhase.DONE, now=now)
