"""What every part of the fake server shares: state, clock, address, switches and logs."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .clock import Clock
from .deliveries import Sender
from .model import Project, RequestRecord
from .repository import Repository
from .state import State
from .throttling import Throttle


@dataclass(slots=True)
class Core:
    """One running instance. `base_url` has no slash at the end; `prefix` is its path, empty or beginning with one."""

    root: Path
    base_url: str = ""
    prefix: str = ""
    version: str = "18.5.0-ee"
    premium: bool = True
    block_local_hooks: bool = False
    auto_disable_hooks: bool = False
    hook_ca_file: str | None = None
    state: State = field(default_factory=State)
    clock: Clock = field(default_factory=Clock)
    requests: list[RequestRecord] = field(default_factory=list)
    sender: Sender = field(default_factory=Sender)
    throttle: Throttle = field(init=False)

    def __post_init__(self) -> None:
        self.throttle = Throttle(self.clock)

    @property
    def version_number(self) -> tuple[int, int]:
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def is_enterprise(self) -> bool:
        return self.version.endswith("-ee")

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/api/v4"

    def repository(self, project: Project) -> Repository:
        return self.state.repositories[project.id]

    def request_counts(self) -> Counter[str]:
        """How often each `METHOD template` was answered."""
        return Counter(f"{each.method} {each.template}" for each in self.requests)
