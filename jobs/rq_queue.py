"""RQ, narrowed down: one function may be called, by its number alone, and nothing else from Redis is believed."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis import Redis
from rq import Queue
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer

RUN_JOB = "jobs.execution.run_job"
RESULT_SECONDS = 300
FAILURE_SECONDS = 7 * 24 * 3600


class ForbiddenJob(Exception):
    """Redis holds a job that does not come from us."""


class SafeJob(RqJob):
    """A job that can only call `jobs.execution.run_job`, has no callbacks, and calls nobody over the network."""

    @property
    def func(self) -> Callable[..., None]:
        """The one function. Raises ForbiddenJob for every other name."""
        if self.func_name != RUN_JOB or self.instance is not None:
            raise ForbiddenJob(f"refused to run {str(self.func_name)[:80]!r}")
        function: Callable[..., None] = super().func
        return function

    def restore(self, raw_data: Any) -> None:
        """Read a job from Redis and drop everything in it that could name code, addresses or repetitions."""
        super().restore(raw_data)
        self._success_callback_name = self._failure_callback_name = self._stopped_callback_name = None
        self._dependency_ids = []
        self.webhooks = []
        self.retries_left = self.repeats_left = self.number_of_retries = None


@dataclass(frozen=True, slots=True)
class Ring:
    """One job to hand over: wakes a worker of `queue`, which then claims the row."""

    queue: str
    job_run_id: int
    timeout: int


def open_queue(redis: "Redis", name: str) -> Queue:
    """One of our queues."""
    return Queue(name, connection=redis, job_class=SafeJob, serializer=JSONSerializer)


def push(redis: "Redis", rings: list[Ring]) -> None:
    """Hand jobs over to RQ. Raises redis.RedisError."""
    for name in sorted({ring.queue for ring in rings}):
        open_queue(redis, name).enqueue_many([_prepare(ring) for ring in rings if ring.queue == name])


def list_waiting_ids(redis: "Redis", queue: str) -> set[int]:
    """The JobRun ids that RQ's list of this queue holds."""
    return {int(job_id.partition("-")[0]) for job_id in open_queue(redis, queue).get_job_ids() if job_id[:1].isdigit()}


def _prepare(ring: Ring) -> Any:
    return Queue.prepare_data(
        RUN_JOB,
        args=(ring.job_run_id,),
        timeout=ring.timeout,
        result_ttl=RESULT_SECONDS,
        failure_ttl=FAILURE_SECONDS,
        job_id=f"{ring.job_run_id}-{secrets.token_hex(4)}",  # a second call must not overwrite the first one's record
    )
