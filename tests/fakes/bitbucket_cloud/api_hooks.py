"""REST: webhooks of repositories and workspaces, and which events they can hear of."""

import ipaddress
from urllib.parse import urlsplit

from werkzeug import Response

from tests.fakes.parts.routing import Json

from . import scopes
from .api_lookups import administered_repo, owned_workspace
from .calls import Call, CloudRoutes
from .errors import bad_request, not_found
from .model import Hook, SubjectKind
from .rendering import href, moment, small_repository, small_workspace
from .server_core import Core

routes = CloudRoutes()
REPOSITORY_EVENTS = (
    "repo:push",
    "repo:fork",
    "repo:updated",
    "repo:deleted",
    "repo:imported",
    "repo:transfer",
    "repo:commit_comment_created",
    "repo:commit_status_created",
    "repo:commit_status_updated",
    "issue:created",
    "issue:updated",
    "issue:comment_created",
    "pullrequest:created",
    "pullrequest:updated",
    "pullrequest:approved",
    "pullrequest:unapproved",
    "pullrequest:fulfilled",
    "pullrequest:rejected",
)
WORKSPACE_EVENTS = (*REPOSITORY_EVENTS, "repo:created", "project:updated")
EVENTS = {"repository": REPOSITORY_EVENTS, "workspace": WORKSPACE_EVENTS}
READ = ("webhook", "read:webhook:bitbucket")
WRITE = ("webhook", "read:webhook:bitbucket", "write:webhook:bitbucket")
DELETE = ("webhook", "delete:webhook:bitbucket")
CATEGORIES = {"repo": "Repository", "issue": "Issue", "pullrequest": "Pull Request", "project": "Project"}


@routes.get("/hook_events", ())
def subjects(call: Call) -> Response:
    base = f"{call.core.api_url}/hook_events"
    return call.answer({kind: {"links": {"events": href(f"{base}/{kind}")}} for kind in EVENTS})


@routes.get("/hook_events/:subject_type", ())
def events(call: Call) -> Response:
    names = EVENTS.get(call.params["subject_type"])
    if names is None:
        raise not_found()
    return call.page(names, _event)


def _event(name: str) -> Json:
    kind, _, what = name.partition(":")
    label = what.replace("_", " ").capitalize()
    return {"event": name, "category": CATEGORIES[kind], "label": label, "description": f"{label} of a {kind}"}


def _subject(call: Call) -> tuple[SubjectKind, str]:
    """Raises ApiError 403 for somebody who may not configure it: workspace hooks are for owners."""
    if "repo_slug" in call.params:
        return "repository", administered_repo(call).uuid
    return "workspace", owned_workspace(call).uuid


def _found(call: Call) -> Hook:
    _, subject = _subject(call)
    found = call.core.state.hooks.get(call.params["uid"].lower())
    if found is None or found.subject != subject:
        raise not_found("Webhook not found")
    return found


@routes.get("/repositories/:workspace/:repo_slug/hooks", READ)
@routes.get("/workspaces/:workspace/hooks", READ)
def hooks(call: Call) -> Response:
    _, subject = _subject(call)
    return call.page(call.core.state.hooks_of(subject), lambda each: rendered(call.core, each))


@routes.get("/repositories/:workspace/:repo_slug/hooks/:uid", READ)
@routes.get("/workspaces/:workspace/hooks/:uid", READ)
def one_hook(call: Call) -> Response:
    return call.answer(rendered(call.core, _found(call)))


@routes.post("/repositories/:workspace/:repo_slug/hooks", WRITE)
@routes.post("/workspaces/:workspace/hooks", WRITE)
def create(call: Call) -> Response:
    kind, subject = _subject(call)
    body, state = call.body(), call.core.state
    fresh = Hook(
        number=state.next_number("hooks"),
        uuid=state.next_uuid(),
        subject_type=kind,
        subject=subject,
        url="",
        description="",
        active=True,
        created_at=call.core.clock.now(),
        events=(),
    )
    _fill(call, fresh, body)
    state.hooks[fresh.uuid] = fresh
    return call.answer(rendered(call.core, fresh), 201)


@routes.put("/repositories/:workspace/:repo_slug/hooks/:uid", WRITE)
@routes.put("/workspaces/:workspace/hooks/:uid", WRITE)
def change(call: Call) -> Response:
    """Without `secret` it stays, null takes it away."""
    found = _found(call)
    _fill(call, found, call.body())
    return call.answer(rendered(call.core, found))


@routes.delete("/repositories/:workspace/:repo_slug/hooks/:uid", DELETE)
@routes.delete("/workspaces/:workspace/hooks/:uid", DELETE)
def remove(call: Call) -> Response:
    del call.core.state.hooks[_found(call).uuid]
    return Response(status=204)


def _fill(call: Call, target: Hook, body: Json) -> None:
    url, chosen = _url(call, body), _events(call, target, body)
    target.url, target.events = url, chosen
    target.description = str(body.get("description", target.description) or "")
    target.active = bool(body.get("active", target.active))
    target.skip_cert_verification = bool(body.get("skip_cert_verification", target.skip_cert_verification))
    if "secret" in body:
        target.secret = str(body["secret"] or "")


def _events(call: Call, target: Hook, body: Json) -> tuple[str, ...]:
    """Raises ApiError 400 for unknown events and 403 for those whose own scope is missing."""
    wanted = body.get("events")
    if not isinstance(wanted, list) or not wanted:
        raise bad_request("Bad request", "events: this field is required")
    unknown = [str(each) for each in wanted if each not in EVENTS[target.subject_type]]
    if unknown:
        raise bad_request("Bad request", f"events: not valid: {', '.join(unknown)}")
    token = call.caller.authenticated()
    needed = {scopes.of_event(str(each), is_api_token=token.kind == "api") for each in wanted}
    call.caller.require(tuple(sorted(needed)))
    return tuple(str(each) for each in wanted)


def _url(call: Call, body: Json) -> str:
    url = str(body.get("url") or "")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise bad_request("Bad request", "url: enter a valid URL")
    if _is_internal(parts.hostname) and not call.core.allow_local_hooks:
        raise bad_request("Bad request", "url: it must resolve to a public address")
    return url


def _is_internal(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(
            (".localhost", ".local", ".internal", ".lan", ".intranet", ".home.arpa")
        )


def rendered(core: Core, each: Hook) -> Json:
    """Never shows the secret."""
    state = core.state
    if each.subject_type == "repository":
        repo = state.repos[each.subject]
        subject, base = small_repository(core, repo), f"repositories/{state.full_name(repo)}"
    else:
        home = state.workspaces[each.subject]
        subject, base = small_workspace(core, home), f"workspaces/{home.slug}"
    return {
        "type": "webhook_subscription",
        "uuid": each.uuid,
        "url": each.url,
        "description": each.description,
        "subject_type": each.subject_type,
        "subject": subject,
        "active": each.active,
        "created_at": moment(each.created_at),
        "events": list(each.events),
        "secret_set": bool(each.secret),
        "links": {"self": href(f"{core.api_url}/{base}/hooks/{each.uuid.replace('{', '%7B').replace('}', '%7D')}")},
    }
