"""Send webhooks as code hosts do: in the background, and with a log of what came back."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs

import requests

from .clock import Clock

TIMEOUT_SECONDS = 10
KEPT_TEXT = 2000


@dataclass(slots=True)
class DeliveryRecord:
    """One attempt to deliver. `status` is None until an answer came, and for good when none did (see `error`)."""

    id: int
    hook_id: int
    url: str
    event: str
    body: bytes
    headers: dict[str, str] = field(repr=False)
    at: datetime
    is_done: bool = False
    status: int | None = None
    response: str = ""
    response_headers: dict[str, str] = field(default_factory=dict, repr=False)
    error: str = ""
    seconds: float = 0.0
    guid: str = ""  # of the hosts that give every delivery one
    is_redelivery: bool = False

    @property
    def payload(self) -> dict[str, object]:
        """The JSON object, wherever the body has it."""
        text = parse_qs(self.body.decode())["payload"][0] if self.body.startswith(b"payload=") else self.body
        loaded = json.loads(text)
        assert isinstance(loaded, dict)
        return loaded


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be sent. `verify` is about the certificate: whether to, or the authorities to trust."""

    hook_id: int
    url: str
    event: str
    body: bytes
    headers: dict[str, str] = field(repr=False)
    verify: bool | str = True
    guid: str = ""
    is_redelivery: bool = False
    judge: Callable[[DeliveryRecord], None] | None = None  # hears of the attempt once it is over


class Sender:
    """A small pool of threads. `log` has every attempt in the order in which it was made."""

    def __init__(self, clock: Clock) -> None:
        self.log: list[DeliveryRecord] = []
        self._clock = clock
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="fake-hooks")
        self._pending: set[Future[None]] = set()
        self._lock = threading.Lock()

    def send(self, out: Outgoing) -> DeliveryRecord:
        """Queue one delivery."""
        now = self._clock.now()
        with self._lock:
            record = DeliveryRecord(len(self.log) + 1, out.hook_id, out.url, out.event, out.body, out.headers, now)
            record.guid, record.is_redelivery = out.guid, out.is_redelivery
            self.log.append(record)
            future = self._pool.submit(_post, out, record)
            self._pending.add(future)
        future.add_done_callback(self._forget)
        return record

    def wait(self, seconds: float) -> bool:
        """Until nothing is under way. False when time ran out."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with self._lock:
                if not self._pending:
                    return True
            time.sleep(0.005)
        return False

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _forget(self, future: Future[None]) -> None:
        with self._lock:
            self._pending.discard(future)


def _post(out: Outgoing, record: DeliveryRecord) -> None:
    started = time.monotonic()
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                record.url,
                data=record.body,
                headers=record.headers,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                verify=out.verify,
            )
        record.status, record.response = answer.status_code, answer.text[:KEPT_TEXT]
        record.response_headers = dict(answer.headers.items())
    except requests.RequestException as error:
        record.error = type(error).__name__
    record.seconds = time.monotonic() - started
    if out.judge is not None:
        out.judge(record)
    record.is_done = True


def is_success(record: DeliveryRecord) -> bool:
    return record.status is not None and 200 <= record.status < 300
