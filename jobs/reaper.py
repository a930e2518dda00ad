"""Find jobs whose worker died, and clear away what nobody looks at any more."""

import logging
from datetime import timedelta

from sqlalchemy import delete

from jobs.heartbeats import forget_dead
from jobs.registry import max_attempts_of, periodic
from jobs.states import list_expired, list_held_by, release_job_run, take_away
from models import JobRun, JobState, Runtime, utc_now

log = logging.getLogger(__name__)

DIED = "the worker died in the middle of this job"
KEEP_FINISHED = timedelta(days=14)
KEEP_FAILED = timedelta(days=90)


@periodic(seconds=15)
def requeue_expired_jobs(runtime: Runtime) -> None:
    """Let jobs wait again whose lease ran out; after too many attempts they fail."""
    with runtime.database.read() as session:
        expired = list_expired(session)
    for run in expired:
        with runtime.database.write() as session:
            if take_away(session, run, error=DIED, max_attempts=max_attempts_of(run.name)):
                log.warning("job %s (%s): %s", run.id, run.name, DIED)


def requeue_jobs_of(runtime: Runtime, worker: str) -> None:
    """The worker process `worker` is known to be dead: do not wait for its leases to end."""
    with runtime.database.write() as session:
        for run in list_held_by(session, worker):
            take_away(session, run, error=DIED, max_attempts=max_attempts_of(run.name))
            log.warning("job %s (%s): %s", run.id, run.name, DIED)


def release_jobs_of(runtime: Runtime, worker: str) -> None:
    """The worker process `worker` was stopped on purpose: its job waits again, and no attempt is counted."""
    with runtime.database.write() as session:
        for run in list_held_by(session, worker):
            release_job_run(session, run)
            log.info("job %s (%s) waits again because its worker was stopped", run.id, run.name)


@periodic(seconds=3600)
def forget_old_jobs(runtime: Runtime) -> None:
    """Remove finished jobs after two weeks, failed ones after three months, and rows of dead processes."""
    now = utc_now()
    with runtime.database.write() as session:
        for state, kept in ((JobState.FINISHED, KEEP_FINISHED), (JobState.FAILED, KEEP_FAILED)):
            session.execute(delete(JobRun).where(JobRun.state == state, JobRun.ended_at < now - kept))
        forget_dead(session)
