"""Run background work inside a test, without Redis and without waiting."""

from datetime import datetime

from sqlalchemy import select, update

from jobs.execution import execute
from models import JobRun, JobState, Runtime, utc_now


def run_due_jobs(runtime: Runtime, *, limit: int = 100) -> int:
    """Run waiting jobs, also those that they enqueue, until none is due; returns how many ran."""
    for count in range(limit):
        job_run_id = _next_due(runtime)
        if job_run_id is None:
            return count
        execute(runtime, job_run_id, worker="test", on_lost=_refuse)
    raise AssertionError(f"jobs go on and on: {limit} have run")


def make_due(runtime: Runtime) -> None:
    """Let the time come for all jobs that wait for later."""
    with runtime.database.write() as session:
        session.execute(update(JobRun).where(JobRun.state == JobState.QUEUED).values(run_after=_long_ago()))


def _next_due(runtime: Runtime) -> int | None:
    due = select(JobRun.id).where(JobRun.state == JobState.QUEUED, JobRun.run_after <= utc_now())
    with runtime.database.read() as session:
        return session.scalars(due.order_by(JobRun.run_after, JobRun.id).limit(1)).first()


def _long_ago() -> datetime:
    return datetime.fromisoformat("2020-01-01T00:00:00+00:00")


def _refuse() -> None:
    raise AssertionError("a job lost its lease")
