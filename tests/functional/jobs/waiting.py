"""What tests of background work ask again and again."""

import time
from collections.abc import Callable
from typing import TypeVar

from models import JobRun, JobState, Runtime
from tests.functional.jobs.toys import read_events

T = TypeVar("T")


def wait_until(answer: Callable[[], T], *, seconds: float = 30) -> T:
    """The first truthy answer."""
    deadline = time.monotonic() + seconds
    while True:
        value = answer()
        if value:
            return value
        assert time.monotonic() < deadline, f"nothing happened within {seconds} seconds"
        time.sleep(0.02)


def get_run(runtime: Runtime, job_run_id: int) -> JobRun:
    """The row as it is now."""
    with runtime.database.read() as session:
        return session.get_one(JobRun, job_run_id)


def wait_for_state(runtime: Runtime, job_run_id: int, state: JobState, *, seconds: float = 30) -> JobRun:
    """The row, once it is in this state."""
    wait_until(lambda: get_run(runtime, job_run_id).state is state, seconds=seconds)
    return get_run(runtime, job_run_id)


def wait_for_event(runtime: Runtime, beginning: str) -> str:
    """The first event that begins so."""
    return wait_until(lambda: next((line for line in read_events(runtime) if line.startswith(beginning)), ""))
