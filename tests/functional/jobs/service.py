"""A process of a test: workers or a ticker with toy jobs and short leases.

Settings come from the environment as usual. Leases last `TEST_LEASE_SECONDS`, so that a test of their end is short.
"""

import logging
import os
import sys
from collections.abc import Mapping
from datetime import timedelta

import jobs.drain
import jobs.execution
import jobs.states
from config import Settings
from jobs.registry import periodic
from models import Runtime, open_runtime
from tests.functional.jobs import toys
from worker import run_ticker, run_workers

TOYS = toys.__name__


def become(environment: Mapping[str, str], *arguments: str) -> None:
    """In a process of its own: run `main` there."""
    os.environ.clear()
    os.environ.update(environment)
    main(*arguments)


def main(kind: str, *queues: str) -> None:
    """Become that process; workers serve `queues`."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    seconds = float(os.environ["TEST_LEASE_SECONDS"])
    jobs.states.LEASE = timedelta(seconds=seconds)
    jobs.execution.RENEW_SECONDS = seconds / 4
    jobs.drain.LOST_BELL = timedelta(seconds=seconds)
    periodic(seconds=seconds / 4)(reap)
    runtime = open_runtime(Settings.from_env())
    if kind == "ticker":
        run_ticker(runtime)
    else:
        run_workers(runtime, queues or ("sync",))


def reap(runtime: Runtime) -> None:
    """The reaper, more often than in real life."""
    jobs.reaper.requeue_expired_jobs(runtime)
