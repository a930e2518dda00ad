"""What every part of the fake server shares: state, clock, address, switches and logs."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.fakes.parts.core import BaseCore
from tests.fakes.parts.repository import Repository

from .limits import Limits
from .model import Account, Permission, Repo
from .rights import effective_rows
from .state import State

EffectiveRow = tuple[Account, Repo, Permission]


@dataclass(slots=True)
class Core(BaseCore[State]):
    """One running instance.

    `allow_local_hooks`: webhooks may lead to loopback. `groups_status`: what the 1.0 API answers, 200 for "it works".
    `answers_refresh_token`: whether refreshing tells the old refresh token again or nothing about it.
    """

    allow_local_hooks: bool = False
    groups_status: int = 200
    answers_refresh_token: bool = True
    limits: Limits = field(init=False)
    dropped_hooks: list[tuple[str, str, int]] = field(default_factory=list)  # hook, event, bytes: too large to be sent
    _rows: dict[str, tuple[int, list[EffectiveRow]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        BaseCore.__post_init__(self)
        self.limits = Limits(self.clock)

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/!api/2.0"

    @property
    def media_url(self) -> str:
        """Another host that serves large files: this one by its other name."""
        parts = urlsplit(self.base_url)
        host = "127.0.0.1" if parts.hostname == "localhost" else "localhost"
        return f"{parts.scheme}://{host}:{parts.port}{self.prefix}/-media"

    def repository(self, repo: Repo) -> Repository:
        return self.state.repositories[repo.number]

    def effective(self, workspace: str) -> list[EffectiveRow]:
        """Everybody's effective permission in every repository of a workspace."""
        version, rows = self._rows.get(workspace, (-1, []))
        if version != self.state.version:
            repos = self.state.repos_of(workspace)
            rows = [(who, each, may) for each in repos for who, may in effective_rows(self.state, each)]
            self._rows[workspace] = self.state.version, rows
        return rows
