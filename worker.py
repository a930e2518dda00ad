"""Entry of the background processes: knows all modules that declare jobs. Settings as for the web."""

import jobs.reaper  # noqa: F401 - declares periodic functions
from jobs.ticker import run_ticker
from jobs.workers import run_workers

__all__ = ["run_ticker", "run_workers"]
