"""Hand all due jobs from the table to RQ: right after a bell, and every second."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.errors import LockNotAvailable
from redis import Redis, RedisError
from sqlalchemy import func, or_, select, text, update
from sqlalchemy.exc import OperationalError

from jobs.registry import find_job
from jobs.rq_queue import Ring, list_waiting_ids, push
from models import JobRun, JobState, Runtime, utc_now

log = logging.getLogger(__name__)

LOST_BELL = timedelta(seconds=20)
SHORTEST_WAIT = 0.01  # seconds; a wait of none would last for ever
BATCH = 500
GROUP = 50
LOCK_MILLISECONDS = 200
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
    lost = {item.job_run_id for item in _lost(due, redis)}
    if lost:
        log.info("calling workers again for %d jobs that nobody has started", len(lost))
    return sum(_hand_over(runtime, redis, group, lost) for group in _groups(due))


def seconds_until_due(runtime: Runtime, *, at_most: float) -> float:
    """How long until the next job that waits for its time is due."""
    now = utc_now()
    statement = select(func.min(JobRun.run_after)).where(JobRun.state == JobState.QUEUED, JobRun.run_after > now)
    with runtime.database.read() as session:
        next_at = session.scalar(statement)
    return at_most if next_at is None else min(max((next_at - now).total_seconds(), SHORTEST_WAIT), at_most)


def _hand_over(runtime: Runtime, redis: Redis, group: Sequence[_Due], lost: set[int]) -> int:
    rings = [_ring(item) for item in group if item.dispatched_at is None or item.job_run_id in lost]
    if not _mark(runtime, group, utc_now()):
        return 0
    try:
        push(redis, rings)
    except RedisError:
        _mark(runtime, group, None)
        raise
    return len(rings)


def _list_due(runtime: Runtime) -> Sequence[_Due]:
    now = utc_now()
    statement = (
        select(JobRun.id, JobRun.queue, JobRun.name, JobRun.dispatched_at)
        .where(
            JobRun.state == JobState.QUEUED,
            JobRun.run_after <= now,
            or_(JobRun.dispatched_at.is_(None), JobRun.dispatched_at < now - LOST_BELL),
        )
        .order_by(JobRun.dispatched_at.is_not(None), JobRun.run_after, JobRun.id)
        .limit(BATCH)
    )
    with runtime.database.read() as session:
        return [_Due(*row) for row in session.execute(statement)]


def _lost(due: Sequence[_Due], redis: Redis) -> list[_Due]:
    """Jobs that were handed over before but are not in RQ's lists: Redis was emptied, or a worker died with them."""
    old = [item for item in due if item.dispatched_at is not None]
    waiting = {number for queue in {item.queue for item in old} for number in list_waiting_ids(redis, queue)}
    return [item for item in old if item.job_run_id not in waiting]


def _groups(due: Sequence[_Due]) -> Iterator[Sequence[_Due]]:
    for queue in sorted({item.queue for item in due}):
        of_queue = [item for item in due if item.queue == queue]
        for start in range(0, len(of_queue), GROUP):
            yield of_queue[start : start + GROUP]


def _mark(runtime: Runtime, group: Sequence[_Due], at: datetime | None) -> bool:
    """Note that these were handed over; False when somebody holds one of the rows just now: then at the next tick.

    A transaction that asks for several jobs again holds their rows, in an order of its own. Waiting for it here could
    become a deadlock, and the other one, perhaps a visitor's, would be the one to fail.
    """
    try:
        with runtime.database.write() as session:
            if not runtime.database.is_sqlite:
                session.execute(text(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}"))
            session.execute(
                update(JobRun)
                .where(JobRun.id.in_([item.job_run_id for item in group]), JobRun.state == JobState.QUEUED)
                .values(dispatched_at=at)
                .execution_options(synchronize_session=False)
            )
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            return False
        raise
    return True


def _ring(item: _Due) -> Ring:
    declared = find_job(item.name)
    timeout = TIMEOUT_OF_UNKNOWN if declared is None else declared.timeout
    return Ring(queue=item.queue, job_run_id=item.job_run_id, timeout=timeout)
