"""REST: the server itself, its limits and its versions."""

from werkzeug import Response

from tests.fakes.parts.routing import Json, json_response
from tests.fakes.parts.throttling import Toll

from .errors import error, not_found
from .limits import toll_of
from .routing import Call, Routes

routes = Routes()


@routes.get("/", ())
def root(call: Call) -> Response:
    api = call.core.api_url
    return json_response({"current_user_url": f"{api}/user", "organization_url": f"{api}/orgs/{{org}}"})


@routes.get("/meta", ())
def meta(call: Call) -> Response:
    """A server says its version, the cloud where its webhooks come from."""
    body: Json = {"verifiable_password_authentication": call.core.is_server}
    if call.core.is_server:
        return json_response(body | {"installed_version": call.core.version})
    return json_response(body | {"hooks": ["192.0.2.0/24"], "web": ["192.0.2.0/24"], "api": ["192.0.2.0/24"]})


@routes.get("/versions", ())
def versions(call: Call) -> Response:
    if call.core.is_server:
        raise not_found()
    return json_response(list(reversed(call.core.api_versions)))


@routes.get("/rate_limit", ())
def rate_limit(call: Call) -> Response:
    """Not counted itself. A server without limits has none to tell."""
    core, resource = toll_of(call.core, call.caller, call.request, 0), {}
    if core is None:
        raise error(404, "Rate limiting is not enabled.")
    for name in ("core", "search", "graphql"):
        toll = toll_of(call.core, call.caller, call.request, 0, resource=name)
        assert toll is not None
        resource[name] = _numbers(toll)
    body: Json = {"resources": resource}
    is_old = call.request.headers.get("X-GitHub-Api-Version", "2022-11-28") == "2022-11-28"
    return json_response(body | {"rate": _numbers(core)} if is_old else body)


def _numbers(toll: Toll) -> Json:
    used = min(toll.observed, toll.limit)
    return {"limit": toll.limit, "used": used, "remaining": toll.remaining, "reset": toll.reset}
