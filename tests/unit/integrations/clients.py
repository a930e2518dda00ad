"""Clients for tests: against one loopback port, with clocks that do not wait."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from integrations.addresses import OutboundPolicy, parse_allow
from integrations.http import HttpClient, Timing

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass(slots=True)
class Naps:
    """Remembers how long was waited, without waiting."""

    taken: list[float] = field(default_factory=list)

    def timing(self, monotonic: Callable[[], float] | None = None) -> Timing:
        """Clocks whose sleep returns at once and whose jitter takes the longest choice."""
        chosen: dict[str, Any] = {} if monotonic is None else {"monotonic": monotonic}
        return Timing(now=lambda: NOW, sleep=self.taken.append, jitter=lambda _low, high: high, **chosen)


def loopback_policy(port: int, *hosts: str) -> OutboundPolicy:
    """A policy that allows one loopback port."""
    return OutboundPolicy(allow=parse_allow([f"{host}:{port}" for host in ("127.0.0.1", "localhost", *hosts)]))


def loopback_client(port: int, *, path: str = "", naps: Naps | None = None, **options: Any) -> HttpClient:
    """A client for http on that port, which does not wait between tries."""
    options.setdefault("timing", (naps or Naps()).timing())
    options.setdefault("policy", loopback_policy(port))
    return HttpClient(f"http://127.0.0.1:{port}{path}", **options)
