"""What every part of one fake server shares: state, clock, address, switches and logs."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from .clock import Clock
from .deliveries import Sender
from .records import RequestRecord
from .throttling import Throttle

KEPT_BODIES = 32 << 20  # bytes of bodies that one fake remembers


class World(Protocol):
    """What a host remembers. Hold `lock` while reading or writing more than one thing."""

    lock: threading.RLock


StateT = TypeVar("StateT", bound=World)


@dataclass(slots=True)
class BaseCore(Generic[StateT]):
    """One running instance. `base_url` has no slash at the end; `prefix` is its path, empty or beginning with one."""

    root: Path
    state: StateT
    base_url: str = ""
    prefix: str = ""
    hook_ca_file: str | None = None
    clock: Clock = field(default_factory=Clock)
    requests: list[RequestRecord] = field(default_factory=list)
    observers: list[Callable[[RequestRecord], None]] = field(default_factory=list)
    sender: Sender = field(init=False)
    throttle: Throttle = field(init=False)
    _kept: int = 0

    def __post_init__(self) -> None:
        self.sender = Sender(self.clock)
        self.throttle = Throttle(self.clock)

    def record(self, record: RequestRecord) -> None:
        """Remember an answered request, and tell whoever looks on."""
        for observe in list(self.observers):
            observe(record)
        self._kept += record.weight
        if self._kept > KEPT_BODIES:
            record = replace(record, request_body=b"", response_body=b"")
        self.requests.append(record)

    def request_counts(self) -> Counter[str]:
        """How often each `METHOD template` was answered."""
        return Counter(f"{each.method} {each.template}" for each in list(self.requests))
