"""Whatever JSON a hostile host sends, it is refused as unexpected: nothing else is ever raised."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.answers import Answer
from integrations.bitbucket_dc.convert import (
    convert_account,
    convert_emails,
    convert_hook,
    convert_organization,
    convert_repository,
    convert_version,
    grantee,
)
from integrations.bitbucket_dc.errors import Caller
from integrations.bitbucket_dc.hooks import BitbucketDcHookParser
from integrations.errors import CodeHostError, UnexpectedResponse

BASE = "https://git.example.test"
RIGHT: dict[str, Any] = {
    "id": 31,
    "name": "logging",
    "slug": "logging",
    "displayName": "Logging",
    "active": True,
    "type": "NORMAL",
    "emailAddress": "ann@example.com",
    "key": "ACME",
    "public": False,
    "project": {"id": 501, "key": "ACME"},
    "state": "AVAILABLE",
    "archived": False,
    "links": {"clone": [{"name": "http", "href": BASE}]},
    "url": BASE,
    "events": ["repo:modified"],
    "permission": "REPO_READ",
    "user": {"id": 11},
    "group": {"name": "Backend"},
    "version": "9.4.3",
    "changes": [{"ref": {"id": "refs/heads/main"}, "refId": "refs/heads/main"}],
    "repository": {"id": 31},
    "new": {"id": 31},
    "errors": [{"exceptionName": "com.example.NoSuchUserException", "message": "No"}],
}
NAMES = [*RIGHT, "href", "clone", "ref", "exceptionName", "message", "status-code"]
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(NAMES))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3).map(lambda wrong: {**RIGHT, **wrong})
CONVERTERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "account": lambda row: convert_account(row, base_url=BASE),
    "emails": convert_emails,
    "organization": lambda row: convert_organization(row, base_url=BASE),
    "repository": lambda row: convert_repository(row, base_url=BASE),
    "version": convert_version,
    "hook": convert_hook,
    "grantee": grantee,
}
EVENTS = ("repo:refs_changed", "repo:modified", "project:modified", "mirror:repo_synchronized", "pr:opened")


@pytest.mark.parametrize("name", list(CONVERTERS))
@given(row=OBJECTS)
@settings(max_examples=60)
def test_rows_are_understood_or_unexpected(name: str, row: dict[str, Any]) -> None:
    with suppress(UnexpectedResponse):
        CONVERTERS[name](row)


@pytest.mark.parametrize("event", EVENTS)
@given(body=st.one_of(st.one_of(OBJECTS, VALUES).map(json.dumps).map(str.encode), st.binary(max_size=20)))
@settings(max_examples=60)
def test_deliveries_are_understood_or_unexpected(event: str, body: bytes) -> None:
    with suppress(UnexpectedResponse):
        BitbucketDcHookParser().parse({"x-event-key": event}, body)


@given(status=st.sampled_from([200, 204, 400, 401, 403, 404, 409, 429, 500]), body=st.one_of(OBJECTS, VALUES))
@settings(max_examples=100)
def test_answers_are_judged_whatever_is_in_them(status: int, body: object) -> None:
    headers = {"content-type": "application/json", "x-ausername": "ann"}
    with suppress(CodeHostError):
        Caller().check(Answer("GET /rest", status, headers, json.dumps(body).encode()))
