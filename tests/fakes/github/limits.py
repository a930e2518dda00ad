"""What GitHub says about its limit on requests, and how it refuses."""

import json

from werkzeug import Request, Response

from tests.fakes.parts.throttling import Toll

from .credentials import Caller
from .errors import LIMITS
from .server_core import Core

ANONYMOUS = 60


def toll_of(core: Core, caller: Caller, request: Request, count: int = 1, *, resource: str = "core") -> Toll | None:
    """Count a request: users have one sum for all their tokens, the anonymous one for their address."""
    if caller.installation is not None:
        return core.throttle.take(f"{resource}:installation:{caller.installation.id}", count)
    if caller.app is not None:
        return core.throttle.take(f"{resource}:app:{caller.app.id}", count)
    if caller.user is not None:
        return core.throttle.take(f"{resource}:user:{caller.user.id}", count)
    return core.throttle.take(f"{resource}:address:{request.remote_addr}", count, limit=ANONYMOUS)


def headers(toll: Toll | None, resource: str) -> dict[str, str]:
    if toll is None:
        return {}
    return {
        "X-RateLimit-Limit": str(toll.limit),
        "X-RateLimit-Remaining": str(toll.remaining),
        "X-RateLimit-Used": str(min(toll.observed, toll.limit)),
        "X-RateLimit-Reset": str(toll.reset),
        "X-RateLimit-Resource": resource,
    }


def refusal(toll: Toll, caller: Caller, request: Request, resource: str) -> Response:
    """What is answered when the limit is used up; GraphQL says so with 200."""
    who = f"user ID {caller.user.id}." if caller.user is not None else f"{request.remote_addr}."
    message = f"API rate limit exceeded for {who}"
    if resource == "graphql":
        body: dict[str, object] = {"errors": [{"type": "RATE_LIMITED", "message": message}]}
        return _json(body, 200, headers(toll, resource))
    return _json({"message": message, "documentation_url": LIMITS}, 403, headers(toll, resource))


def _json(body: dict[str, object], status: int, more: dict[str, str]) -> Response:
    return Response(json.dumps(body), status, more, content_type="application/json; charset=utf-8")
