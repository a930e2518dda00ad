"""Deliveries as Bitbucket sends them: whose they are, and what they hint at."""

import hashlib
import hmac
import json

import pytest

from integrations.bitbucket_dc.hooks import BitbucketDcHookParser
from integrations.codehost import Ping, RefsChanged, RepositoriesChanged
from integrations.errors import InvalidSignature, UnexpectedResponse
from tests.recorded import RecordedDelivery, as_fact, recorded_deliveries
from tests.unit.integrations.clients import NOW

PARSER = BitbucketDcHookParser()
RECORDED = recorded_deliveries("bitbucket_dc")
SECRET = "hook-secret-1"
PUSH = next(each for each in RECORDED if each.name == "refs_changed_push")
PING = b'{"test": true}'


def signed(body: bytes, *, secret: str = SECRET, event: str = "repo:refs_changed") -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-event-key": event, "x-hub-signature": f"sha256={digest}", "x-request-id": "1"}


def body_of(**fields: object) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize("delivery", RECORDED, ids=lambda each: each.name)
def test_recorded_deliveries_are_proven_and_understood(delivery: RecordedDelivery) -> None:
    PARSER.verify(delivery.headers, delivery.body, secret=delivery.secret or SECRET, now=NOW)
    parsed = PARSER.parse(delivery.headers, delivery.body)

    assert [as_fact(event) for event in parsed.events] == delivery.events
    assert parsed.key == delivery.headers["x-request-id"]
    assert parsed.name == delivery.headers["x-event-key"]


@pytest.mark.parametrize("delivery", [each for each in RECORDED if each.secret], ids=lambda each: each.name)
def test_recorded_deliveries_are_refused_with_another_secret_or_body(delivery: RecordedDelivery) -> None:
    with pytest.raises(InvalidSignature):
        PARSER.verify(delivery.headers, delivery.body, secret="another", now=NOW)
    with pytest.raises(InvalidSignature):
        PARSER.verify(delivery.headers, delivery.body + b" ", secret=SECRET, now=NOW)


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", PUSH.headers["x-hub-signature"].removeprefix("sha256="), "sha1=" + "0" * 40, "sha256=\N{BULLET}"],
)
def test_a_signature_that_is_missing_or_malformed_is_refused(signature: str) -> None:
    with pytest.raises(InvalidSignature):
        PARSER.verify({**PUSH.headers, "x-hub-signature": signature}, PUSH.body, secret=SECRET, now=NOW)


def test_nothing_is_proven_without_a_secret() -> None:
    with pytest.raises(InvalidSignature):
        PARSER.verify(signed(PUSH.body, secret=""), PUSH.body, secret="", now=NOW)


def test_a_test_comes_unsigned_and_says_nothing() -> None:
    headers = {"x-event-key": "diagnostics:ping"}

    PARSER.verify(headers, PING, secret=SECRET, now=NOW)

    assert PARSER.parse(headers, PING).events == (Ping(),)


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("diagnostics:ping", body_of(test=False)),
        ("diagnostics:ping", body_of(test=True, repository={"id": 31})),
        ("diagnostics:ping", b"no JSON"),
        ("repo:refs_changed", PING),
    ],
)
def test_nothing_but_a_test_comes_unsigned(event: str, body: bytes) -> None:
    with pytest.raises(InvalidSignature):
        PARSER.verify({"x-event-key": event}, body, secret=SECRET, now=NOW)


def test_a_signed_test_must_be_signed_rightly() -> None:
    with pytest.raises(InvalidSignature):
        PARSER.verify(signed(PING, secret="another", event="diagnostics:ping"), PING, secret=SECRET, now=NOW)


def test_the_header_says_which_event_it_is() -> None:
    body = body_of(eventKey="repo:refs_changed", repository={"id": 31}, changes=[], refLimitExceeded=True)

    parsed = PARSER.parse(signed(body, event="mirror:repo_synchronized"), body)

    assert parsed.name == "mirror:repo_synchronized"
    assert parsed.events == (RefsChanged("31"),)


def test_refs_are_named_by_old_versions_too() -> None:
    body = body_of(repository={"id": 31}, changes=[{"refId": "refs/heads/main"}, {}])

    assert PARSER.parse(signed(body), body).events == (RefsChanged("31", ("refs/heads/main",)),)


@pytest.mark.parametrize("event", ["project:modified", "proj:modified"])
def test_a_renamed_project_means_its_repositories(event: str) -> None:
    body = body_of(old={"id": 501, "key": "ACM"}, new={"id": 501, "key": "ACME"})

    assert PARSER.parse(signed(body, event=event), body).events == (RepositoriesChanged(),)


@pytest.mark.parametrize(("event", "row"), [("repo:modified", "new"), ("repo:created", "repository")])
def test_changed_repositories_are_named(event: str, row: str) -> None:
    body = json.dumps({row: {"id": 31}}).encode()

    assert PARSER.parse(signed(body, event=event), body).events == (RepositoriesChanged("31"),)


def test_a_delivery_without_an_id_is_known_by_its_body() -> None:
    headers = {"x-event-key": "pr:opened"}

    first, second = (PARSER.parse(headers, body_of(number=number)) for number in (1, 2))

    assert first.key != second.key
    assert first == PARSER.parse(headers, body_of(number=1))


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ({}, body_of(push={"changes": []}), "from a plugin"),
        ({"x-event-key": "repo:refs_changed"}, b"payload=1", "no JSON"),
        ({"x-event-key": "repo:refs_changed"}, b"[]", "not an object"),
        ({"x-event-key": "repo:refs_changed"}, body_of(changes=[]), "the repository is not an object"),
        ({"x-event-key": "repo:refs_changed"}, body_of(repository={}, changes=[]), "id is missing"),
        (
            {"x-event-key": "repo:refs_changed"},
            body_of(repository={"id": 1}, changes={"a": 1}),
            "changes is not a list",
        ),
    ],
)
def test_what_is_no_delivery_of_bitbucket_is_refused_with_a_reason(
    headers: dict[str, str], body: bytes, words: str
) -> None:
    with pytest.raises(UnexpectedResponse, match=words):
        PARSER.parse(headers, body)
