"""Send webhooks as GitLab does: in the background, with its headers, and with a log of what came back."""

import base64
import hmac
import json
import threading
import time
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import requests

from .clock import Clock
from .model import Hook

TIMEOUT_SECONDS = 10
TEMPORARY_AFTER, PERMANENT_AFTER = 4, 40


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
    error: str = ""
    seconds: float = 0.0

    @property
    def payload(self) -> dict[str, object]:
        loaded = json.loads(self.body)
        assert isinstance(loaded, dict)
        return loaded


@dataclass(frozen=True, slots=True)
class Origin:
    """What a delivery says about the server that sends it."""

    base_url: str
    version: str
    clock: Clock
    auto_disable: bool
    ca_file: str | None

    @property
    def signs(self) -> bool:
        return int(self.version.split(".")[0]) >= 19


class Sender:
    """A small pool of threads. `log` has every attempt in the order in which it was made."""

    def __init__(self) -> None:
        self.log: list[DeliveryRecord] = []
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="fake-gitlab-hooks")
        self._pending: set[Future[None]] = set()
        self._lock = threading.Lock()

    def send(self, origin: Origin, hook: Hook, event: str, payload: dict[str, object], event_uuid: str) -> None:
        """Queue one delivery. A disabled hook gets nothing."""
        if _is_disabled(hook, origin.clock.now()):
            return
        body = json.dumps(payload, separators=(",", ":")).encode()
        self._queue(origin, hook, event, body, _headers(origin, hook, event, event_uuid, str(uuid.uuid4())))

    def redeliver(self, origin: Origin, hook: Hook, record: DeliveryRecord) -> None:
        """The same body again under the same Idempotency-Key, signed anew."""
        key, event_uuid = record.headers["Idempotency-Key"], record.headers["X-Gitlab-Event-UUID"]
        headers = _headers(origin, hook, record.event, event_uuid, key)
        self._queue(origin, hook, record.event, record.body, headers)

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

    def _queue(self, origin: Origin, hook: Hook, event: str, body: bytes, headers: dict[str, str]) -> None:
        now = origin.clock.now()
        if origin.signs and hook.signing_token:
            headers |= sign(hook.signing_token, headers["Idempotency-Key"], now, body)
        with self._lock:
            record = DeliveryRecord(len(self.log) + 1, hook.id, hook.url, event, body, headers, now)
            self.log.append(record)
            future = self._pool.submit(_post, origin, hook, record)
            self._pending.add(future)
        future.add_done_callback(self._forget)

    def _forget(self, future: Future[None]) -> None:
        with self._lock:
            self._pending.discard(future)


def sign(signing_token: str, delivery_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks."""
    timestamp = str(int(at.timestamp()))
    key = base64.b64decode(signing_token.removeprefix("whsec_"))
    message = b".".join((delivery_id.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.digest(key, message, "sha256")).decode()
    return {"webhook-id": delivery_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}


def _headers(origin: Origin, hook: Hook, event: str, event_uuid: str, key: str) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"GitLab/{origin.version}",
        "X-Gitlab-Event": event,
        "X-Gitlab-Instance": origin.base_url,
        "X-Gitlab-Webhook-UUID": hook.uuid,
        "X-Gitlab-Event-UUID": event_uuid,
        "Idempotency-Key": key,
    }
    if hook.token:
        headers["X-Gitlab-Token"] = hook.token
    return headers | dict(hook.custom_headers)


def _post(origin: Origin, hook: Hook, record: DeliveryRecord) -> None:
    started = time.monotonic()
    try:
        with requests.Session() as session:
            session.trust_env = False
            verify = (origin.ca_file or True) if hook.enable_ssl_verification else False
            answer = session.post(
                record.url,
                data=record.body,
                headers=record.headers,
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                verify=verify,
            )
        record.status, record.response = answer.status_code, answer.text[:2000]
    except requests.RequestException as error:
        record.error = type(error).__name__
    record.seconds = time.monotonic() - started
    _judge(origin, hook, is_success=record.status is not None and 200 <= record.status < 300)
    record.is_done = True


def _judge(origin: Origin, hook: Hook, *, is_success: bool) -> None:
    hook.failures = 0 if is_success else hook.failures + 1
    if is_success:
        hook.alert_status, hook.disabled_until = "executable", None
    elif origin.auto_disable and hook.failures >= PERMANENT_AFTER:
        hook.alert_status = "disabled"
    elif origin.auto_disable and hook.failures >= TEMPORARY_AFTER:
        minutes = min(2 ** (hook.failures - TEMPORARY_AFTER), 24 * 60)
        hook.alert_status = "temporarily_disabled"
        hook.disabled_until = origin.clock.now() + timedelta(minutes=minutes)


def _is_disabled(hook: Hook, now: datetime) -> bool:
    if hook.alert_status == "temporarily_disabled":
        return hook.disabled_until is not None and hook.disabled_until > now
    return hook.alert_status == "disabled"
