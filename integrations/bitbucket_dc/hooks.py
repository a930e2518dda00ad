"""Bitbucket Data Center's webhook deliveries: prove where they come from, and what they hint at. Pure.

https://confluence.atlassian.com/bitbucketserver/event-payload-938025882.html
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime

from integrations.codehost import Delivery, HookEvent, Ping, RefsChanged, RepositoriesChanged
from integrations.errors import InvalidSignature, UnexpectedResponse
from integrations.fields import JsonObject, as_object, as_objects, find_object, find_text, parse_object, read_id

SIGNATURE = "x-hub-signature"
EVENT = "x-event-key"
TEST = "diagnostics:ping"
_PREFIX = "sha256="
_LONGEST_NAME = 80
_LARGEST_TEST = 1000  # it proves nothing: no more than this is read of it


class BitbucketDcHookParser:
    """The `HookParser` of Bitbucket Data Center."""

    def verify(self, headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> None:
        """HMAC-SHA256 over the raw body. Only the test that says nothing comes unsigned. Raises InvalidSignature."""
        if not secret:
            raise InvalidSignature("the hook has no secret")
        given = headers.get(SIGNATURE, "")
        if not given and _is_test(headers, body):
            return
        wanted = _PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise InvalidSignature("the signature of the delivery is missing or wrong")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """What the delivery hints at; its header says which event it is, as some bodies name another one.

        Events of no interest are a Ping. Raises UnexpectedResponse.
        """
        payload = parse_object(body, "the delivery")
        name = headers.get(EVENT, "")
        if not name:
            raise UnexpectedResponse(
                "the delivery has no X-Event-Key: it is from a plugin, not from Bitbucket's own webhooks"
            )
        key = headers.get("x-request-id") or hashlib.sha256(body).hexdigest()
        is_unproven = not headers.get(SIGNATURE)
        return Delivery(key, name[:_LONGEST_NAME], _EVENTS.get(name, _nothing)(payload), is_unproven)


def _is_test(headers: Mapping[str, str], body: bytes) -> bool:
    if headers.get(EVENT) != TEST or len(body) > _LARGEST_TEST:
        return False
    try:
        return parse_object(body, "the delivery") == {"test": True}
    except UnexpectedResponse:
        return False


def _nothing(_payload: JsonObject) -> tuple[HookEvent, ...]:
    return (Ping(),)


def _refs(payload: JsonObject) -> tuple[HookEvent, ...]:
    """Names only: what they point to is asked of git. None means any: a mirror with too many (`refLimitExceeded`)."""
    repository = as_object(payload.get("repository"), "the repository")
    changes = as_objects(payload.get("changes") or [], "changes")
    refs = tuple(filter(None, (_ref_name(change) for change in changes)))
    return (RefsChanged(read_id(repository), refs),)


def _ref_name(change: JsonObject) -> str:
    ref = find_object(change, "ref") or {}
    return find_text(ref, "id") or find_text(change, "refId")


def _repository(payload: JsonObject) -> tuple[HookEvent, ...]:
    row = find_object(payload, "new") or find_object(payload, "repository")
    return (RepositoriesChanged(None if row is None else read_id(row)),)


def _project(_payload: JsonObject) -> tuple[HookEvent, ...]:
    return (RepositoriesChanged(),)


_EVENTS: Mapping[str, Callable[[JsonObject], tuple[HookEvent, ...]]] = {
    **dict.fromkeys(("repo:refs_changed", "mirror:repo_synchronized"), _refs),
    **dict.fromkeys(("repo:modified", "repo:created", "repo:deleted"), _repository),
    **dict.fromkeys(("project:modified", "proj:modified"), _project),
}
