"""What GitHub's webhooks say about themselves."""

import hmac
import json
import uuid
from urllib.parse import urlencode, urlsplit

from tests.fakes.parts.deliveries import DeliveryRecord, Outgoing

from .model import Hook
from .server_core import Core


def sign(secret: str, body: bytes) -> dict[str, str]:
    """The two headers by which a receiver checks who sent a delivery."""
    key = secret.encode()
    return {
        "X-Hub-Signature": f"sha1={hmac.digest(key, body, 'sha1').hex()}",
        "X-Hub-Signature-256": f"sha256={hmac.digest(key, body, 'sha256').hex()}",
    }


def send(core: Core, hook: Hook, event: str, payload: dict[str, object]) -> None:
    """Queue one delivery."""
    text = json.dumps(payload, separators=(",", ":"))
    body = text.encode() if hook.content_type == "json" else urlencode({"payload": text}).encode()
    _queue(core, hook, event, body, str(uuid.uuid4()))


def redeliver(core: Core, hook: Hook, record: DeliveryRecord) -> None:
    """The same body under the same GUID, to where the hook points now."""
    _queue(core, hook, record.event, record.body, record.guid, is_redelivery=True)


def _queue(core: Core, hook: Hook, event: str, body: bytes, guid: str, *, is_redelivery: bool = False) -> None:
    def judge(record: DeliveryRecord) -> None:
        hook.last_status = record.status or 0

    verify = (core.hook_ca_file or True) if hook.insecure_ssl == "0" else False
    headers = _headers(core, hook, event, guid) | (sign(hook.secret, body) if hook.secret else {})
    core.sender.send(Outgoing(hook.id, hook.url, event, body, headers, verify, guid, is_redelivery, judge))


def _headers(core: Core, hook: Hook, event: str, guid: str) -> dict[str, str]:
    is_json = hook.content_type == "json"
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/json" if is_json else "application/x-www-form-urlencoded",
        "User-Agent": "GitHub-Hookshot/0123abc",
        "X-GitHub-Delivery": guid,
        "X-GitHub-Event": event,
        "X-GitHub-Hook-ID": str(hook.id),
        "X-GitHub-Hook-Installation-Target-ID": str(hook.parent_id),
        "X-GitHub-Hook-Installation-Target-Type": hook.kind,
    }
    if core.tenant:
        headers["X-GitHub-Tenant"] = core.tenant
    if core.version is not None:
        host = urlsplit(core.base_url).hostname or ""
        headers |= {"X-GitHub-Enterprise-Version": core.version, "X-GitHub-Enterprise-Host": host}
    return headers
