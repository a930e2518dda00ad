"""Work horses of tests: processes of their own that carry out one job, until they are killed or done."""

from multiprocessing.synchronize import Barrier

import sync.jobs
import sync.own_jobs
import sync.person_jobs
import sync.preview_jobs
from config import Settings
from jobs.execution import execute
from models import open_runtime

KNOWN = (sync.jobs, sync.own_jobs, sync.person_jobs, sync.preview_jobs)  # a job exists once its module was imported


def work(settings: Settings, job_run_id: int) -> None:
    """Carry the job out."""
    execute(open_runtime(settings), job_run_id, worker=f"horse-{job_run_id}", on_lost=lambda: None)


def work_at_once(settings: Settings, job_run_id: int, barrier: Barrier) -> None:
    """The same, at the moment when others begin too."""
    runtime = open_runtime(settings)
    barrier.wait(30)
    execute(runtime, job_run_id, worker=f"horse-{job_run_id}", on_lost=lambda: None)
