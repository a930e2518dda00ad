"""Rate limits as Bitbucket has them: a bucket of tokens per person that fills up again."""

import math
import threading
from dataclasses import dataclass, field

from tests.fakes.parts.clock import Clock


@dataclass(slots=True)
class Buckets:
    """`capacity` requests at once, `fill_rate` more each second."""

    clock: Clock
    capacity: int
    fill_rate: float
    _levels: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, asker: str) -> int:
        """Take one; 0 when there was one, else the seconds until there is one again."""
        now = self.clock.now().timestamp()
        with self._lock:
            level, at = self._levels.get(asker, (float(self.capacity), now))
            level = min(self.capacity, level + (now - at) * self.fill_rate)
            is_enough = level >= 1
            self._levels[asker] = (level - 1 if is_enough else level, now)
        return 0 if is_enough else max(1, math.ceil((1 - level) / self.fill_rate))
