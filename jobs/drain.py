"""Hand all due jobs from the table to RQ: right after a bell, and every second."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from redis import Redis, RedisError
from sqlalchemy import or_, select, update

from jobs.registry import find_job
from jobs.rq_queue import Ring, list_waiting_ids, push
from models import JobRun, JobState, Runtime, utc_now

log = logging.getLogger(__name__)

LOST_BELL = timedelta(seconds=20)
BATCH = 500
TIMEOUT_OF_UNKNOWN = 60


@dataclass(frozen=True, slots=True)
class _Due:
    job_run_id: int
    queue: str
    name: str
    dispatched_at: datetime | None


def drain(runtime: Runtime, redis: Redis) -> int:
    """Hand all due jobs to RQ; returns how many. Raises redis.RedisError when Redis is away, and nothing is lost.

    This only wakes workers up: handing over a job twice is harmless, because only one of them can claim it.
    """
    due = _list_due(runtime)
    if not due:
        return 0
    redis.ping()
    lost = _lost(due, redis)
    chosen = [item for item in due if item.dispatched_at is None or item in lost]
    _mark(runtime, due, utc_now())
    try:
        push(redis, [_ring(item) for item in chosen])
    except RedisError:
        _mark(runtime, due, None)
        raise
    if lost:
        log.info("called workers again for %d jobs that nobody had started", len(lost))
    return len(chosen)


def _list_due(runtime: Runtime) -> Sequence[_Due]:
    now = utc_now()
    statement = (
        select(JobRun.id, JobRun.queue, JobRun.name, JobRun.dispatched_at)
        .where(
            JobRun.state == JobState.QUEUED,
            JobRun.run_after <= now,
            or_(JobRun.dispatched_at.is_(None), JobRun.dispatched_at < now - LOST_BELL),
        )
        .order_by(JobRun.run_after, JobRun.id)
        .limit(BATCH)
    )
    with runtime.database.read() as session:
        return [_Due(*row) for row in session.execute(statement)]


def _lost(due: Sequence[_Due], redis: Redis) -> list[_Due]:
    """Jobs that were handed over before but are not in RQ's lists: Redis was emptied, or a worker died with them."""
    old = [item for item in due if item.dispatched_at is not None]
    waiting = {number for queue in {item.queue for item in old} for number in list_waiting_ids(redis, queue)}
    return [item for item in old if item.job_run_id not in waiting]


def _mark(runtime: Runtime, due: Sequence[_Due], at: datetime | None) -> None:
    with runtime.database.write() as session:
        session.execute(
            update(JobRun)
            .where(JobRun.id.in_([item.job_run_id for item in due]), JobRun.state == JobState.QUEUED)
            .values(dispatched_at=at)
            .execution_options(synchronize_session=False)
        )


def _ring(item: _Due) -> Ring:
    declared = find_job(item.name)
    timeout = TIMEOUT_OF_UNKNOWN if declared is None else declared.timeout
    return Ring(queue=item.queue, job_run_id=item.job_run_id, timeout=timeout)
