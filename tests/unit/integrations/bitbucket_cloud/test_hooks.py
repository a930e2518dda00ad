"""Webhook deliveries of Bitbucket Cloud: proof of origin, and what they hint at."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from integrations.bitbucket_cloud.hooks import BitbucketCloudHookParser
from integrations.codehost import Ping, RefsChanged, RepositoriesChanged
from integrations.errors import InvalidSignature, UnexpectedResponse
from integrations.fields import JsonObject
from tests.recorded import RecordedDelivery, as_fact, recorded_deliveries
from tests.unit.integrations.bitbucket_cloud.rows import REPOSITORY

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = "hook-secret-1"
BODY = b'{"repository": {"uuid": "{3a0c5f2e}"}}'
PARSER = BitbucketCloudHookParser()


def signed(body: bytes = BODY, *, secret: str = SECRET) -> dict[str, str]:
    return {"x-hub-signature": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


def pushed(*changes: JsonObject, **others: object) -> bytes:
    return json.dumps(
        {"repository": {"uuid": REPOSITORY.upper()}, "push": {"changes": list(changes)}, **others}
    ).encode()


def named(kind: str, name: str) -> JsonObject:
    return {"type": kind, "name": name, "target": {"hash": "a" * 40}}


@pytest.mark.parametrize("delivery", recorded_deliveries("bitbucket_cloud"), ids=lambda each: each.name)
def test_what_was_recorded_is_proven_and_understood(delivery: RecordedDelivery) -> None:
    assert delivery.secret is not None
    PARSER.verify(delivery.headers, delivery.body, secret=delivery.secret, now=NOW)

    parsed = PARSER.parse(delivery.headers, delivery.body)

    assert [as_fact(event) for event in parsed.events] == delivery.events
    assert (parsed.key, parsed.name) == (delivery.headers["x-request-uuid"], delivery.headers["x-event-key"])


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-hub-signature": ""},
        {"x-hub-signature": "sha256="},
        {"x-hub-signature": "sha256=é"},
        {"x-hub-signature": "sha1=" + hmac.new(SECRET.encode(), BODY, "sha1").hexdigest()},
        {"x-hub-signature-256": signed()["x-hub-signature"]},
        signed(secret="hook-secret-2"),
        signed(BODY + b" "),
    ],
)
def test_without_the_right_signature_nothing_is_proven(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidSignature):
        PARSER.verify(headers, BODY, secret=SECRET, now=NOW)


def test_the_example_that_atlassian_publishes_is_proven() -> None:
    signature = "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"

    PARSER.verify(
        {"x-hub-signature": f"sha256={signature}"}, b"Hello World!", secret="It's a Secret to Everybody", now=NOW
    )


def test_a_hook_without_a_secret_accepts_nothing() -> None:
    with pytest.raises(InvalidSignature):
        PARSER.verify(signed(secret=""), BODY, secret="", now=NOW)


def test_all_refs_of_a_push_are_named_once() -> None:
    body = pushed(
        {"old": None, "new": named("branch", "feature/a"), "created": True},
        {"old": named("branch", "main"), "new": named("branch", "main"), "truncated": True},
        {"old": named("branch", "main"), "new": named("branch", "main")},
        {"old": named("annotated_thing", "x"), "new": None},
        {"old": named("tag", "v1"), "new": None, "closed": True},
    )

    events = PARSER.parse({"x-event-key": "repo:push"}, body).events

    assert events == (RefsChanged(REPOSITORY, ("refs/heads/feature/a", "refs/heads/main", "refs/tags/v1")),)


@pytest.mark.parametrize("push", [{"changes": []}, {"changes": None}, {}, None])
def test_a_push_without_changes_may_have_changed_any_ref(push: object) -> None:
    events = PARSER.parse({"x-event-key": "repo:push"}, pushed(push=push)).events

    assert events == (RefsChanged(REPOSITORY),)


@pytest.mark.parametrize("event", ["repo:created", "repo:imported", "repo:updated", "repo:deleted", "repo:transfer"])
def test_a_repository_that_came_went_or_changed_is_named(event: str) -> None:
    assert PARSER.parse({"x-event-key": event}, pushed()).events == (RepositoriesChanged(REPOSITORY),)


def test_an_event_of_the_future_is_a_ping() -> None:
    assert PARSER.parse({"x-event-key": "repo:future"}, b"{}").events == (Ping(),)


def test_a_delivery_without_an_id_is_known_by_its_bytes() -> None:
    assert PARSER.parse({"x-event-key": "repo:fork"}, b"{}").key == hashlib.sha256(b"{}").hexdigest()


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("", b"{}"),
        *(("repo:push", body) for body in (b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000, b"{}")),
        *(("repo:created", body) for body in (b'{"repository": {}}', b'{"repository": {"uuid": "acme/logging"}}')),
        *(
            ("repo:push", pushed(push=push))
            for push in (7, {"changes": 7}, {"changes": [7]}, {"changes": [{"new": 7}]})
        ),
    ],
)
def test_a_body_that_is_no_delivery_is_an_unexpected_response(event: str, body: bytes) -> None:
    with pytest.raises(UnexpectedResponse):
        PARSER.parse({"x-event-key": event}, body)
