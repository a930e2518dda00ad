"""The JSON forms of hooks and their deliveries."""

from tests.fakes.parts.deliveries import DeliveryRecord, is_success
from tests.fakes.parts.routing import Json

from .model import Hook
from .rendering import stamp
from .server_core import Core

HIDDEN = "********"


def config(hook: Hook) -> Json:
    body: Json = {"content_type": hook.content_type, "insecure_ssl": hook.insecure_ssl, "url": hook.url}
    return body | {"secret": HIDDEN} if hook.secret else body


def hook_url(core: Core, each: Hook) -> str:
    if each.kind == "integration":
        return f"{core.api_url}/app/hook"
    if each.kind == "organization":
        return f"{core.api_url}/orgs/{core.state.organizations[each.parent_id].login}/hooks/{each.id}"
    return f"{core.api_url}/repos/{core.state.full_name(core.state.repos[each.parent_id])}/hooks/{each.id}"


def hook(core: Core, each: Hook) -> Json:
    url = hook_url(core, each)
    names = {"organization": "Organization", "repository": "Repository", "integration": "App"}
    body: Json = {
        "type": names[each.kind],
        "id": each.id,
        "name": "web",
        "active": each.is_active,
        "events": list(each.events),
        "config": config(each),
        "updated_at": stamp(each.updated_at),
        "created_at": stamp(each.created_at),
        "url": url,
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
    }
    if each.kind == "repository":
        status = "unused" if each.last_status is None else "active" if each.last_status < 400 else "failed"
        response = {"code": each.last_status, "status": status, "message": None}
        body |= {"test_url": f"{url}/tests", "last_response": response}
    return body


def delivery(record: DeliveryRecord) -> Json:
    """A row of the list of deliveries."""
    payload = record.payload
    repository, installation = payload.get("repository"), payload.get("installation")
    return {
        "id": record.id,
        "guid": record.guid,
        "delivered_at": stamp(record.at),
        "redelivery": record.is_redelivery,
        "duration": round(record.seconds, 2),
        "status": "OK" if is_success(record) else record.error or "Invalid HTTP Response",
        "status_code": record.status or 0,
        "event": record.event,
        "action": payload.get("action"),
        "installation_id": installation["id"] if isinstance(installation, dict) else None,
        "repository_id": repository["id"] if isinstance(repository, dict) else None,
        "throttled_at": None,
    }


def full_delivery(record: DeliveryRecord) -> Json:
    return delivery(record) | {
        "url": record.url,
        "request": {"headers": record.headers, "payload": record.payload},
        "response": {"headers": record.response_headers, "payload": record.response},
    }
