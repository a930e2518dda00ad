"""REST: webhooks of projects and repositories. PUT replaces the whole hook, whatever is not sent is gone."""

from urllib.parse import urlsplit

from werkzeug import Response

from tests.fakes.parts.deliveries import DeliveryRecord, is_success
from tests.fakes.parts.routing import Json

from . import hook_events
from .api_lookups import found_project, found_repository
from .core import Core
from .model import Hook, Level, Place
from .rendering import hook, millis
from .routing import Call, Routes, bad_request, empty, error, json_response, unknown_endpoint

routes = Routes()
PROJECT = "/rest/api/latest/projects/:projectKey/webhooks"
REPOSITORY = "/rest/api/latest/projects/:projectKey/repos/:repositorySlug/webhooks"
HOOKS_SINCE = (5, 4)
EVENTS_SINCE = {
    "repo:refs_changed": (5, 4),
    "repo:modified": (5, 4),
    "repo:forked": (5, 4),
    "repo:comment:added": (5, 4),
    "repo:comment:edited": (5, 4),
    "repo:comment:deleted": (5, 4),
    "pr:opened": (5, 4),
    "pr:modified": (5, 10),
    "pr:merged": (5, 4),
    "pr:declined": (5, 4),
    "pr:deleted": (5, 4),
    "pr:reviewer:updated": (5, 10),
    "pr:reviewer:approved": (5, 4),
    "pr:reviewer:unapproved": (5, 4),
    "pr:reviewer:needs_work": (5, 4),
    "pr:comment:added": (5, 4),
    "pr:comment:edited": (5, 4),
    "pr:comment:deleted": (5, 4),
    "mirror:repo_synchronized": (6, 5),
    "pr:from_ref_updated": (7, 0),
    "repo:secret_detected": (8, 3),
    "project:modified": (8, 8),
}
LISTED_ONLY = ("project:created", "project:deleted", "repo:created", "repo:deleted", "repo:default_branch_modified")
Outcomes = {"SUCCESS", "FAILURE", "ERROR"}


def known_events(core: Core) -> list[str]:
    return [event for event, since in EVENTS_SINCE.items() if core.is_since(*since)]


@routes.get("/rest/webhooks/latest/capabilities")
def capabilities(call: Call) -> Response:
    """More names than a hook can be made for."""
    call.signed_in()
    return json_response({"application-webhooks": [*known_events(call.core), *LISTED_ONLY]})


@routes.get("/rest/capabilities")
def all_capabilities(call: Call) -> Response:
    base = call.core.base_url
    body: Json = {
        "links": {"self": f"{base}/rest/capabilities"},
        "application": "stash",
        "buildDate": "2025-01-01T00:00:00Z",
        "capabilities": {"webhooks": f"{base}/rest/webhooks/latest/capabilities"},
    }
    return json_response(body)


def _place(call: Call) -> Place:
    """Raises ApiError for a place that is hidden or not the caller's, or without hooks in this version."""
    is_project = "repositorySlug" not in call.params
    if not call.core.is_since(*HOOKS_SINCE) or (is_project and not call.core.has_project_hooks):
        raise unknown_endpoint()
    if is_project:
        return found_project(call, Level.ADMIN).place
    return found_repository(call, Level.ADMIN).place


def _found(call: Call) -> Hook:
    place, key = _place(call), call.params["webhookId"]
    found = call.core.state.hooks.get(int(key)) if key.isdigit() else None
    if found is None or found.place != place:
        raise error(404, f"Webhook {key} does not exist.", "webhook.NoSuchWebhookException")
    return found


@routes.get(f"{REPOSITORY}/search")
def search(call: Call) -> Response:
    """The repository's own and those of its project."""
    place = _place(call)
    repository = call.core.state.repos[place.id]
    places = {"repository": place, "project": call.core.state.project_of(repository).place}
    wanted = call.request.args.getlist("scopeType") or list(places)
    rows = [each for kind in wanted if kind in places for each in call.core.state.hooks_of(places[kind])]
    return call.page(_with_event(call, rows), lambda each: _row(call, each))


@routes.get(PROJECT)
@routes.get(REPOSITORY)
def hooks(call: Call) -> Response:
    rows = call.core.state.hooks_of(_place(call))
    return call.page(_with_event(call, rows), lambda each: _row(call, each))


def _with_event(call: Call, rows: list[Hook]) -> list[Hook]:
    wanted = call.request.args.getlist("event")
    return [each for each in rows if not wanted or set(wanted) & set(each.events)]


def _row(call: Call, each: Hook) -> Json:
    body = hook(call.core, each)
    return body | {"statistics": _summary(call, each)} if call.flag("statistics") else body


@routes.post(f"{PROJECT}/test")
@routes.post(f"{REPOSITORY}/test")
def try_out(call: Call) -> Response:
    """Send an unsigned ping and tell what came back. Without a `url` the server breaks."""
    _place(call)
    url = call.query("url")
    if not url:
        raise error(500, "An internal error occurred", "com.atlassian.webhooks.WebhookInternalException")
    core = call.core
    record = hook_events.ping(core, url, is_tls_checked=call.flag("sslVerificationRequired", default=True))
    call.afterwards = lambda: _invocation_response(core, record)
    return empty()


def _invocation_response(core: Core, record: DeliveryRecord) -> Response:
    core.sender.wait(hook_events.PING_SECONDS)
    return json_response({"request": _request_part(record), "response": _result_part(record)})


