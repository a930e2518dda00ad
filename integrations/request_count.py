"""How much was asked of a code host, and how much it still allows."""

from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock


@dataclass(frozen=True, slots=True)
class RateBudget:
    """How many requests the host still takes from this credential, as its last answer said."""

    limit: int
    remaining: int
    resets_at: datetime | None = None


@dataclass(slots=True)
class RequestCount:
    """What was sent to the host and what is left, for the run page and the tests. Threads may share it."""

    total: int = 0
    retried: int = 0
    not_modified: int = 0
    budget: RateBudget | None = None  # None: the host does not tell
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def add(self) -> None:
        """Count a request."""
        with self._lock:
            self.total += 1

    def add_retry(self) -> None:
        """Count a request that had to be sent again."""
        with self._lock:
            self.retried += 1

    def add_not_modified(self) -> None:
        """Count an answer 304: the host only confirmed what we had."""
        with self._lock:
            self.not_modified += 1

    def note_budget(self, budget: RateBudget) -> None:
        """Remember what an answer said about the rate limit."""
        with self._lock:
            self.budget = budget
