"""Real workers, a real Redis and both databases: what crashes and outages do to jobs."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from rq import Callback, Queue
from rq.serializers import JSONSerializer

from jobs import hang_bell
from jobs.heartbeats import list_served_queues
from models import JobState, Runtime, open_runtime, utc_now
from tests.functional.jobs.conftest import Services
from tests.functional.jobs.toys import die_once, read_events, slow, too_slow, write_line
from tests.functional.jobs.waiting import get_run, wait_for_event, wait_for_state, wait_until
from tests.services import RedisServer


def test_a_job_runs_within_a_moment_of_the_commit(runtime: Runtime, services_of_jobs: Services) -> None:
    services_of_jobs.start("workers")
    services_of_jobs.start("ticker")
    hang_bell(runtime)
    wait_until(lambda: _served(runtime) == {"sync", "ticker"})

    with runtime.database.write() as session:
        job_run_id = write_line.enqueue(session, text="hello")

    run = wait_for_state(runtime, job_run_id, JobState.FINISHED)
    assert read_events(runtime) == ["hello"]
    assert run.attempts == 1
    assert run.started_at is not None
    assert run.started_at - run.created_at < timedelta(seconds=5)


def test_a_job_whose_horse_was_killed_runs_again_at_once(runtime: Runtime, services_of_jobs: Services) -> None:
    services_of_jobs.start("workers")
    services_of_jobs.start("ticker")

    with runtime.database.write() as session:
        job_run_id = die_once.enqueue(session, text="x")

    run = wait_for_state(runtime, job_run_id, JobState.FINISHED)
    assert read_events(runtime) == ["attempt 1 x", "attempt 2 x"]
    assert run.attempts == 2


def test_the_horse_of_a_killed_worker_dies_and_its_job_runs_again(runtime: Runtime, services_of_jobs: Services) -> None:
    services_of_jobs.start("workers")
    services_of_jobs.start("ticker")
    with runtime.database.write() as session:
        job_run_id = slow.enqueue(session, text="x")
    horse = int(wait_for_event(runtime, "began x").split()[2])

    os.kill(_parent_of(horse), signal.SIGKILL)

    wait_until(lambda: not _is_alive(horse))
    wait_until(lambda: len(read_events(runtime)) == 2)
    (runtime.settings.data_dir / "go-x").touch()
    run = wait_for_state(runtime, job_run_id, JobState.FINISHED)
    assert run.attempts == 2
    assert [line.split()[0] for line in read_events(runtime)] == ["began", "began", "ended"]


def test_a_job_is_taken_over_when_all_processes_of_the_workers_were_killed(
    runtime: Runtime, services_of_jobs: Services
) -> None:
    workers = services_of_jobs.start("workers")
    services_of_jobs.start("ticker")
    with runtime.database.write() as session:
        job_run_id = slow.enqueue(session, text="x")
    horse = int(wait_for_event(runtime, "began x").split()[2])

    workers.kill()
    wait_until(lambda: not _is_alive(horse))
    services_of_jobs.start("workers")

    wait_until(lambda: len(read_events(runtime)) == 2)
    (runtime.settings.data_dir / "go-x").touch()
    run = wait_for_state(runtime, job_run_id, JobState.FINISHED)
    assert run.attempts == 2
    assert [line.split()[0] for line in read_events(runtime)] == ["began", "began", "ended"]


def test_a_stopped_worker_puts_its_job_back_without_counting_the_attempt(
    runtime: Runtime, services_of_jobs: Services
) -> None:
    workers = services_of_jobs.start("workers")
    services_of_jobs.start("ticker")
    with runtime.database.write() as session:
        job_run_id = slow.enqueue(session, text="x")
    horse = int(wait_for_event(runtime, "began x").split()[2])

    workers.send_signal(signal.SIGTERM)
    workers.wait(timeout=10)

    assert not _is_alive(horse)
    run = get_run(runtime, job_run_id)
    assert (run.state, run.attempts, run.error) == (JobState.QUEUED, 0, "")
    assert "sync" not in _served(runtime)


def test_a_stopped_worker_lets_a_short_job_end(runtime: Runtime, services_of_jobs: Services) -> None:
    workers = services_of_jobs.start("workers")
    services_of_jobs.start("ticker")
    with runtime.database.write() as session:
        job_run_id = slow.enqueue(session, text="x")
    wait_for_event(runtime, "began x")

    workers.send_signal(signal.SIGTERM)
    (runtime.settings.data_dir / "go-x").touch()
    workers.wait(timeout=10)

    assert get_run(runtime, job_run_id).state is JobState.FINISHED


def test_a_job_that_takes_too_long_is_ended_and_tried_again_later(runtime: Runtime, services_of_jobs: Services) -> None:
    services_of_jobs.start("workers")
    services_of_jobs.start("ticker")

    with runtime.database.write() as session:
        job_run_id = too_slow.enqueue(session)

    wait_until(lambda: get_run(runtime, job_run_id).error)
    run = get_run(runtime, job_run_id)
    assert run.state is JobState.QUEUED
    assert run.run_after > utc_now()
    assert "1 seconds" in run.error


def test_what_is_not_ours_in_redis_is_refused_and_the_worker_goes_on(
    runtime: Runtime, services_of_jobs: Services, tmp_path: Path
) -> None:
    with Redis.from_url(runtime.settings.redis_url) as redis:
        queue = Queue("sync", connection=redis, serializer=JSONSerializer)
        queue.enqueue("os.mkdir", str(tmp_path / "planted"))
        queue.enqueue("jobs.execution.run_job", 999_999, on_success=Callback("os.abort"))
        Queue("sync", connection=redis).enqueue("os.mkdir", str(tmp_path / "pickled"))

    services_of_jobs.start("workers")
    services_of_jobs.start("ticker")
    with runtime.database.write() as session:
        job_run_id = write_line.enqueue(session, text="after them")

    wait_for_state(runtime, job_run_id, JobState.FINISHED)
    assert not (tmp_path / "planted").exists()
    assert not (tmp_path / "pickled").exists()


def test_an_emptied_redis_loses_no_job(runtime: Runtime, services_of_jobs: Services) -> None:
    services_of_jobs.start("ticker")
    with runtime.database.write() as session:
        for number in range(20):
            write_line.enqueue(session, text=str(number))
    with Redis.from_url(runtime.settings.redis_url) as redis:
        wait_until(lambda: redis.llen("rq:queue:sync") == 20)

        redis.flushdb()
        services_of_jobs.start("workers")

    wait_until(lambda: len(read_events(runtime)) >= 20)
    assert sorted(read_events(runtime), key=int) == [str(number) for number in range(20)]


@pytest.fixture
def runtime_with_own_redis(runtime: Runtime, own_redis: RedisServer) -> Runtime:
    """A runtime whose Redis may be stopped without disturbing others."""
    return replace(runtime, settings=replace(runtime.settings, redis_url=own_redis.url))


def test_work_goes_on_after_redis_was_away(runtime_with_own_redis: Runtime, own_redis: RedisServer) -> None:
    services = Services(runtime_with_own_redis)
    try:
        services.start("workers")
        services.start("ticker")
        with runtime_with_own_redis.database.write() as session:
            first = slow.enqueue(session, text="x")
        wait_for_event(runtime_with_own_redis, "began x")

        own_redis.kill()
        with runtime_with_own_redis.database.write() as session:
            second = write_line.enqueue(session, text="during the outage")
        (runtime_with_own_redis.settings.data_dir / "go-x").touch()
        wait_for_state(runtime_with_own_redis, first, JobState.FINISHED)
        own_redis.start()

        wait_for_state(runtime_with_own_redis, second, JobState.FINISHED)
        assert [line.split()[0] for line in read_events(runtime_with_own_redis)] == ["began", "ended", "during"]
    finally:
        services.end()


def test_workers_that_start_before_redis_wait_for_it(runtime_with_own_redis: Runtime, own_redis: RedisServer) -> None:
    services = Services(runtime_with_own_redis)
    own_redis.kill()
    try:
        services.start("workers")
        services.start("ticker")
        with runtime_with_own_redis.database.write() as session:
            job_run_id = write_line.enqueue(session, text="x")
        wait_until(lambda: _served(runtime_with_own_redis) == {"sync", "ticker"})

        own_redis.start()

        wait_for_state(runtime_with_own_redis, job_run_id, JobState.FINISHED)
    finally:
        services.end()


def test_a_hanging_redis_costs_the_web_half_a_second_once(
    runtime_with_own_redis: Runtime, own_redis: RedisServer
) -> None:
    web = open_runtime(runtime_with_own_redis.settings)
    hang_bell(web)
    with Redis.from_url(own_redis.url) as redis:
        process = redis.info()["process_id"]

    os.kill(process, signal.SIGSTOP)
    try:
        times = [_time_of_enqueue(web) for _ in range(5)]
    finally:
        os.kill(process, signal.SIGCONT)
    web.database.close()

    assert times[0] < 1.5
    assert sum(times[1:]) < 0.5


def _time_of_enqueue(runtime: Runtime) -> float:
    begun = time.monotonic()
    with runtime.database.write() as session:
        write_line.enqueue(session, text="x")
    return time.monotonic() - begun


def _served(runtime: Runtime) -> set[str]:
    with runtime.database.read() as session:
        return list_served_queues(session)


def _parent_of(pid: int) -> int:
    return int(_process_state(pid)[1])


def _is_alive(pid: int) -> bool:
    with suppress(OSError):
        return _process_state(pid)[0] != "Z"
    return False


def _process_state(pid: int) -> list[str]:
    """State and parent of a process, and more. Raises OSError when it is gone."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
