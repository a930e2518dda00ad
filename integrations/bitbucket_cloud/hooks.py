"""Bitbucket Cloud's webhook deliveries: prove where they come from, and what they hint at. Pure.

https://support.atlassian.com/bitbucket-cloud/docs/event-payloads/
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime

from integrations.bitbucket_cloud.convert import read_uuid
from integrations.codehost import Delivery, HookEvent, Ping, RefsChanged, RepositoriesChanged
from integrations.errors import InvalidSignature, UnexpectedResponse
from integrations.fields import JsonObject, as_object, as_objects, find_object, find_text, parse_object

_REF_PREFIXES = {"branch": "refs/heads/", "tag": "refs/tags/"}


class BitbucketCloudHookParser:
    """The `HookParser` of Bitbucket Cloud."""

    def verify(self, headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> None:
        """The signature must be that of the raw bytes. It has no time. Raises InvalidSignature."""
        if not secret:
            raise InvalidSignature("the hook has no secret")
        method, _, given = headers.get("x-hub-signature", "").partition("=")
        if method != "sha256" or not given:
            raise InvalidSignature("the delivery has no signature: its hook at Bitbucket has no secret")
        wanted = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
            raise InvalidSignature("the signature of the delivery is wrong")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """What the delivery hints at. Events of no interest are a Ping. Raises UnexpectedResponse."""
        name = headers.get("x-event-key", "")
        if not name:
            raise UnexpectedResponse("the delivery does not say which event it is")
        key = headers.get("x-request-uuid") or hashlib.sha256(body).hexdigest()
        return Delivery(key, name, _EVENTS.get(name, _nothing)(parse_object(body, "the delivery")))


def _nothing(_payload: JsonObject) -> tuple[HookEvent, ...]:
    return (Ping(),)


def _push(payload: JsonObject) -> tuple[HookEvent, ...]:
    """All refs of one push. Without any, it is not known which ones changed."""
    push = find_object(payload, "push") or {}
    changes = as_objects(push.get("changes") or [], "the changes")
    refs = dict.fromkeys(ref for change in changes if (ref := _ref(change)))
    return (RefsChanged(_repository_id(payload), tuple(refs)),)


def _ref(change: JsonObject) -> str:
    """The branch or tag that was made, moved or (when only the old one is there) deleted; "" for anything else."""
    named = find_object(change, "new") or find_object(change, "old") or {}
    prefix, name = _REF_PREFIXES.get(find_text(named, "type")), find_text(named, "name")
    return f"{prefix}{name}" if prefix and name else ""


def _repository(payload: JsonObject) -> tuple[HookEvent, ...]:
    return (RepositoriesChanged(_repository_id(payload)),)


def _repository_id(payload: JsonObject) -> str:
    return read_uuid(as_object(payload.get("repository"), "the repository"))


_EVENTS: Mapping[str, Callable[[JsonObject], tuple[HookEvent, ...]]] = {
    "repo:push": _push,
    **dict.fromkeys(("repo:created", "repo:imported", "repo:updated", "repo:deleted", "repo:transfer"), _repository),
}
