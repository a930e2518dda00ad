"""Limits of requests in a rolling hour: one per kind of resource, charged to whoever the credential stands for."""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from tests.fakes.parts.clock import Clock

HOUR = 3600
ANONYMOUS = 60
Resource = Literal["repositories", "webhooks", "files", "other"]


@dataclass(slots=True)
class Limits:
    """`per_hour` by resource; a resource that is missing has no limit."""

    clock: Clock
    per_hour: dict[Resource, int] = field(default_factory=dict)
    _asked: dict[tuple[str, Resource], deque[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, payer: str, resource: Resource) -> tuple[int, int] | None:
        """Count a request: the limit and how many are left after it, below zero when it is one too many."""
        limit = self.per_hour.get(resource)
        if limit is None:
            return None
        limit = min(limit, ANONYMOUS) if payer == "anonymous" else limit
        now = self.clock.now().timestamp()
        with self._lock:
            asked = self._asked.setdefault((payer, resource), deque())
            while asked and asked[0] <= now - HOUR:
                asked.popleft()
            left = limit - len(asked) - 1
            if left >= 0:
                asked.append(now)
        return limit, left


def resource_of(path: str) -> Resource:
    """Which budget a path below the API's root is charged to."""
    if path.startswith("/hook_events") or "/hooks" in path:
        return "webhooks"
    if not path.startswith("/repositories/"):
        return "other"
    return "files" if "/src/" in path else "repositories"
