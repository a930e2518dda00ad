"""The states of a job as single UPDATE statements. Who does not hold the claim any more changes nothing."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import JobRun, JobState, utc_now

LEASE = timedelta(seconds=60)
BACKOFF_SECONDS = (10, 60, 300)
ERROR_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a job until the lease ends. `holder` is different for each claim."""

    job_run_id: int
    holder: str
    name: str
    arguments: dict[str, Any]
    attempt: int
    actor: str
    organization_id: int | None


def claim_job_run(session: Session, job_run_id: int, *, worker: str) -> Claim | None:
    """Take a due, waiting job; None when somebody else has it, it is not due, or it is over."""
    now = utc_now()
    holder = f"{worker}#{secrets.token_hex(4)}"
    taken = session.execute(
        update(JobRun)
        .where(JobRun.id == job_run_id, JobRun.state == JobState.QUEUED, JobRun.run_after <= now)
        .values(
            state=JobState.RUNNING,
            worker=holder,
            attempts=JobRun.attempts + 1,
            started_at=now,
            lease_until=now + LEASE,
            progress={},
            error="",
        )
        .returning(JobRun.name, JobRun.arguments, JobRun.attempts, JobRun.actor, JobRun.organization_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if taken is None:
        return None
    return Claim(
        job_run_id=job_run_id,
        holder=holder,
        name=taken.name,
        arguments=taken.arguments,
        attempt=taken.attempts,
        actor=taken.actor,
        organization_id=taken.organization_id,
    )


def renew_claim(session: Session, claim: Claim) -> bool:
    """Extend the lease; False when the job was taken away."""
    return _change(session, _held(claim), lease_until=utc_now() + LEASE)


def save_progress(session: Session, claim: Claim, progress: dict[str, Any]) -> bool:
    """Store how far the job is; False when it was taken away."""
    return _change(session, _held(claim), progress=progress)


def finish_job_run(session: Session, claim: Claim, progress: dict[str, Any]) -> bool:
    """The job is done; False when it was taken away."""
    return _change(session, _held(claim), state=JobState.FINISHED, progress=progress, **_ended())


def postpone_job_run(session: Session, claim: Claim, *, until: datetime, reason: str) -> bool:
    """Put the job back until then, as if it had not been tried; False when it was taken away."""
    where = _held(claim)
    if _put_back(session, where, run_after=until, attempts=JobRun.attempts - 1, progress={"note": reason}):
        return True
    return _change(session, where, state=JobState.FINISHED, progress={"note": reason}, **_ended())


def fail_job_run(session: Session, claim: Claim, *, error: str) -> bool:
    """The job failed and is not tried again; False when it was taken away."""
    return _change(session, _held(claim), state=JobState.FAILED, error=error[:ERROR_LENGTH], **_ended())


def retry_job_run(session: Session, claim: Claim, *, error: str, max_attempts: int) -> bool:
    """The job failed: try it again after a while, or give it up; False when it was taken away."""
    return _retry(session, _held(claim), attempt=claim.attempt, error=error, max_attempts=max_attempts)


def take_away(session: Session, run: JobRun, *, error: str, max_attempts: int) -> bool:
    """End the claim of a worker that died: the job waits again at once, or fails after too many attempts."""
    where = [JobRun.id == run.id, JobRun.state == JobState.RUNNING, JobRun.worker == run.worker]
    return _retry(session, where, attempt=run.attempts, error=error, max_attempts=max_attempts, delays=(0,))


def release_job_run(session: Session, run: JobRun) -> bool:
    """End the claim of a worker that was told to stop: the job waits again, as if it had not been tried."""
    where = [JobRun.id == run.id, JobRun.state == JobState.RUNNING, JobRun.worker == run.worker]
    if _put_back(session, where, run_after=utc_now(), attempts=JobRun.attempts - 1):
        return True
    return _change(session, where, state=JobState.FINISHED, **_ended())


def _retry(
    session: Session,
    where: list[ColumnElement[bool]],
    *,
    attempt: int,
    error: str,
    max_attempts: int,
    delays: tuple[int, ...] = BACKOFF_SECONDS,
) -> bool:
    text = error[:ERROR_LENGTH]
    if attempt < max_attempts:
        delay = delays[min(attempt, len(delays)) - 1]
        if _put_back(session, where, run_after=utc_now() + timedelta(seconds=delay), error=text):
            return True
    return _change(session, where, state=JobState.FAILED, error=text, **_ended())


def _put_back(session: Session, where: list[ColumnElement[bool]], **values: object) -> bool:
    """Let the job wait again. False when it is not held, or another job with its coalesce key waits already."""
    try:
        with session.begin_nested():
            return _change(
                session, where, state=JobState.QUEUED, worker="", lease_until=None, dispatched_at=None, **values
            )
    except IntegrityError:
        return False


def _change(session: Session, where: list[ColumnElement[bool]], **values: object) -> bool:
    statement = update(JobRun).where(*where).values(**values).returning(JobRun.id)
    return session.execute(statement.execution_options(synchronize_session=False)).one_or_none() is not None


def _held(claim: Claim) -> list[ColumnElement[bool]]:
    return [JobRun.id == claim.job_run_id, JobRun.state == JobState.RUNNING, JobRun.worker == claim.holder]


def _ended() -> dict[str, object]:
    return {"lease_until": None, "ended_at": utc_now()}


def list_expired(session: Session) -> list[JobRun]:
    """Running jobs whose worker has not been heard of for the length of a lease."""
    statement = select(JobRun).where(JobRun.state == JobState.RUNNING, JobRun.lease_until < utc_now())
    return list(session.scalars(statement.order_by(JobRun.id)))


def list_held_by(session: Session, worker: str) -> list[JobRun]:
    """Running jobs of one worker process."""
    statement = select(JobRun).where(
        JobRun.state == JobState.RUNNING, JobRun.worker.startswith(f"{worker}#", autoescape=True)
    )
    return list(session.scalars(statement.order_by(JobRun.id)))
