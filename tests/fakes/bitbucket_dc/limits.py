"""When somebody has asked too much."""

from tests.fakes.parts.routing import ApiError

from .core import Core
from .credentials import Caller
from .routing import error


def admit(core: Core, caller: Caller) -> None:
    """Count a request of somebody who is known. Raises ApiError 429."""
    if core.buckets is None or caller.user is None:
        return
    wait = core.buckets.take(caller.user.name)
    if wait:
        raise limited(wait)


def limited(wait: int) -> ApiError:
    refusal = error(429, "You have been rate limited.")
    refusal.headers["Retry-After"] = str(wait)
    return refusal
