"""What is believed of the things that lie in Redis: one function name and a number."""

import json
from collections.abc import Iterator

import pytest
from redis import Redis
from rq import Callback, Queue, Repeat, Retry
from rq.serializers import JSONSerializer
from rq.webhook import Webhook

from jobs.execution import run_job
from jobs.rq_queue import ForbiddenJob, Ring, SafeJob, open_queue, push


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """An empty Redis."""
    with Redis.from_url(redis_url) as client:
        yield client


def read_only_job(redis: Redis) -> SafeJob:
    (job,) = open_queue(redis, "sync").get_jobs()
    assert isinstance(job, SafeJob)
    return job


def test_our_own_call_leads_to_our_own_function(redis: Redis) -> None:
    push(redis, [Ring(queue="sync", job_run_id=5, timeout=60)])

    job = read_only_job(redis)

    assert job.func is run_job
    assert (job.args, job.timeout, job.retries_left) == ([5], 60, None)


@pytest.mark.parametrize("name", ["os.system", "jobs.execution.execute", "jobs.execution.run_job.x", "run_job", ""])
def test_another_name_is_refused(redis: Redis, name: str) -> None:
    Queue("sync", connection=redis, serializer=JSONSerializer).enqueue_call(name or " ", args=("true",))

    job = read_only_job(redis)

    with pytest.raises(ForbiddenJob):
        job.perform()


def test_a_method_of_a_stored_object_is_refused(redis: Redis) -> None:
    push(redis, [Ring(queue="sync", job_run_id=5, timeout=60)])
    job = read_only_job(redis)

    job.data = json.dumps(["jobs.execution.run_job", "text", [5], {}]).encode()

    with pytest.raises(ForbiddenJob):
        _ = job.func


def test_callbacks_addresses_and_repetitions_are_dropped(redis: Redis) -> None:
    callback = Callback("os.abort")
    Queue("sync", connection=redis, serializer=JSONSerializer).enqueue(
        "jobs.execution.run_job",
        5,
        on_success=callback,
        on_failure=callback,
        on_stopped=callback,
        webhooks=[Webhook("http://169.254.169.254/", "finished")],
        retry=Retry(max=9),
        repeat=Repeat(times=9),
    )

    job = read_only_job(redis)

    assert job.success_callback is None
    assert job.failure_callback is None
    assert job.stopped_callback is None
    assert job.webhooks == []
    assert (job.retries_left, job.repeats_left) == (None, None)
