"""What GitLab's webhooks say about themselves, and when it stops sending them."""

import base64
import hmac
import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.fakes.parts.clock import Clock
from tests.fakes.parts.deliveries import DeliveryRecord, Outgoing, Sender, is_success

from .model import Hook

TEMPORARY_AFTER, PERMANENT_AFTER = 4, 40


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


def send(sender: Sender, origin: Origin, hook: Hook, event: str, payload: dict[str, object], event_uuid: str) -> None:
    """Queue one delivery. A disabled hook gets nothing."""
    if _is_disabled(hook, origin.clock.now()):
        return
    body = json.dumps(payload, separators=(",", ":")).encode()
    _queue(sender, origin, hook, event, body, _headers(origin, hook, event, event_uuid, str(uuid.uuid4())))


def redeliver(sender: Sender, origin: Origin, hook: Hook, record: DeliveryRecord) -> None:
    """The same body again under the same Idempotency-Key, signed anew."""
    key, event_uuid = record.headers["Idempotency-Key"], record.headers["X-Gitlab-Event-UUID"]
    headers = _headers(origin, hook, record.event, event_uuid, key)
    _queue(sender, origin, hook, record.event, record.body, headers)


def _queue(sender: Sender, origin: Origin, hook: Hook, event: str, body: bytes, headers: dict[str, str]) -> None:
    if origin.signs and hook.signing_token:
        headers |= sign(hook.signing_token, headers["Idempotency-Key"], origin.clock.now(), body)
    verify = (origin.ca_file or True) if hook.enable_ssl_verification else False

    def judge(record: DeliveryRecord) -> None:
        _judge(origin, hook, is_good=is_success(record))

    sender.send(Outgoing(hook.id, hook.url, event, body, headers, verify, judge=judge))


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


def _judge(origin: Origin, hook: Hook, *, is_good: bool) -> None:
    hook.failures = 0 if is_good else hook.failures + 1
    if is_good:
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
