"""Run one job: claim it, keep its lease alive, call its function, and write down how it ended."""

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, configure_mappers

from jobs.context import GiveUp, JobContext, Postponed
from jobs.process import end_with_parent
from jobs.registry import find_job
from jobs.states import (
    Claim,
    claim_job_run,
    fail_job_run,
    finish_job_run,
    postpone_job_run,
    renew_claim,
    retry_job_run,
)
from models import Runtime

log = logging.getLogger(__name__)

RENEW_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """The worker process that forks a work horse per job."""

    runtime: Runtime
    name: str
    pid: int


_PROCESS: list[WorkerProcess] = []


def work_for(process: WorkerProcess) -> None:
    """Say, before any job is run, what the horses of this process work with."""
    _PROCESS[:] = [process]


def warm_up(runtime: Runtime) -> None:
    """Do once, before any fork, what each work horse would otherwise do again: mappers and compiled statements."""
    configure_mappers()
    nothing = Claim(0, "", "", {}, 1, "", None)
    with runtime.database.write() as session:
        claim_job_run(session, 0, worker="")
        renew_claim(session, nothing)
        finish_job_run(session, nothing, {})


def run_job(job_run_id: int) -> None:
    """What RQ calls in a work horse: the only function that it may call."""
    process = _PROCESS[0]
    end_with_parent(process.pid)
    process.runtime.database.forget()
    execute(process.runtime, job_run_id, worker=process.name, on_lost=_end_horse)


def execute(runtime: Runtime, job_run_id: int, *, worker: str, on_lost: Callable[[], None]) -> bool:
    """Run a job in this process; False when it is not to be had. `on_lost` is called (in a thread) when it was taken
    away, because this process was thought dead. How it ends is then no longer written down."""
    with runtime.database.write() as session:
        claim = claim_job_run(session, job_run_id, worker=worker)
    if claim is None:
        return False
    context = JobContext(runtime, claim)
    with _lease_kept(runtime, claim, on_lost):
        settle = _call(context, claim)
    with runtime.database.write() as session:
        if not settle(session):
            log.warning("job %s (%s) was taken away from this worker, its end is ignored", job_run_id, claim.name)
    return True


def _call(context: JobContext, claim: Claim) -> Callable[[Session], bool]:
    declared = find_job(claim.name)
    if declared is None:
        return partial(fail_job_run, claim=claim, error=f"this version knows no job named {claim.name}")
    try:
        declared.function(context, **claim.arguments)
    except Postponed as postponed:
        return partial(postpone_job_run, claim=claim, until=postponed.until, reason=str(postponed))
    except GiveUp as error:
        log.warning("job %s (%s) gave up: %s", claim.job_run_id, claim.name, error)
        return partial(fail_job_run, claim=claim, error=str(error))
    except Exception as error:
        log.exception("job %s (%s) failed, attempt %s", claim.job_run_id, claim.name, claim.attempt)
        text = f"{type(error).__name__}: {error}"
        return partial(retry_job_run, claim=claim, error=text, max_attempts=declared.max_attempts)
    return partial(finish_job_run, claim=claim, progress=context.latest_progress)


@contextmanager
def _lease_kept(runtime: Runtime, claim: Claim, on_lost: Callable[[], None]) -> Iterator[None]:
    done = threading.Event()
    keeper = threading.Thread(target=_keep_lease, args=(runtime, claim, done, on_lost), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def _keep_lease(runtime: Runtime, claim: Claim, done: threading.Event, on_lost: Callable[[], None]) -> None:
    while not done.wait(RENEW_SECONDS):
        try:
            with runtime.database.write() as session:
                is_held = renew_claim(session, claim)
        except SQLAlchemyError as error:
            log.warning("job %s: could not renew the lease: %s", claim.job_run_id, type(error).__name__)
            continue
        if not is_held:
            on_lost()
            return


def _end_horse() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
