"""REST: webhooks of organizations, of repositories and of an app, with their deliveries."""

import ipaddress
from urllib.parse import urlsplit

from werkzeug import Response

from tests.fakes.parts.deliveries import DeliveryRecord, is_success
from tests.fakes.parts.routing import Json, json_response

from . import hook_events
from .api_lookups import found_organization, found_repo, owned_organization
from .deliveries import redeliver
from .errors import custom, error, forbidden, invalid, not_found, wrong_field
from .model import Hook, HookKind, rank
from .rendering_hooks import config, delivery, full_delivery, hook, hook_url
from .routing import Call, Routes

routes = Routes()
ORGANIZATION, REPOSITORY = "/orgs/:org/hooks", "/repos/:owner/:repo/hooks"
ORGANIZATION_SCOPES = ("admin:org_hook",)
READ_SCOPES, WRITE_SCOPES, DELETE_SCOPES = ("read:repo_hook",), ("write:repo_hook",), ("admin:repo_hook",)
ORGANIZATION_EVENTS = frozenset({"membership", "organization", "team", "org_block", "repository"})
NAMES = (
    "* branch_protection_rule check_run check_suite code_scanning_alert commit_comment create delete "
    "deploy_key deployment deployment_status discussion discussion_comment fork gollum issue_comment issues "
    "label member membership meta milestone org_block organization package page_build ping project "
    "project_card project_column public pull_request pull_request_review pull_request_review_comment push "
    "registry_package release repository repository_import star status team team_add watch workflow_job "
    "workflow_run"
)
EVENTS = frozenset(NAMES.split())


def _parent(call: Call) -> tuple[HookKind, int]:
    """Raises ApiError 404 for who may not configure hooks there."""
    if "org" in call.params:
        if call.caller.is_installation:
            return "organization", found_organization(call).id
        return "organization", owned_organization(call).id
    repo = found_repo(call)
    if not call.caller.is_installation and call.caller.rank_in(repo) < rank("admin"):
        raise not_found()
    if repo.archived and call.request.method != "GET":
        raise forbidden("Repository was archived so is read-only.")
    return "repository", repo.id


def _visible(call: Call, kind: HookKind, parent_id: int) -> list[Hook]:
    """An application sees only its own hooks in an organization, a personal token none of any application."""
    rows = list(call.core.state.hooks_of(kind, parent_id))
    token = call.caller.token
    if kind == "repository" or token is None or call.caller.is_installation:
        return rows
    return [each for each in rows if each.application_id == token.application_id]


def _found(call: Call) -> Hook:
    """Raises ApiError 404."""
    kind, parent_id = _parent(call)
    for each in _visible(call, kind, parent_id):
        if str(each.id) == call.params["hook_id"]:
            return each
    raise not_found()


def listed(call: Call) -> Response:
    return call.page(_visible(call, *_parent(call)), lambda each: hook(call.core, each))


def create(call: Call) -> Response:
    """201 with a ping behind it. Raises ApiError 422."""
    kind, parent_id = _parent(call)
    body, settings = call.body(), _settings(call.body())
    if body.get("name", "web") != "web":
        raise invalid(wrong_field("Hook", "name", "custom"))
    url = settings.get("url")
    if not isinstance(url, str) or not url:
        raise invalid(custom("Hook", "Config must contain URL for webhooks"))
    now = call.core.clock.now()
    made = Hook(0, kind, parent_id, url, now, now, _events(body, kind))
    made.is_active = bool(body.get("active", True))
    _configure(made, settings)
    _check(call, made)
    made.application_id = call.caller.token.application_id if call.caller.token is not None else None
    made.id = call.core.state.next_id("hooks")
    call.core.state.hooks[made.id] = made
    hook_events.ping(call.core, made)
    return json_response(hook(call.core, made), 201, {"Location": hook_url(call.core, made)})


def _settings(body: Json) -> Json:
    found = body.get("config", {})
    if not isinstance(found, dict):
        raise invalid(wrong_field("Hook", "config"))
    return found


def _events(body: Json, kind: HookKind) -> tuple[str, ...]:
    """Raises ApiError 422 for one that this kind of hook does not know."""
    events = body.get("events", ["push"])
    if not isinstance(events, list):
        raise invalid(wrong_field("Hook", "events"))
    barred = ORGANIZATION_EVENTS - {"repository"} if kind == "repository" else frozenset()
    for each in events:
        if each not in EVENTS or each in barred:
            raise invalid(wrong_field("Hook", "events"))
    return tuple(dict.fromkeys(str(each) for each in events))


def _configure(each: Hook, settings: Json) -> None:
    """What is not named goes back to nothing: a secret that is not sent again is gone."""
    each.url = str(settings.get("url", each.url))
    each.content_type = str(settings.get("content_type", "form"))
    each.insecure_ssl = str(settings.get("insecure_ssl", "0"))
    each.secret = str(settings.get("secret", ""))


