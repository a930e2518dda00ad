"""Entry of the background processes: knows all modules that declare jobs. Settings as for the web."""

import accounts.jobs
import composer.jobs
import jobs.reaper
import sync.jobs
import sync.own_jobs
import sync.person_jobs
import sync.preview_jobs
import webhooks.jobs
from jobs.ticker import run_ticker
from jobs.workers import run_workers

__all__ = ["run_ticker", "run_workers"]

DECLARED_IN = (accounts.jobs, composer.jobs, jobs.reaper, sync.jobs, sync.own_jobs, sync.person_jobs, webhooks.jobs)
