"""REST: webhooks of projects, groups (Premium) and the instance (administrators)."""

import ipaddress
import uuid
from urllib.parse import urlsplit

from werkzeug import Response

from tests.fakes.parts.clock import iso
from tests.fakes.parts.deliveries import DeliveryRecord
from tests.fakes.parts.routing import ApiError, Json, json_response

from . import hook_events
from .api_lookups import found_group, found_project, require_level
from .deliveries import redeliver
from .model import Hook, HookKind, Level, Project
from .rendering import EVENTS, hook
from .routing import Call, Routes, bad_parameter, forbidden, not_found

routes = Routes()
TOO_MANY = {"project": 100, "group": 50, "system": 100}


def _parent(call: Call) -> tuple[HookKind, int]:
    """Raises ApiError for a parent that is hidden, not the caller's to configure, or without hooks in this edition."""
    kind = call.params.get("kind")
    if kind == "projects":
        project = found_project(call)
        require_level(call, project.source, Level.MAINTAINER)
        return "project", project.id
    if kind == "groups":
        if not (call.core.premium and call.core.is_enterprise):
            raise ApiError(404, {"error": "404 Not Found"})
        group = found_group(call)
        require_level(call, group.source, Level.OWNER)
        return "group", group.id
    if kind is not None:
        raise ApiError(404, {"error": "404 Not Found"})
    if not call.caller.signed_in().is_admin:
        raise forbidden()
    return "system", 0


def _found(call: Call) -> Hook:
    kind, parent_id = _parent(call)
    key = call.params["hook_id"]
    found = call.core.state.hooks.get(int(key)) if key.isdigit() else None
    if found is None or (found.kind, found.parent_id) != (kind, parent_id):
        raise not_found()
    return found


@routes.get("/hooks", ("api",))
@routes.get("/:kind/:id/hooks")
def hooks(call: Call) -> Response:
    kind, parent_id = _parent(call)
    rows = list(call.core.state.hooks_of(kind, parent_id))
    return call.page(rows, lambda each: hook(call.core, each))


@routes.get("/hooks/:hook_id", ("api",))
@routes.get("/:kind/:id/hooks/:hook_id")
def one_hook(call: Call) -> Response:
    return json_response(hook(call.core, _found(call)))


@routes.post("/hooks")
@routes.post("/:kind/:id/hooks")
def create(call: Call) -> Response:
    kind, parent_id = _parent(call)
    body = call.body()
    url = _url(call, body, kind)
    if len(list(call.core.state.hooks_of(kind, parent_id))) >= TOO_MANY[kind]:
        raise ApiError(422, {"message": f"Maximum number of {kind} hooks ({TOO_MANY[kind]}) exceeded"})
    events = {name: name == "push_events" for name in EVENTS[kind]}
    fresh = Hook(
        id=call.core.state.next_id("hooks"),
        kind=kind,
        parent_id=parent_id,
        url=url,
        uuid=str(uuid.uuid4()),
        created_at=call.core.clock.now(),
        events=events,
    )
    _fill(call, fresh, body)
    call.core.state.hooks[fresh.id] = fresh
    return json_response(hook(call.core, fresh), 201)


@routes.put("/hooks/:hook_id")
@routes.put("/:kind/:id/hooks/:hook_id")
def change(call: Call) -> Response:
    found, body = _found(call), call.body()
    url = _url(call, body, found.kind)
    if url != found.url:
        found.url, found.token, found.signing_token = url, "", ""
    _fill(call, found, body)
    return json_response(hook(call.core, found))


@routes.delete("/hooks/:hook_id")
@routes.delete("/:kind/:id/hooks/:hook_id")
def remove(call: Call) -> Response:
    del call.core.state.hooks[_found(call).id]
    return Response(status=204)


@routes.get("/:kind/:id/hooks/:hook_id/events", ("api",))
def events(call: Call) -> Response:
    found = _found(call)
    rows = [each for each in reversed(call.core.sender.log) if each.hook_id == found.id]
    return call.page(rows, _event_row)


@routes.post("/:kind/:id/hooks/:hook_id/events/:event_id/resend")
def resend(call: Call) -> Response:
    """Unlike GitLab this does not wait for the receiver's answer."""
    found = _found(call)
    records = [each for each in call.core.sender.log if str(each.id) == call.params["event_id"]]
    if not records or records[0].hook_id != found.id:
        raise not_found()
    redeliver(call.core.sender, hook_events.origin(call.core), found, records[0])
    return json_response({"message": "201 Created"}, 201)


@routes.post("/:kind/:id/hooks/:hook_id/test/:trigger")
def test(call: Call) -> Response:
    """Unlike GitLab this does not wait for the receiver's answer."""
    found, user = _found(call), call.caller.signed_in()
    project = _project_for_test(call, found)
    if project is None:
        raise ApiError(422, {"message": "Ensure the project has at least one commit."})
    hook_events.test_hook(call.core, found, project, user, call.params["trigger"])
    return json_response({"message": "201 Created"}, 201)


def _project_for_test(call: Call, found: Hook) -> Project | None:
    state = call.core.state
    if found.kind == "project":
        candidates = [state.projects[found.parent_id]]
    else:
        candidates = [each for each in state.projects.values() if _is_inside(call, each, found.parent_id)]
    return next((each for each in candidates if not call.core.repository(each).is_empty), None)


def _is_inside(call: Call, project: Project, group_id: int) -> bool:
    return call.core.state.is_below(call.core.state.groups[project.group_id], group_id)


def _event_row(record: DeliveryRecord) -> Json:
    return {
        "id": record.id,
        "url": record.url,
        "trigger": record.event.lower().replace(" ", "_") + "s",
        "request_headers": {key: value for key, value in record.headers.items() if key != "X-Gitlab-Token"},
        "request_data": record.payload,
        "response_headers": {},
        "response_body": record.response,
        "execution_duration": record.seconds,
        "response_status": str(record.status or "internal error"),
        "created_at": iso(record.at),
    }


def _fill(call: Call, target: Hook, body: Json) -> None:
    for name in EVENTS[target.kind]:
        if name in body:
            target.events[name] = body[name] in (True, "true", "1")
    if "token" in body:
        target.token = str(body["token"] or "")
    if "signing_token" in body and call.core.version_number >= (19, 0):
        target.signing_token = str(body["signing_token"] or "")
    if "enable_ssl_verification" in body:
        target.enable_ssl_verification = body["enable_ssl_verification"] in (True, "true", "1")
    target.name = str(body.get("name", target.name))
    target.description = str(body.get("description", target.description))
    target.push_events_branch_filter = str(body.get("push_events_branch_filter", target.push_events_branch_filter))
    headers = body.get("custom_headers")
    if isinstance(headers, list):
        target.custom_headers = [(str(each["key"]), str(each["value"])) for each in headers]


def _url(call: Call, body: Json, kind: HookKind) -> str:
    url = str(body.get("url") or "")
    if not url:
        raise bad_parameter("url", "is missing")
    parts = urlsplit(url)
    is_blocked = call.core.block_local_hooks and kind != "system" and _is_local(parts.hostname or "")
    if parts.scheme not in {"http", "https"} or not parts.hostname or is_blocked:
        raise ApiError(422, {"error": "Invalid url given"})
    return url


def _is_local(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".test"))