def _check(call: Call, wanted: Hook) -> None:
    """Raises ApiError 422 for an address that is none, for a twin, and for one hook too many."""
    parts = urlsplit(wanted.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid(custom("Hook", "url is not a valid URL"))
    if call.core.block_local_hooks and _is_local(parts.hostname):
        text = f"url is not supported because it isn't reachable over the public Internet ({parts.hostname})"
        raise invalid(custom("Hook", text))
    if wanted.content_type not in {"json", "form"}:
        raise invalid(custom("Hook", "content_type must be json or form"))
    others = [each for each in call.core.state.hooks_of(wanted.kind, wanted.parent_id) if each.id != wanted.id]
    mine = [each for each in others if each.application_id == _application_id(call)]
    if any(each.url == wanted.url and _overlap(each.events, wanted.events) for each in mine):
        raise invalid(custom("Hook", f"Hook already exists on this {wanted.kind}"))
    for event in wanted.events:
        if sum(event in each.events for each in others) >= call.core.hook_limit:
            raise invalid(custom("Hook", f'The "{event}" event cannot have more than {call.core.hook_limit} hooks'))


def _application_id(call: Call) -> int | None:
    return call.caller.token.application_id if call.caller.token is not None else None


def _overlap(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return "*" in some or "*" in others or bool(set(some) & set(others))


def _is_local(hostname: str) -> bool:
    try:
        return ipaddress.ip_address(hostname).is_private
    except ValueError:
        return hostname == "localhost" or hostname.endswith(".localhost")


def read(call: Call) -> Response:
    return json_response(hook(call.core, _found(call)))


def update(call: Call) -> Response:
    """A `config` replaces the whole one, secret included; without one the secret goes, too."""
    found, body = _found(call), call.body()
    settings = _settings(body)
    changed = Hook(found.id, found.kind, found.parent_id, found.url, found.created_at, call.core.clock.now())
    changed.content_type, changed.insecure_ssl = found.content_type, found.insecure_ssl
    changed.events = _events(body, found.kind) if "events" in body else found.events
    changed.events = _with_differences(changed.events, body)
    changed.is_active = bool(body.get("active", found.is_active))
    changed.application_id = found.application_id
    if "config" in body:
        _configure(changed, settings)
    _check(call, changed)
    call.core.state.hooks[found.id] = changed
    return json_response(hook(call.core, changed))


def _with_differences(events: tuple[str, ...], body: Json) -> tuple[str, ...]:
    """Repository hooks also take single events in and out."""
    added, removed = body.get("add_events", []), body.get("remove_events", [])
    assert isinstance(added, list)
    assert isinstance(removed, list)
    return tuple(each for each in dict.fromkeys([*events, *added]) if each not in removed)


def remove(call: Call) -> Response:
    found = _found(call)
    hook_events.hook_removed(call.core, found)
    del call.core.state.hooks[found.id]
    return Response(status=204)


def read_config(call: Call) -> Response:
    return json_response(config(_found(call)))


def update_config(call: Call) -> Response:
    """Only what is named changes."""
    found, body = _found(call), call.body()
    change_config(found, body)
    _check(call, found)
    found.updated_at = call.core.clock.now()
    return json_response(config(found))


def change_config(found: Hook, body: Json) -> None:
    for name in ("url", "content_type", "insecure_ssl", "secret"):
        if name in body:
            setattr(found, name, str(body[name]))


def pings(call: Call) -> Response:
    hook_events.ping(call.core, _found(call))
    return Response(status=204)


def tests(call: Call) -> Response:
    hook_events.test(call.core, _found(call))
    return Response(status=204)


def deliveries(call: Call) -> Response:
    return list_deliveries(call, _found(call))


def list_deliveries(call: Call, found: Hook) -> Response:
    """The newest first, page by page with a cursor."""
    wanted = call.query("status")
    if wanted not in {"", "success", "failure"}:
        raise error(422, "Invalid value for parameter 'status'")
    size = min(int(call.query("per_page") or "30"), 100)
    cursor = call.query("cursor")
    rows = [each for each in reversed(call.core.sender.log) if each.hook_id == found.id and each.is_done]
    rows = [each for each in rows if not wanted or is_success(each) == (wanted == "success")]
    rows = [each for each in rows if not cursor or each.id <= int(cursor.removeprefix("v1_"))]
    headers = {}
    if len(rows) > size:
        headers["Link"] = f'<{call.link(cursor=f"v1_{rows[size].id}")}>; rel="next"'
    return json_response([delivery(each) for each in rows[:size]], 200, headers)


def _record(call: Call, found: Hook) -> DeliveryRecord:
    """Raises ApiError 404."""
    for each in call.core.sender.log:
        if each.hook_id == found.id and str(each.id) == call.params["delivery_id"]:
            return each
    raise not_found()


def one_delivery(call: Call) -> Response:
    return json_response(full_delivery(_record(call, _found(call))))


def attempts(call: Call) -> Response:
    """202: it is sent again."""
    found = _found(call)
    redeliver(call.core, found, _record(call, found))
    return json_response({}, 202)


def one_app_delivery(call: Call, found: Hook) -> Response:
    return json_response(full_delivery(_record(call, found)))


def app_attempts(call: Call, found: Hook) -> Response:
    redeliver(call.core, found, _record(call, found))
    return json_response({}, 202)


def _register(base: str, reading: tuple[str, ...], writing: tuple[str, ...], deleting: tuple[str, ...]) -> None:
    one = f"{base}/:hook_id"
    routes.get(base, reading)(listed)
    routes.post(base, writing)(create)
    routes.get(one, reading)(read)
    routes.patch(one, writing)(update)
    routes.delete(one, deleting)(remove)
    routes.get(f"{one}/config", reading)(read_config)
    routes.patch(f"{one}/config", writing)(update_config)
    routes.post(f"{one}/pings", reading)(pings)
    routes.get(f"{one}/deliveries", reading)(deliveries)
    routes.get(f"{one}/deliveries/:delivery_id", reading)(one_delivery)
    routes.post(f"{one}/deliveries/:delivery_id/attempts", writing)(attempts)


_register(ORGANIZATION, ORGANIZATION_SCOPES, ORGANIZATION_SCOPES, ORGANIZATION_SCOPES)
_register(REPOSITORY, READ_SCOPES, WRITE_SCOPES, DELETE_SCOPES)
routes.post(f"{REPOSITORY}/:hook_id/tests", READ_SCOPES)(tests)
