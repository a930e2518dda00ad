"""Job rows for tests."""

from jobs.registry import Job
from jobs.states import Claim, claim_job_run
from models import JobRun, Runtime

SOME_JOB = Job(name="some.job", queue="sync", timeout=60, max_attempts=4, function=lambda _context, **_arguments: None)


def enqueue(runtime: Runtime, key: str | None = None) -> int:
    with runtime.database.write() as session:
        return SOME_JOB.enqueue(session, coalesce_key=key, some_id=7)


def claim(runtime: Runtime, job_run_id: int, worker: str = "w") -> Claim:
    with runtime.database.write() as session:
        claimed = claim_job_run(session, job_run_id, worker=worker)
    assert claimed is not None
    return claimed


def get(runtime: Runtime, job_run_id: int) -> JobRun:
    with runtime.database.read() as session:
        return session.get_one(JobRun, job_run_id)
