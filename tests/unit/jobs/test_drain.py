"""From the table to RQ's lists."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from redis import Redis, RedisError
from sqlalchemy import select

from jobs.connections import open_impatient_redis
from jobs.drain import drain, seconds_until_due
from jobs.rq_queue import Ring, list_waiting_ids, open_queue, push
from models import Database, JobRun, Runtime, utc_now
from tests.services import RedisServer
from tests.unit.jobs.rows import SOME_JOB, claim, enqueue, get


@pytest.fixture
def redis(runtime: Runtime) -> Iterator[Redis]:
    """The Redis of the runtime."""
    with open_impatient_redis(runtime.settings) as client:
        yield client


def let_time_pass(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        for run in session.scalars(select(JobRun)):
            run.dispatched_at = utc_now() - timedelta(seconds=30)


def test_due_jobs_are_handed_over_once(runtime: Runtime, redis: Redis) -> None:
    numbers = {enqueue(runtime), enqueue(runtime)}

    handed = [drain(runtime, redis), drain(runtime, redis)]

    assert handed == [2, 0]
    assert list_waiting_ids(redis, "sync") == numbers


def test_only_the_number_of_the_row_goes_to_redis(runtime: Runtime, redis: Redis) -> None:
    with runtime.database.write() as session:
        job_run_id = SOME_JOB.enqueue(session, actor="ann", title="top secret title", some_text="top secret text")

    drain(runtime, redis)

    (rq_job,) = open_queue(redis, "sync").get_jobs()
    assert (rq_job.func_name, rq_job.args, rq_job.kwargs) == ("jobs.execution.run_job", [job_run_id], {})
    everything = str([redis.hgetall(key) for key in redis.scan_iter("rq:job:*")])
    assert "secret" not in everything
    assert "ann" not in everything


def test_a_job_for_later_waits_in_the_table(runtime: Runtime, redis: Redis) -> None:
    with runtime.database.write() as session:
        SOME_JOB.enqueue(session, run_after=utc_now() + timedelta(minutes=5))

    assert drain(runtime, redis) == 0


def test_the_ticker_waits_no_longer_than_until_the_next_job_is_due(runtime: Runtime) -> None:
    enqueue(runtime)  # due already: that is not what is waited for
    without = seconds_until_due(runtime, at_most=60)
    with runtime.database.write() as session:
        for seconds in (30, 20):
            SOME_JOB.enqueue(session, some_id=7, run_after=utc_now() + timedelta(seconds=seconds))

    until_next, limited = seconds_until_due(runtime, at_most=60), seconds_until_due(runtime, at_most=1)

    assert without == 60
    assert 0 < until_next <= 20
    assert limited == 1


def test_each_queue_gets_its_own_jobs(runtime: Runtime, redis: Redis) -> None:
    with runtime.database.write() as session:
        session.add_all([JobRun(id=1, name="x", queue="sync"), JobRun(id=2, name="x", queue="packages")])

    drain(runtime, redis)

    assert list_waiting_ids(redis, "sync") == {1}
    assert list_waiting_ids(redis, "packages") == {2}


def test_a_call_that_redis_lost_is_repeated_after_a_while(runtime: Runtime, redis: Redis) -> None:
    job_run_id = enqueue(runtime)
    drain(runtime, redis)
    redis.flushdb()

    at_once = drain(runtime, redis)
    let_time_pass(runtime)
    later = drain(runtime, redis)

    assert (at_once, later) == (0, 1)
    assert list_waiting_ids(redis, "sync") == {job_run_id}


def test_a_call_that_still_waits_in_redis_is_not_repeated(runtime: Runtime, redis: Redis) -> None:
    enqueue(runtime)
    drain(runtime, redis)
    let_time_pass(runtime)

    assert drain(runtime, redis) == 0
    assert len(open_queue(redis, "sync").get_job_ids()) == 1


def test_a_running_job_is_not_handed_over(runtime: Runtime, redis: Redis) -> None:
    job_run_id = enqueue(runtime)
    claim(runtime, job_run_id)

    assert drain(runtime, redis) == 0


def test_while_redis_is_away_jobs_stay_in_the_table(runtime: Runtime, own_redis: RedisServer) -> None:
    job_run_id = enqueue(runtime)
    client = Redis.from_url(own_redis.url)
    own_redis.kill()

    with pytest.raises(RedisError):
        drain(runtime, client)
    own_redis.start()

    assert get(runtime, job_run_id).dispatched_at is None
    assert drain(runtime, client) == 1
    client.close()


def test_jobs_that_redis_refuses_are_handed_over_again(
    runtime: Runtime, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue(runtime)

    def refuse(_redis: Redis, _rings: list[Ring]) -> None:
        raise RedisError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr("jobs.drain.push", refuse)
        with pytest.raises(RedisError):
            drain(runtime, redis)

    assert drain(runtime, redis) == 1


def test_two_calls_for_one_job_do_not_disturb_each_other(redis: Redis, runtime: Runtime) -> None:
    push(redis, [Ring(queue="sync", job_run_id=5, timeout=60)] * 2)

    assert len(set(open_queue(redis, "sync").get_job_ids())) == 2
    assert list_waiting_ids(redis, "sync") == {5}


def test_many_jobs_are_handed_over_in_groups_and_new_ones_first(
    runtime: Runtime, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.drain.GROUP", 2)
    monkeypatch.setattr("jobs.drain.BATCH", 5)
    old = {enqueue(runtime) for _ in range(5)}
    drain(runtime, redis)
    let_time_pass(runtime)
    new = {enqueue(runtime) for _ in range(5)}

    handed = drain(runtime, redis)

    assert handed == 5
    assert list_waiting_ids(redis, "sync") == old | new


def test_a_row_that_somebody_holds_does_not_hold_up_the_other_queues(runtime: Runtime, redis: Redis) -> None:
    other = Database(runtime.settings.database_url)
    with runtime.database.write() as session:
        held = SOME_JOB.enqueue(session, coalesce_key="k")
        session.add(JobRun(id=77, name="x", queue="interactive"))

    with other.write() as session:
        if not other.is_sqlite:  # there a writer keeps everybody waiting, and nobody can be in the other order
            SOME_JOB.enqueue(session, coalesce_key="k")
            assert drain(runtime, redis) == 1
            assert list_waiting_ids(redis, "interactive") == {77}
    other.close()

    drain(runtime, redis)
    assert list_waiting_ids(redis, "sync") == {held}
