"""Background work without domain: what a job is, how it is queued, run, retried, and found again after a crash.

A row (`models.JobRun`) is the truth; Redis and RQ only wake somebody up. Declare work with `@job` or `@periodic`:

    @job(queue="sync", timeout=1800)
    def synchronize(context: JobContext, *, synchronization_id: int) -> None: ...

    synchronize.enqueue(session, synchronization_id=1, coalesce_key="synchronize:1")

The row is inserted in the caller's transaction. A job may run twice and must bear it; it never holds a write
transaction during a network call.
"""

from jobs.bell import hang_bell
from jobs.context import GiveUp, JobContext, Postponed
from jobs.registry import QUEUES, Job, Request, job, periodic

__all__ = ["QUEUES", "GiveUp", "Job", "JobContext", "Postponed", "Request", "hang_bell", "job", "periodic"]
