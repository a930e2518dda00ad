"""GitLab's webhook deliveries: prove where they come from, and what they hint at. Pure.

https://docs.gitlab.com/user/project/integrations/webhooks/ — signatures follow https://www.standardwebhooks.com
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from integrations.codehost import Delivery, HookEvent, MembersChanged, Ping, RefsChanged, RepositoriesChanged
from integrations.errors import InvalidSignature, UnexpectedResponse
from integrations.fields import JsonObject, as_objects, find_id, find_object, find_text, parse_object, read_id

TOLERANCE = timedelta(minutes=5)
SIGNING_PREFIX = "whsec_"


def signing_token(secret: str) -> str:
    """The signing token that belongs to a hook's secret: always the same 32 bytes, which do not tell the secret."""
    key = hmac.new(secret.encode(), b"repertory webhook signing key", hashlib.sha256).digest()
    return SIGNING_PREFIX + base64.b64encode(key).decode("ascii")


class GitLabHookParser:
    """The `HookParser` of GitLab."""

    def verify(self, headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> None:
        """A signature, where there is one, must be right and recent; otherwise the token must be the secret.

        Raises InvalidSignature.
        """
        if not secret:
            raise InvalidSignature("the hook has no secret")
        if "webhook-signature" in headers:
            _verify_signature(headers, body, secret=secret, now=now)
            return
        if not hmac.compare_digest(headers.get("x-gitlab-token", "").encode(), secret.encode()):
            raise InvalidSignature("the token of the delivery is missing or wrong")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """What the delivery hints at. Events of no interest are a Ping. Raises UnexpectedResponse."""
        payload = parse_object(body, "the delivery")
        kind = find_text(payload, "event_name") or find_text(payload, "object_kind")
        name = " / ".join(part for part in (headers.get("x-gitlab-event", ""), kind) if part)
        if not name:
            raise UnexpectedResponse("the delivery does not say which event it is")
        key = headers.get("idempotency-key") or headers.get("webhook-id") or hashlib.sha256(body).hexdigest()
        return Delivery(key, name, _EVENTS.get(kind, _nothing)(payload))


def _verify_signature(headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> None:
    stamp = headers.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        raise InvalidSignature("the delivery has no timestamp")
    if abs(now - datetime.fromtimestamp(int(stamp), tz=UTC)) > TOLERANCE:
        raise InvalidSignature("the timestamp of the delivery is more than five minutes away from our clock")
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    given = [_decode(entry[3:]) for entry in headers["webhook-signature"].split() if entry.startswith("v1,")]
    # Which bytes GitLab takes as the key is not documented: the decoded ones (the standard), or the text.
    token = signing_token(secret)
    keys = (base64.b64decode(token.removeprefix(SIGNING_PREFIX)), token.encode())
    wanted = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
    if not any(hmac.compare_digest(left, right) for left in given for right in wanted):
        raise InvalidSignature("the signature of the delivery is wrong")


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _nothing(_payload: JsonObject) -> tuple[HookEvent, ...]:
    return (Ping(),)


def _refs(payload: JsonObject) -> tuple[HookEvent, ...]:
    ref = find_text(payload, "ref")
    return (RefsChanged(_project_id(payload), (ref,) if ref else ()),)


def _many_refs(payload: JsonObject) -> tuple[HookEvent, ...]:
    changes = as_objects(payload.get("changes") or [], "changes")
    refs = tuple(find_text(change, "ref") for change in changes)
    return (RefsChanged(_project_id(payload), tuple(ref for ref in refs if ref)),)


def _release(payload: JsonObject) -> tuple[HookEvent, ...]:
    tag = find_text(payload, "tag")
    return (RefsChanged(_project_id(payload), (f"refs/tags/{tag}",) if tag else ()),)


def _member(payload: JsonObject) -> tuple[HookEvent, ...]:
    return (MembersChanged(find_id(payload, "user_id"), find_id(payload, "group_id")),)


def _group(payload: JsonObject) -> tuple[HookEvent, ...]:
    return (MembersChanged(team_id=find_id(payload, "group_id")), RepositoriesChanged())


def _project(payload: JsonObject) -> tuple[HookEvent, ...]:
    return (RepositoriesChanged(find_id(payload, "project_id")),)


def _person(payload: JsonObject) -> tuple[HookEvent, ...]:
    return (MembersChanged(account_id=find_id(payload, "user_id")),)


def _project_id(payload: JsonObject) -> str:
    project = find_object(payload, "project")
    if project is not None and find_id(project, "id") is not None:
        return read_id(project)
    return read_id(payload, "project_id")


_EVENTS: Mapping[str, Callable[[JsonObject], tuple[HookEvent, ...]]] = {
    **dict.fromkeys(("push", "tag_push"), _refs),
    "repository_update": _many_refs,
    "release": _release,
    **dict.fromkeys(("user_add_to_group", "user_update_for_group", "user_remove_from_group"), _member),
    **dict.fromkeys(("user_add_to_team", "user_update_for_team", "user_remove_from_team"), _person),
    **dict.fromkeys(("user_rename", "user_destroy"), _person),
    **dict.fromkeys(("subgroup_create", "subgroup_destroy", "group_create", "group_destroy", "group_rename"), _group),
    **dict.fromkeys(("project_create", "project_destroy", "project_rename"), _project),
    **dict.fromkeys(("project_transfer", "project_update"), _project),
}
