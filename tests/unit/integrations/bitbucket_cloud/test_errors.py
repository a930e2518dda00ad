"""What Bitbucket Cloud's error answers oblige us to do."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integrations.answers import Answer
from integrations.bitbucket_cloud.errors import Removed, answer_check, host_words
from integrations.errors import Forbidden, NotFound, RateLimited, Rejected, UnexpectedResponse

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RECORDED = json.loads((Path(__file__).parents[3] / "data/bitbucket_cloud/errors.json").read_text())
CHECK = answer_check(lambda: NOW, lambda low, high: (low + high) / 2)


def answered(status: int, error: object = None, *, headers: Mapping[str, str] | None = None) -> Answer:
    body = b"<html>" if error is None else json.dumps({"type": "error", "error": error}).encode()
    kind = "text/html" if error is None else "application/json"
    return Answer("GET /2.0/user", status, {"content-type": kind, **(headers or {})}, body)


def recorded(name: str) -> Answer:
    return answered(RECORDED[name]["status"], RECORDED[name]["body"]["error"])


def test_a_missing_scope_is_named() -> None:
    with pytest.raises(Forbidden) as caught:
        CHECK(recorded("missing_scope"))

    assert caught.value.missing_scopes == ("account",)
    assert "privilege scopes" in str(caught.value)


def test_a_missing_right_names_no_scope() -> None:
    with pytest.raises(Forbidden) as caught:
        CHECK(answered(403, {"message": "You must be an administrator.", "detail": "Ask one."}))

    assert caught.value.missing_scopes == ()
    assert str(caught.value).endswith("403 You must be an administrator. Ask one.")


def test_what_was_removed_says_where_that_was_announced() -> None:
    with pytest.raises(Removed, match=r"CHANGE-2770.*changelog/#CHANGE-2770"):
        CHECK(recorded("removed"))
    with pytest.raises(UnexpectedResponse, match=r"410$"):
        CHECK(answered(410))


def test_a_rate_limit_without_a_time_makes_us_pause_for_minutes() -> None:
    with pytest.raises(RateLimited) as caught:
        CHECK(recorded("rate_limited"))

    assert caught.value.retry_at == NOW + timedelta(minutes=10)
    CHECK(answered(429, {"message": "slow down"}, headers={"retry-after": "7"}))  # left to the general rule


@pytest.mark.parametrize(("status", "expected"), [(400, Rejected), (404, NotFound), (409, Rejected)])
def test_the_hosts_words_come_along(status: int, expected: type[Exception]) -> None:
    error = {"message": "Bad request", "fields": {"url": ["Enter a  public address."], "active": 7}}

    with pytest.raises(expected, match=r"Bad request url: Enter a public address\. active: 7$"):
        CHECK(answered(status, error))


def test_the_reason_of_a_refusal_is_the_hosts_own() -> None:
    with pytest.raises(Rejected) as caught:
        CHECK(answered(400, {"message": "The URL must be public."}))

    assert (caught.value.status, caught.value.reason) == (400, "The URL must be public.")


@pytest.mark.parametrize("answer", [answered(200), answered(404), answered(403), answered(401, {"message": "x"})])
def test_what_is_not_told_in_bitbuckets_own_way_is_judged_by_its_status(answer: Answer) -> None:
    CHECK(answer)


@pytest.mark.parametrize("error", [{}, [], "text", 7, {"message": 7, "detail": [], "fields": []}])
def test_an_error_of_another_shape_has_no_words(error: object) -> None:
    assert host_words(answered(400, error)) == ""


@pytest.mark.parametrize("detail", [{"required": "account"}, {"required": None}, {"granted": ["account"]}, []])
def test_scopes_in_another_shape_are_none(detail: object) -> None:
    with pytest.raises(Forbidden) as caught:
        CHECK(answered(403, {"message": "no", "detail": detail}))

    assert caught.value.missing_scopes == ()
