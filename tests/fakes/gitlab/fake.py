"""The running fake: state, server and switches in one object."""

import secrets
import shutil
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

from . import hook_events
from .building import Building
from .clock import Clock
from .control import Control
from .deliveries import DeliveryRecord
from .listening import Listener, tls_context
from .misbehaviour import Kind, Rule
from .model import Group, Project, RequestRecord, User
from .oracle import readers
from .pushing import Pushing
from .server import Application
from .server_core import Core
from .state import State

Row = TypeVar("Row")


class FakeGitLab(Building, Pushing):
    """A GitLab server on a loopback port, from `start` (or `with`) to `close`. See the package for an overview."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        prefix: str = "",
        base_url: str | None = None,
        version: str = "18.5.0-ee",
        premium: bool = True,
        block_local_hooks: bool = False,
        auto_disable_hooks: bool = False,
        allow_control: bool = False,
        certfile: str | None = None,
        keyfile: str | None = None,
        hook_ca_file: str | None = None,
    ) -> None:
        self._root = Path(tempfile.gettempdir()) / f"fake-gitlab-{secrets.token_hex(8)}"
        self.core = Core(self._root, version=version, premium=premium)
        self.core.block_local_hooks, self.core.auto_disable_hooks = block_local_hooks, auto_disable_hooks
        self.core.hook_ca_file = hook_ca_file
        self.core.prefix = urlsplit(base_url).path.rstrip("/") if base_url else prefix.rstrip("/")
        self._host, self._port, self._base_url = host, port, base_url
        self._tls = tls_context(certfile, keyfile) if certfile else None
        self._app = Application(self.core, Control(self) if allow_control else None)
        self._listener: Listener | None = None

    def start(self) -> Self:
        self._root.mkdir(mode=0o700, exist_ok=True)
        self._listener = Listener(self._app, self._host, self._port, self._tls)
        scheme = "https" if self._tls else "http"
        own_url = f"{scheme}://{self._host}:{self._listener.port}{self.core.prefix}"
        self.core.base_url = (self._base_url or own_url).rstrip("/")
        return self

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self.core.sender.close()
        shutil.rmtree(self._root, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        return self.core.base_url

    @property
    def api_url(self) -> str:
        return self.core.api_url

    @property
    def port(self) -> int:
        """Raises RuntimeError before `start`."""
        if self._listener is None:
            raise RuntimeError("not started")
        return self._listener.port

    @property
    def state(self) -> State:
        return self.core.state

    @property
    def clock(self) -> Clock:
        return self.core.clock

    @property
    def requests(self) -> list[RequestRecord]:
        return self.core.requests

    @property
    def request_counts(self) -> Counter[str]:
        """How often each `METHOD /path/:template` was answered."""
        return self.core.request_counts()

    @property
    def deliveries(self) -> list[DeliveryRecord]:
        return self.core.sender.log

    def wait_for_deliveries(self, seconds: float = 10) -> list[DeliveryRecord]:
        """All attempts so far, once nothing is under way. Raises TimeoutError."""
        if not self.core.sender.wait(seconds):
            raise TimeoutError("webhooks are still under way")
        return self.deliveries

    def redeliver(self, record: DeliveryRecord) -> DeliveryRecord:
        """The same delivery again. Raises KeyError when the hook is gone."""
        self.core.sender.redeliver(hook_events.origin(self.core), self.state.hooks[record.hook_id], record)
        return self.wait_for_deliveries()[-1]

    def misbehave(
        self,
        path_regex: str,
        kind: Kind | str,
        *,
        after: int = 0,
        times: int | None = None,
        seconds: float = 1.0,
        retry_after: int = 1,
        url: str = "https://elsewhere.example/api/v4/",
    ) -> Rule:
        """Spoil requests whose `path?query` (without the prefix) matches. The newest rule goes first."""
        rule = Rule.matching(path_regex, kind, after=after, times=times)
        rule.seconds, rule.retry_after, rule.url = seconds, retry_after, url
        self._app.rules.insert(0, rule)
        return rule

    def limit_rate(self, per_minute: int | None) -> None:
        """Say in every API answer how many requests are left, and answer 429 when none is; None: never."""
        self.core.throttle.limit = per_minute

    def delay(self, seconds: float) -> None:
        """Let every API request take that much longer."""
        self.core.throttle.latency = seconds

    def behave(self) -> None:
        """End all misbehaviour."""
        self._app.rules.clear()

    def readers(self, project: Project, *, today: date | None = None) -> set[int]:
        """Ids of all people who may read the project's code, by brute force over GitLab's rules."""
        with self.state.lock:
            return readers(self.state, project, today or self.clock.today())

    def user(self, username: str) -> User:
        """Raises KeyError."""
        return _found(self.state.user_by(username), username)

    def group(self, path: str) -> Group:
        """Raises KeyError."""
        return _found(self.state.group_by(path), path)

    def project(self, path: str) -> Project:
        """Raises KeyError."""
        return _found(self.state.project_by(path), path)


def _found(row: Row | None, key: str) -> Row:
    if row is None:
        raise KeyError(key)
    return row
