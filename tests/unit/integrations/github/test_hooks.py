"""Webhook deliveries of GitHub: proof of origin, and what they hint at."""

import json
from urllib.parse import urlencode

import pytest

from integrations.codehost import HookEvent, MembersChanged, Ping, RefsChanged, RepositoriesChanged
from integrations.errors import InvalidSignature, UnexpectedResponse
from integrations.github.hooks import GitHubHookParser, sign_delivery
from tests.recorded import RecordedDelivery, as_fact, recorded_deliveries
from tests.unit.integrations.clients import NOW

SECRET = "hook-secret-1"
PARSER = GitHubHookParser()


def parse(event: str, **body: object) -> tuple[HookEvent, ...]:
    return PARSER.parse({"x-github-event": event}, json.dumps(body).encode()).events


@pytest.mark.parametrize("delivery", recorded_deliveries("github"), ids=lambda each: each.name)
def test_what_was_recorded_is_proven_and_understood(delivery: RecordedDelivery) -> None:
    assert delivery.secret is not None
    PARSER.verify(delivery.headers, delivery.body, secret=delivery.secret, now=NOW)

    found = PARSER.parse(delivery.headers, delivery.body)

    assert [as_fact(event) for event in found.events] == delivery.events
    assert found.key == delivery.headers["x-github-delivery"]
    assert found.name.startswith(delivery.headers["x-github-event"])


def test_the_signature_is_the_one_that_github_publishes() -> None:
    signature = sign_delivery(b"Hello, World!", "It's a Secret to Everybody")

    assert signature == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-hub-signature-256": ""},
        {"x-hub-signature-256": sign_delivery(b"{}", "another")},
        {"x-hub-signature-256": sign_delivery(b"{} ", SECRET)},
        {"x-hub-signature-256": sign_delivery(b"{}", SECRET).removeprefix("sha256=")},
        {"x-hub-signature-256": "sha256=é"},
        {"x-hub-signature": "sha1=" + "0" * 40},
    ],
)
def test_a_delivery_without_the_right_signature_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidSignature):
        PARSER.verify(headers, b"{}", secret=SECRET, now=NOW)


def test_a_hook_without_a_secret_proves_nothing() -> None:
    headers = {"x-hub-signature-256": sign_delivery(b"{}", "")}

    with pytest.raises(InvalidSignature):
        PARSER.verify(headers, b"{}", secret="", now=NOW)


def test_a_hook_that_was_made_by_hand_may_send_a_form() -> None:
    body = urlencode({"payload": json.dumps({"ref": "refs/heads/main", "repository": {"id": 31}})}).encode()
    headers = {"x-github-event": "push", "content-type": "application/x-www-form-urlencoded; charset=utf-8"}

    assert PARSER.parse(headers, body).events == (RefsChanged("31", ("refs/heads/main",)),)


def test_a_redelivery_has_the_same_key() -> None:
    headers = {"x-github-event": "ping", "x-github-delivery": "0b989ba4-242f-11e5-81e1-c7b6966d2516"}

    assert PARSER.parse(headers, b"{}").key == PARSER.parse(headers, b'{"zen": "x"}').key


def test_without_a_number_deliveries_are_told_apart_by_their_content() -> None:
    first, second = (PARSER.parse({"x-github-event": "ping"}, body) for body in (b"{}", b'{"zen": "x"}'))

    assert first.key != second.key


def test_teams_are_named_with_their_organization() -> None:
    team, home = {"id": 601}, {"id": 501}

    assert parse("team", action="edited", team=team, organization=home) == (MembersChanged(team_id="501/601"),)
    assert parse("membership", member={"id": 12}, team=team, organization=home) == (MembersChanged("12", "501/601"),)
    assert parse("membership", member=None, team=team, organization=home) == (MembersChanged(None, "501/601"),)
    assert parse("team", action="deleted", team=team) == (MembersChanged(),)


def test_whoever_joins_or_leaves_the_organization_is_looked_for_everywhere() -> None:
    body = {"membership": {"user": {"id": 12}}, "organization": {"id": 501}}

    assert parse("organization", action="member_removed", **body) == (MembersChanged("12"),)


def test_another_default_branch_may_hold_another_package() -> None:
    found = parse("repository", action="edited", changes={"default_branch": {"from": "old"}}, repository={"id": 31})

    assert found == (RepositoriesChanged("31"), RefsChanged("31"))


@pytest.mark.parametrize("event", ["fork", "star", "check_run", "whatever"])
def test_events_of_no_interest_ask_for_nothing(event: str) -> None:
    assert parse(event, action="created") == (Ping(),)


def test_a_ref_of_an_unknown_kind_names_no_ref() -> None:
    assert parse("create", ref="x", ref_type="note", repository={"id": 31}) == (RefsChanged("31"),)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        ({"x-github-event": "push"}, b""),
        ({"x-github-event": "push"}, b"["),
        ({"x-github-event": "push"}, b"[]"),
        ({"x-github-event": "push"}, b'{"ref": "refs/heads/main"}'),
        ({"x-github-event": "push"}, b'{"repository": {"id": "31"}}'),
        ({"x-github-event": "release"}, b'{"repository": {"id": 31}}'),
        ({"x-github-event": "push", "content-type": "application/x-www-form-urlencoded"}, b"payload"),
    ],
)
def test_what_is_no_delivery_is_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(UnexpectedResponse):
        PARSER.parse(headers, body)
