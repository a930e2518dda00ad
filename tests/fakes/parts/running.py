"""The running fake: state, server and switches in one object."""

import secrets
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from urllib.parse import urlsplit

from .application import BaseApplication
from .clock import Clock
from .core import BaseCore
from .deliveries import DeliveryRecord
from .listening import Listener, tls_context
from .misbehaviour import Kind, Rule
from .records import RequestRecord

CoreT = TypeVar("CoreT", bound=BaseCore[Any])
Observer = Callable[[RequestRecord], None]
ONLOOKERS: list[Callable[[str], Observer]] = []  # by the name of its host, who looks at the requests of every fake


class RunningFake(ABC, Generic[CoreT]):
    """A server on a loopback port, from `start` (or `with`) to `close`. A host's fake makes `core` and `_app`."""

    name = "host"
    core: CoreT
    _app: BaseApplication[CoreT]
    _listener: Listener | None = None

    def _set_up(self, core: CoreT, app: BaseApplication[CoreT]) -> None:
        self.core, self._app = core, app
        core.observers.extend(onlooker(self.name) for onlooker in ONLOOKERS)

    def _listen_at(
        self, host: str, port: int, *, prefix: str, base_url: str | None, certfile: str | None, keyfile: str | None
    ) -> None:
        self._host, self._port, self._base_url = host, port, base_url
        self.core.prefix = urlsplit(base_url).path.rstrip("/") if base_url else prefix.rstrip("/")
        self._tls = tls_context(certfile, keyfile) if certfile else None

    @classmethod
    def _new_root(cls) -> Path:
        return Path(tempfile.gettempdir()) / f"fake-{cls.name}-{secrets.token_hex(8)}"

    def start(self) -> Self:
        self.core.root.mkdir(mode=0o700, exist_ok=True)
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
        shutil.rmtree(self.core.root, ignore_errors=True)

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
    def port(self) -> int:
        """Raises RuntimeError before `start`."""
        if self._listener is None:
            raise RuntimeError("not started")
        return self._listener.port

    @property
    def clock(self) -> Clock:
        return self.core.clock

    @property
    def requests(self) -> list[RequestRecord]:
        return self.core.requests

    @property
    def observers(self) -> list[Observer]:
        """Called with every answered request, bodies included."""
        return self.core.observers

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
        self.send_again(record)
        return self.wait_for_deliveries()[-1]

    @abstractmethod
    def send_again(self, record: DeliveryRecord) -> None:
        """Queue a delivery once more. Raises KeyError when the hook is gone."""

    def misbehave(
        self,
        path_regex: str,
        kind: Kind | str,
        *,
        after: int = 0,
        times: int | None = None,
        seconds: float = 1.0,
        retry_after: int = 1,
        url: str = "https://elsewhere.example/api/",
    ) -> Rule:
        """Spoil requests whose `path?query` (without the prefix) matches. The newest rule goes first."""
        rule = Rule.matching(path_regex, kind, after=after, times=times)
        rule.seconds, rule.retry_after, rule.url = seconds, retry_after, url
        self._app.rules.insert(0, rule)
        return rule

    def behave(self) -> None:
        """End all misbehaviour."""
        self._app.rules.clear()

    def limit_rate(self, limit: int | None) -> None:
        """Say in every API answer how many requests are left, and refuse when none is; None: never."""
        self.core.throttle.limit = limit

    def delay(self, seconds: float) -> None:
        """Let every API request take that much longer."""
        self.core.throttle.latency = seconds
