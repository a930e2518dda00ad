"""A limit on the requests per period, and the time that a request travels."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from .clock import Clock

MINUTE = 60


class Toll(NamedTuple):
    """What one request counts for: the how manyth it is of how many until when. `limit` 0: there is no limit."""

    limit: int
    observed: int
    reset: int  # seconds since 1970
    now: int

    @property
    def is_over(self) -> bool:
        """Whether this request is one too many."""
        return self.observed > self.limit > 0

    @property
    def remaining(self) -> int:
        """How many more may come."""
        return max(self.limit - self.observed, 0)

    @property
    def wait(self) -> int:
        """Seconds until the next period."""
        return max(1, self.reset - self.now)


@dataclass(slots=True)
class Throttle:
    """Counts what each asker asks in a period by the clock. `limit` None: no limit, and no headers about one."""

    clock: Clock
    limit: int | None = None
    period: int = MINUTE  # seconds
    latency: float = 0.0  # seconds per API request
    _asked: dict[tuple[str, int], int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def travel(self) -> None:
        """Wait as long as a request is on its way."""
        if self.latency:
            time.sleep(self.latency)

    def take(self, asker: str, count: int = 1, limit: int | None = None) -> Toll | None:
        """Count a request (0: only look; -1: it did not count after all). None when there is no limit.

        `limit` is for askers with one of their own.
        """
        if self.limit is None:
            return None
        now = int(self.clock.now().timestamp())
        period = now // self.period
        with self._lock:
            observed = self._asked[asker, period] = self._asked.get((asker, period), 0) + count
        return Toll(limit or self.limit, observed, (period + 1) * self.period, now)


LimitHeaders = Callable[[Toll], dict[str, str]]
