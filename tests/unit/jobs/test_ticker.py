"""The ticker in this process: what it does each second, and that no outage ends it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from redis import Redis
from sqlalchemy.exc import OperationalError

import jobs.ticker
from jobs import hang_bell
from jobs.connections import open_redis
from jobs.heartbeats import list_served_queues
from jobs.registry import Periodic
from jobs.rq_queue import list_waiting_ids
from jobs.ticker import run_periodics, tick_until
from models import Runtime
from tests.functional.jobs.waiting import wait_until
from tests.services import RedisServer
from tests.unit.jobs.rows import enqueue, get


@contextmanager
def ticking(runtime: Runtime) -> Iterator[Redis]:
    stopping = threading.Event()
    redis = open_redis(runtime.settings)
    thread = threading.Thread(target=tick_until, args=(stopping, runtime, redis))
    thread.start()
    try:
        yield redis
    finally:
        stopping.set()
        thread.join(timeout=10)
        redis.close()


def served(runtime: Runtime) -> set[str]:
    with runtime.database.read() as session:
        return list_served_queues(session)


def test_the_ticker_hands_jobs_over_and_says_that_it_lives_until_it_ends(runtime: Runtime) -> None:
    hang_bell(runtime)
    with ticking(runtime) as redis:
        wait_until(lambda: served(runtime) == {"ticker"})

        job_run_id = enqueue(runtime)

        wait_until(lambda: list_waiting_ids(redis, "sync") == {job_run_id})
    assert served(runtime) == set()


def test_the_ticker_survives_an_outage_of_redis(
    runtime: Runtime, own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "jobs.ticker")
    monkeypatch.setattr(jobs.ticker, "TICK_SECONDS", 0.05)
    runtime = replace(runtime, settings=replace(runtime.settings, redis_url=own_redis.url))
    with ticking(runtime) as redis:
        wait_until(lambda: served(runtime) == {"ticker"})
        own_redis.kill()
        job_run_id = enqueue(runtime)
        wait_until(lambda: any("Redis does not answer" in record.message for record in caplog.records))

        own_redis.start()

        wait_until(lambda: get(runtime, job_run_id).dispatched_at)
        wait_until(lambda: list_waiting_ids(redis, "sync") == {job_run_id})
        wait_until(lambda: any("outage is over" in record.message for record in caplog.records))


def test_the_ticker_survives_an_outage_of_the_database(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "jobs.ticker")
    monkeypatch.setattr(jobs.ticker, "TICK_SECONDS", 0.05)
    calls = []

    def fail_at_first(_runtime: Runtime, _redis: Redis) -> int:
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("SELECT 1", {}, Exception("gone"))
        return 0

    monkeypatch.setattr(jobs.ticker, "drain", fail_at_first)

    with ticking(runtime):
        wait_until(lambda: len(calls) > 2)

    assert [record.message for record in caplog.records if record.name == "jobs.ticker"] == [
        "the database does not answer, jobs wait: OperationalError",
        "the outage is over: the database does not answer, jobs wait: OperationalError",
    ]


def test_the_ticker_ends_also_while_the_database_is_away(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def be_away(*_arguments: object, **_more: object) -> None:
        raise OperationalError("DELETE", {}, Exception("gone"))

    monkeypatch.setattr(jobs.ticker, "end_heartbeat", be_away)

    with ticking(runtime):
        wait_until(lambda: served(runtime) == {"ticker"})

    assert "the database does not answer: OperationalError" in caplog.text


def test_a_periodic_function_that_fails_does_not_hold_up_the_others(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stopping = threading.Event()
    calls: list[str] = []

    def fail(_runtime: Runtime) -> None:
        calls.append("fail")
        raise RuntimeError("broken")

    def work(_runtime: Runtime) -> None:
        calls.append("work")
        if calls.count("work") == 3:
            stopping.set()

    def rarely(_runtime: Runtime) -> None:
        calls.append("rarely")

    tasks = [
        Periodic(name="fail", seconds=0.01, function=fail),
        Periodic(name="rarely", seconds=3600, function=rarely),
        Periodic(name="work", seconds=0.01, function=work),
    ]
    monkeypatch.setattr(jobs.ticker, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(jobs.ticker, "list_periodics", lambda: tasks)

    run_periodics(runtime, stopping)

    assert (calls.count("fail"), calls.count("rarely"), calls.count("work")) == (3, 1, 3)
    assert "periodic function fail failed" in caplog.text
