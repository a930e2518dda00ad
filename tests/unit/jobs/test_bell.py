"""The bell is rung after the commit of the outermost transaction, and never holds a request up."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis, RedisError

from config import SettingsError
from jobs.bell import BELL_KEY, Bell, hang_bell, mark_for_bell, wait_for_bell
from jobs.connections import open_impatient_redis, open_redis
from models import Runtime
from tests.services import RedisServer
from tests.unit.jobs.rows import SOME_JOB


@pytest.fixture
def redis(runtime: Runtime) -> Iterator[Redis]:
    """The Redis of a runtime whose bell hangs."""
    hang_bell(runtime)
    with open_impatient_redis(runtime.settings) as client:
        yield client


def has_rung(redis: Redis) -> bool:
    return redis.llen(BELL_KEY) > 0


def test_a_commit_with_a_new_job_rings(runtime: Runtime, redis: Redis) -> None:
    with runtime.database.write() as session:
        SOME_JOB.enqueue(session)
        assert not has_rung(redis)

    assert wait_for_bell(redis, seconds=1)


def test_many_rings_are_one_until_somebody_hears(runtime: Runtime, redis: Redis) -> None:
    for _ in range(3):
        with runtime.database.write() as session:
            SOME_JOB.enqueue(session)

    assert redis.llen(BELL_KEY) == 1
    assert wait_for_bell(redis, seconds=1)
    assert not has_rung(redis)


def test_the_end_of_a_savepoint_does_not_ring(runtime: Runtime, redis: Redis) -> None:
    with runtime.database.write() as session:
        with session.begin_nested():
            SOME_JOB.enqueue(session)
        assert not has_rung(redis)

    assert has_rung(redis)


def test_a_commit_without_jobs_does_not_ring(runtime: Runtime, redis: Redis) -> None:
    with runtime.database.write():
        pass

    assert not has_rung(redis)


def test_a_session_rings_again_only_for_new_jobs(runtime: Runtime, redis: Redis) -> None:
    with runtime.database.write_session() as session:
        SOME_JOB.enqueue(session)
        session.commit()
        redis.delete(BELL_KEY)
        session.commit()

    assert not has_rung(redis)


def test_waiting_ends_without_a_ring(redis: Redis) -> None:
    assert not wait_for_bell(redis, seconds=0.05)


def test_an_unheard_bell_is_left_in_peace_for_a_while(own_redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    now = [100.0]
    client = Redis.from_url(own_redis.url)
    bell = Bell(client, clock=lambda: now[0])
    own_redis.kill()
    bell.ring()
    own_redis.start()

    bell.ring()
    assert not has_rung(client)
    now[0] += 6
    bell.ring()

    assert has_rung(client)
    assert [record.levelno for record in caplog.records if record.name == "jobs.bell"] == [logging.WARNING]
    client.close()


def test_without_redis_the_commit_just_happens(runtime: Runtime) -> None:
    silent = replace(runtime, settings=replace(runtime.settings, redis_url=""))
    hang_bell(silent)

    with silent.database.write() as session:
        SOME_JOB.enqueue(session)
        mark_for_bell(session)


def test_workers_and_ticker_need_a_redis(runtime: Runtime) -> None:
    with pytest.raises(SettingsError, match="REDIS_URL"):
        open_redis(replace(runtime.settings, redis_url=""))


def test_the_impatient_client_does_not_try_twice(own_redis: RedisServer, runtime: Runtime) -> None:
    client = open_impatient_redis(replace(runtime.settings, redis_url=own_redis.url))
    own_redis.kill()

    with pytest.raises(RedisError):
        client.ping()

    assert client.connection_pool.connection_kwargs["retry"].get_retries() == 0
    client.close()
    own_redis.start()
