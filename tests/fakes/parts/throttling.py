"""A limit on the requests per minute, and the time that a request travels."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from threading import Lock

from werkzeug import Request, Response

from .clock import Clock

PERIOD = 60


@dataclass(slots=True)
class Throttle:
    """Counts what each token asks in a minute by the clock. `limit` None: no limit, and no headers about one."""

    clock: Clock
    limit: int | None = None
    latency: float = 0.0  # seconds per API request
    _asked: dict[tuple[str, int], int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def travel(self) -> None:
        """Wait as long as a request is on its way."""
        if self.latency:
            time.sleep(self.latency)

    def take(self, request: Request) -> dict[str, str]:
        """Count a request; the headers of its answer. Used up when `Retry-After` is among them."""
        if self.limit is None:
            return {}
        period = int(self.clock.now().timestamp()) // PERIOD
        asker = sha256(request.headers.get("Authorization", "").encode()).hexdigest()
        with self._lock:
            observed = self._asked[asker, period] = self._asked.get((asker, period), 0) + 1
        return self._headers(self.limit, observed, reset=(period + 1) * PERIOD)

    def _headers(self, limit: int, observed: int, *, reset: int) -> dict[str, str]:
        now = self.clock.now()
        headers = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Observed": str(observed),
            "RateLimit-Remaining": str(max(limit - observed, 0)),
            "RateLimit-Reset": str(reset),
            "RateLimit-ResetTime": format_datetime(datetime.fromtimestamp(reset, tz=UTC), usegmt=True),
        }
        if observed > limit:
            headers["Retry-After"] = str(max(1, reset - int(now.timestamp())))
        return headers


def refusal(headers: dict[str, str]) -> Response:
    """What is answered when the limit is used up."""
    return Response("Retry later\n", 429, headers, content_type="text/plain")
