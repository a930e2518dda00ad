"""GitHub's webhook deliveries: prove where they come from, and what they hint at. Pure.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import parse_qs

from integrations.codehost import (
    Delivery,
    HookEvent,
    HookRemoved,
    MembersChanged,
    Ping,
    RefsChanged,
    RepositoriesChanged,
)
from integrations.errors import InvalidSignature, UnexpectedResponse
from integrations.fields import JsonObject, as_object, find_id, find_object, find_text, parse_object, read_id, read_text
from integrations.github.convert import team_id

SIGNATURE = "sha256="
_FORM = "application/x-www-form-urlencoded"  # what GitHub's own page for webhooks suggests
_FOLDERS = {"branch": "refs/heads/", "tag": "refs/tags/"}


def sign_delivery(body: bytes, secret: str) -> str:
    """The signature that belongs to a delivery."""
    return SIGNATURE + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class GitHubHookParser:
    """The `HookParser` of GitHub."""

    def verify(self, headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> None:
        """The signature must be that of the bytes as they came. A delivery tells no time. Raises InvalidSignature."""
        if not secret:
            raise InvalidSignature("the hook has no secret")
        given = headers.get("x-hub-signature-256", "")
        if not hmac.compare_digest(given.encode(), sign_delivery(body, secret).encode()):
            raise InvalidSignature("the signature of the delivery is missing or wrong")

    def parse(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """What the delivery hints at. Events of no interest are a Ping. Raises UnexpectedResponse."""
        event = headers.get("x-github-event", "")
        if not event:
            raise UnexpectedResponse("the delivery does not say which event it is")
        payload = parse_body(headers, body)
        name = " / ".join(part for part in (event, find_text(payload, "action")) if part)
        key = headers.get("x-github-delivery") or hashlib.sha256(body).hexdigest()
        return Delivery(key, name, _EVENTS.get(event, _nothing)(payload))


def parse_body(headers: Mapping[str, str], body: bytes) -> JsonObject:
    """The JSON object of a delivery, which may come in a form. Raises UnexpectedResponse."""
    text = body
    if headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
        fields = parse_qs(body.decode("utf-8", "replace"))
        text = fields.get("payload", [""])[0].encode()
    return parse_object(text, "the delivery")


def _nothing(_payload: JsonObject) -> tuple[HookEvent, ...]:
    return (Ping(),)


def _push(payload: JsonObject) -> tuple[HookEvent, ...]:
    ref = find_text(payload, "ref")
    return (RefsChanged(_repository_id(payload), (ref,) if ref else ()),)


def _ref(payload: JsonObject) -> tuple[HookEvent, ...]:
    """`create` and `delete` give the short name, and of what it is the name."""
    folder = _FOLDERS.get(find_text(payload, "ref_type"))
    refs = () if folder is None else (folder + read_text(payload, "ref"),)
    return (RefsChanged(_repository_id(payload), refs),)


def _release(payload: JsonObject) -> tuple[HookEvent, ...]:
    tag = find_text(as_object(payload.get("release"), "the release"), "tag_name")
    return (RefsChanged(_repository_id(payload), (f"refs/tags/{tag}",) if tag else ()),)


def _repository(payload: JsonObject) -> tuple[HookEvent, ...]:
    repository_id = _repository_id(payload)
    changes = find_object(payload, "changes") or {}
    if "default_branch" in changes:  # the file that makes a package may be another one now
        return RepositoriesChanged(repository_id), RefsChanged(repository_id)
    return (RepositoriesChanged(repository_id),)


def _team(payload: JsonObject) -> tuple[HookEvent, ...]:
    return (MembersChanged(team_id=_team_id(payload)),)


def _membership(payload: JsonObject) -> tuple[HookEvent, ...]:
    return (MembersChanged(_account_id(payload, "member"), _team_id(payload)),)


def _member(payload: JsonObject) -> tuple[HookEvent, ...]:
    return (MembersChanged(_account_id(payload, "member")),)


def _organization(payload: JsonObject) -> tuple[HookEvent, ...]:
    action = find_text(payload, "action")
    if action in {"renamed", "deleted"}:
        return MembersChanged(team_id=_organization_id(payload)), RepositoriesChanged()
    if action not in {"member_added", "member_removed"}:
        return (Ping(),)
    membership = as_object(payload.get("membership"), "the membership")
    return (MembersChanged(_account_id(membership, "user")),)  # with the organization, all its teams are left


def _installation(_payload: JsonObject) -> tuple[HookEvent, ...]:
    """An App was installed, suspended, or sees other repositories."""
    return (RepositoriesChanged(),)


def _meta(payload: JsonObject) -> tuple[HookEvent, ...]:
    return (HookRemoved(),) if find_text(payload, "action") == "deleted" else (Ping(),)


def _repository_id(payload: JsonObject) -> str:
    return read_id(as_object(payload.get("repository"), "the repository"))


def _organization_id(payload: JsonObject) -> str | None:
    organization = find_object(payload, "organization")
    return None if organization is None else read_id(organization)


def _team_id(payload: JsonObject) -> str | None:
    team, organization_id = find_object(payload, "team"), _organization_id(payload)
    return None if team is None or organization_id is None else team_id(organization_id, read_id(team))


def _account_id(payload: JsonObject, name: str) -> str | None:
    account = find_object(payload, name)
    return None if account is None else find_id(account, "id")


_EVENTS: Mapping[str, Callable[[JsonObject], tuple[HookEvent, ...]]] = {
    "push": _push,
    **dict.fromkeys(("create", "delete"), _ref),
    "release": _release,
    **dict.fromkeys(("repository", "public"), _repository),
    **dict.fromkeys(("team", "team_add"), _team),
    "membership": _membership,
    "member": _member,
    "organization": _organization,
    **dict.fromkeys(("installation", "installation_repositories", "installation_target"), _installation),
    "meta": _meta,
}
