"""What GitLab says about its limit on requests."""

from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256

from werkzeug import Request, Response

from tests.fakes.parts.throttling import Throttle, Toll


def take(throttle: Throttle, request: Request) -> Toll | None:
    """Count a request of its token."""
    return throttle.take(sha256(request.headers.get("Authorization", "").encode()).hexdigest())


def headers(toll: Toll) -> dict[str, str]:
    said = {
        "RateLimit-Limit": str(toll.limit),
        "RateLimit-Name": "throttle_authenticated_api",
        "RateLimit-Observed": str(toll.observed),
        "RateLimit-Remaining": str(toll.remaining),
        "RateLimit-Reset": str(toll.reset),
        "RateLimit-ResetTime": format_datetime(datetime.fromtimestamp(toll.reset, tz=UTC), usegmt=True),
    }
    return said | {"Retry-After": str(toll.wait)} if toll.is_over else said


def refusal(toll: Toll) -> Response:
    """What is answered when the limit is used up."""
    return Response("Retry later\n", 429, headers(toll), content_type="text/plain")