@routes.post(PROJECT)
@routes.post(REPOSITORY)
def create(call: Call) -> Response:
    place = _place(call)
    _refuse_archived(call, place)
    now = call.core.clock.now()
    fresh = Hook(call.core.state.next_id("hooks"), place, "", "", (), now, now)
    _fill(call, fresh, call.body())
    call.core.state.hooks[fresh.id] = fresh
    return json_response(hook(call.core, fresh))


def _refuse_archived(call: Call, place: Place) -> None:
    if place.kind == "repository" and call.core.state.repos[place.id].archived:
        raise error(409, "This repository is archived and read-only.", "IntegrityException")


@routes.get(f"{PROJECT}/:webhookId")
@routes.get(f"{REPOSITORY}/:webhookId")
def one_hook(call: Call) -> Response:
    return json_response(_row(call, _found(call)))


@routes.put(f"{PROJECT}/:webhookId")
@routes.put(f"{REPOSITORY}/:webhookId")
def replace(call: Call) -> Response:
    found = _found(call)
    _refuse_archived(call, found.place)
    _fill(call, found, call.body())
    found.updated_at = call.core.clock.now()
    return json_response(hook(call.core, found))


def _fill(call: Call, found: Hook, body: Json) -> None:
    """All of a hook from what was sent. Raises ApiError 400."""
    url, events, configuration = body.get("url"), body.get("events"), body.get("configuration")
    if not isinstance(url, str) or urlsplit(url).scheme not in {"http", "https"}:
        raise bad_request("The URL is not valid.", "url")
    if not isinstance(body.get("name"), str) or not body["name"]:
        raise bad_request("A name is required.", "name")
    if not isinstance(events, list) or not events:
        raise bad_request("At least one event is required.", "events")
    unknown = [str(each) for each in events if each not in known_events(call.core)]
    if unknown:
        raise bad_request(f"Unknown webhook event: {', '.join(unknown)}", "events")
    credentials = body.get("credentials")
    found.name, found.url, found.events = str(body["name"]), url, tuple(map(str, events))
    found.active = body.get("active") is not False
    found.configuration = dict(configuration) if isinstance(configuration, dict) else {}
    found.is_tls_checked = body.get("sslVerificationRequired") is True
    given = credentials if isinstance(credentials, dict) else {}
    found.username, found.password = str(given.get("username") or ""), str(given.get("password") or "")


@routes.delete(f"{PROJECT}/:webhookId")
@routes.delete(f"{REPOSITORY}/:webhookId")
def remove(call: Call) -> Response:
    del call.core.state.hooks[_found(call).id]
    return empty()


@routes.get(f"{PROJECT}/:webhookId/latest")
@routes.get(f"{REPOSITORY}/:webhookId/latest")
def latest(call: Call) -> Response:
    """204 when there was none (of that outcome, of that event)."""
    outcome, event = call.query("outcome"), call.query("event")
    rows = [each for each in _attempts(call, _found(call)) if event in {None, each.event}]
    rows = [each for each in rows if outcome in {None, _outcome(each)}]
    return json_response(_invocation(rows[-1])) if rows else empty()


@routes.get(f"{PROJECT}/:webhookId/statistics")
@routes.get(f"{REPOSITORY}/:webhookId/statistics")
def statistics(call: Call) -> Response:
    found = _found(call)
    rows = [each for each in _attempts(call, found) if call.query("event") in {None, each.event}]
    return json_response(_history(found, rows))


@routes.get(f"{PROJECT}/:webhookId/statistics/summary")
@routes.get(f"{REPOSITORY}/:webhookId/statistics/summary")
def summary(call: Call) -> Response:
    return json_response(_summary(call, _found(call)))


def _summary(call: Call, found: Hook) -> Json:
    rows = _attempts(call, found)
    return {event: _history(found, [each for each in rows if each.event == event]) for event in found.events}


def _attempts(call: Call, found: Hook) -> list[DeliveryRecord]:
    return [each for each in call.core.sender.log if each.hook_id == found.id and each.is_done]


def _history(found: Hook, rows: list[DeliveryRecord]) -> Json:
    by_outcome = {name: [each for each in rows if _outcome(each) == name] for name in sorted(Outcomes)}
    counts: Json = {name: len(by_outcome[key]) for name, key in COUNTS.items()}
    body: Json = {"counts": counts | {"window": {"start": millis(found.created_at), "duration": 86_400_000}}}
    lasts = {name: _invocation(each[-1]) for name, each in zip(LASTS, by_outcome.values(), strict=True) if each}
    return body | lasts


COUNTS = {"errors": "ERROR", "failures": "FAILURE", "successes": "SUCCESS"}
LASTS = ("lastError", "lastFailure", "lastSuccess")


def _outcome(record: DeliveryRecord) -> str:
    if record.status is None:
        return "ERROR"
    return "SUCCESS" if is_success(record) else "FAILURE"


def _invocation(record: DeliveryRecord) -> Json:
    start, duration = millis(record.at), int(record.seconds * 1000)
    return {
        "id": record.id,
        "event": record.event,
        "start": start,
        "finish": start + duration,
        "duration": duration,
        "request": _request_part(record),
        "result": _result_part(record)
        | {"outcome": _outcome(record), "description": record.error or str(record.status)},
    }


def _request_part(record: DeliveryRecord) -> Json:
    return {"url": record.url, "method": "POST", "headers": dict(record.headers), "body": record.body.decode()}


def _result_part(record: DeliveryRecord) -> Json:
    if record.status is None:
        return {"message": record.error}
    return {"statusCode": record.status, "headers": dict(record.response_headers), "body": record.response}
