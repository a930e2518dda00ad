"""Webhook deliveries of GitLab: proof of origin, and what they hint at."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integrations.codehost import Ping
from integrations.errors import InvalidSignature, UnexpectedResponse
from integrations.gitlab.hooks import GitLabHookParser, signing_token
from tests.recorded import as_fact

FACTS = json.loads((Path(__file__).parents[3] / "data/gitlab/driver-deliveries.json").read_text())
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECRET = "hook-secret-1"
BODY = b'{"object_kind": "push", "project_id": 15}'
PARSER = GitLabHookParser()


def signed(body: bytes = BODY, *, at: datetime = NOW, key: bytes | None = None) -> dict[str, str]:
    chosen = base64.b64decode(signing_token(SECRET).removeprefix("whsec_")) if key is None else key
    stamp = str(int(at.timestamp()))
    signature = base64.b64encode(hmac.digest(chosen, f"id-1.{stamp}.".encode() + body, "sha256")).decode()
    return {"webhook-id": "id-1", "webhook-timestamp": stamp, "webhook-signature": f"v0,x v1,AAAA v1,{signature}"}


def verify(headers: dict[str, str], *, body: bytes = BODY, secret: str = SECRET) -> None:
    PARSER.verify(headers, body, secret=secret, now=NOW)


def test_the_right_token_proves_the_origin() -> None:
    verify({"x-gitlab-token": SECRET})


@pytest.mark.parametrize(
    "headers", [{}, {"x-gitlab-token": ""}, {"x-gitlab-token": SECRET[:-1]}, {"x-gitlab-token": "é"}]
)
def test_a_missing_or_wrong_token_proves_nothing(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidSignature):
        verify(headers)


def test_a_hook_without_a_secret_accepts_nothing() -> None:
    with pytest.raises(InvalidSignature):
        verify({"x-gitlab-token": ""}, secret="")


@pytest.mark.parametrize("key", [None, signing_token(SECRET).encode()])
@pytest.mark.parametrize("minutes", [-4, 0, 4])
def test_a_recent_signature_proves_the_origin(key: bytes | None, minutes: int) -> None:
    verify(signed(at=NOW + timedelta(minutes=minutes), key=key))


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_signature_proves_nothing_even_with_the_token(minutes: int) -> None:
    with pytest.raises(InvalidSignature, match="clock"):
        verify(signed(at=NOW + timedelta(minutes=minutes)) | {"x-gitlab-token": SECRET})


def test_a_signature_of_other_bytes_proves_nothing() -> None:
    with pytest.raises(InvalidSignature, match="wrong"):
        verify(signed(), body=BODY + b" ")
    with pytest.raises(InvalidSignature, match="wrong"):
        verify(signed(key=b"another key"))


@pytest.mark.parametrize(
    "changes",
    [
        *({"webhook-timestamp": stamp} for stamp in ("", "x", "-1", "9" * 12, "1.5")),
        *({"webhook-signature": text} for text in ("", "v1,", "v1,%%%", "v2,AAAA")),
        {"webhook-id": "id-2"},
    ],
)
def test_a_damaged_signature_proves_nothing(changes: dict[str, str]) -> None:
    with pytest.raises(InvalidSignature):
        verify(signed() | changes)


def test_the_signing_token_belongs_to_the_secret_without_telling_it() -> None:
    token = signing_token(SECRET)

    assert token == signing_token(SECRET)
    assert token != signing_token("hook-secret-2")
    assert len(base64.b64decode(token.removeprefix("whsec_"))) == 32
    assert SECRET not in token


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact["body"].get("event_name") or fact["body"]["object_kind"])
def test_each_event_hints_at_what_is_to_be_read_again(fact: dict[str, object]) -> None:
    delivery = PARSER.parse({"x-gitlab-event": str(fact["header"])}, json.dumps(fact["body"]).encode())

    assert [as_fact(event) for event in delivery.events] == fact["events"]
    assert delivery.name.startswith(f"{fact['header']} / ")


def test_a_delivery_is_known_by_its_key_its_id_or_its_bytes() -> None:
    both = {"idempotency-key": "key-1", "webhook-id": "id-1"}

    assert PARSER.parse(both, BODY).key == "key-1"
    assert PARSER.parse({"webhook-id": "id-1"}, BODY).key == "id-1"
    assert PARSER.parse({}, BODY).key == hashlib.sha256(BODY).hexdigest()


def test_an_event_that_names_itself_in_the_header_only_is_a_ping() -> None:
    delivery = PARSER.parse({"x-gitlab-event": "Future Hook"}, b"{}")

    assert (delivery.name, delivery.events) == ("Future Hook", (Ping(),))


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000, b"{}", b'{"object_kind": 7}'),
        *(b'{"object_kind": "push"}', b'{"object_kind": "push", "project_id": "x"}'),
        *(b'{"object_kind": "push", "project_id": 1, "ref": 7}', b'{"event_name": "user_destroy", "user_id": "x"}'),
        b'{"event_name": "repository_update", "project_id": 1, "changes": "x"}',
    ],
)
def test_a_body_that_is_no_delivery_is_an_unexpected_response(body: bytes) -> None:
    with pytest.raises(UnexpectedResponse):
        PARSER.parse({}, body)
