"""What a running job is given, and the exceptions by which it says how it ended."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from jobs.states import Claim, save_progress
from models import Runtime

PROGRESS_SECONDS = 1.0


class Postponed(Exception):
    """Raised by a job that must wait (a rate limit): it is put back until then and no attempt is counted."""

    def __init__(self, *, until: datetime, reason: str = "") -> None:
        """`until`: an aware time. `reason` is shown to people."""
        super().__init__(reason or f"postponed until {until.isoformat()}")
        self.until = until


class GiveUp(Exception):
    """Raised by a job for which trying again makes no sense: it fails at once. The text is shown to people."""


class JobContext:
    """Handed to a job as its first argument."""

    def __init__(self, runtime: Runtime, claim: Claim, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds that only grow."""
        self.runtime = runtime
        self._claim = claim
        self._clock = clock
        self._written_at = float("-inf")
        self._latest: dict[str, Any] = {}

    @property
    def job_run_id(self) -> int:
        """The row of this job."""
        return self._claim.job_run_id

    @property
    def actor(self) -> str:
        """Who or what asked for this job."""
        return self._claim.actor

    @property
    def organization_id(self) -> int | None:
        """The organization that the job belongs to."""
        return self._claim.organization_id

    @property
    def attempt(self) -> int:
        """1 at the first try."""
        return self._claim.attempt

    @property
    def latest_progress(self) -> dict[str, Any]:
        """What was last reported, written or not."""
        return self._latest

    def progress(self, *, done: int | None = None, total: int | None = None, note: str = "") -> None:
        """Tell people how far it is. Written at most once per second, in a short transaction of its own."""
        self._latest = {"done": done, "total": total, "note": note}
        now = self._clock()
        if now - self._written_at < PROGRESS_SECONDS:
            return
        self._written_at = now
        with self.runtime.database.write() as session:
            save_progress(session, self._claim, self._latest)
