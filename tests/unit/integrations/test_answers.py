"""What an answer's status and headers oblige the caller to do."""

import json
from datetime import timedelta

import pytest

from integrations.answers import Answer, check_answer, excerpt, rate_budget
from integrations.errors import (
    CodeHostError,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    UnexpectedResponse,
)
from integrations.request_count import RateBudget
from tests.unit.integrations.clients import NOW

JSON = {"content-type": "application/json; charset=utf-8"}


def answered(status: int, body: object = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer("GET /api/v4/x", status, JSON | named, json.dumps(body).encode())


def error_of(answer: Answer) -> CodeHostError:
    with pytest.raises(CodeHostError) as caught:
        check_answer(answer, now=NOW)
    return caught.value


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_raises_nothing(status: int) -> None:
    check_answer(answered(status), now=NOW)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((301, UnexpectedResponse), (304, UnexpectedResponse), (400, Rejected), (401, Unauthorized), (403, Forbidden)),
        *((404, NotFound), (408, Unavailable), (409, Rejected), (418, UnexpectedResponse), (422, Rejected)),
        *((429, RateLimited), (500, Unavailable), (502, Unavailable), (503, Unavailable), (599, Unavailable)),
    ],
)
def test_each_status_calls_for_one_error(status: int, kind: type[CodeHostError]) -> None:
    assert type(error_of(answered(status))) is kind


def test_the_hosts_own_words_are_quoted_short_and_in_one_line() -> None:
    error = error_of(answered(422, {"error": "Invalid url\r\n given" + "!" * 300}))

    assert isinstance(error, Rejected)
    assert error.status == 422
    assert error.reason.startswith("Invalid url given!")
    assert len(error.reason) == 200
    assert str(error).startswith("GET /api/v4/x: 422 Invalid url given")


def test_words_that_are_an_object_are_quoted_as_json() -> None:
    assert excerpt(answered(400, {"message": {"name": ["is taken"]}})) == '{"name": ["is taken"]}'


def test_pages_are_not_quoted_but_plain_text_is() -> None:
    assert excerpt(Answer("GET /", 502, {"content-type": "text/html"}, b"<h1>Bad gateway</h1>")) == ""
    assert excerpt(Answer("GET /", 429, {"content-type": "text/plain"}, b"Retry later\n")) == "Retry later"


def test_missing_scopes_are_named() -> None:
    error = error_of(answered(403, {"error": "insufficient_scope", "scope": "api read_api"}))

    assert isinstance(error, Forbidden)
    assert error.missing_scopes == ("api", "read_api")


@pytest.mark.parametrize("body", [{"message": "403 Forbidden"}, {"error": "insufficient_scope", "scope": 7}, [1]])
def test_other_refusals_name_no_scopes(body: object) -> None:
    error = error_of(answered(403, body))

    assert isinstance(error, Forbidden)
    assert error.missing_scopes == ()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "30"}, 30),
        ({"retry_after": "Sat, 21 Nov 2026 12:05:00 GMT"}, 300),
        ({"retry_after": "Sat, 21 Nov 2026 12:05:00 -0000"}, 300),
        ({"ratelimit_reset": str(int(NOW.timestamp()) + 90)}, 90),
        ({"x_ratelimit_reset": str(int(NOW.timestamp()) + 45)}, 45),
        ({"retry_after": "soon"}, 60),
        ({"retry_after": "soon", "ratelimit_reset": "later"}, 60),
        ({}, 60),
        ({"retry_after": "0"}, 0),
        ({"ratelimit_reset": "1000000000"}, 0),
        ({"retry_after": "99999999999999"}, 7200),
        ({"ratelimit_reset": "9" * 30}, 60),
    ],
)
def test_a_rate_limit_says_when_to_come_back(headers: dict[str, str], seconds: int) -> None:
    error = error_of(answered(429, **headers))

    assert isinstance(error, RateLimited)
    assert error.retry_at - NOW == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "headers", [{"retry_after": "5"}, {"x_ratelimit_remaining": "0"}, {"ratelimit_remaining": "0"}]
)
def test_a_refusal_that_is_a_rate_limit_is_told_apart(headers: dict[str, str]) -> None:
    assert isinstance(error_of(answered(403, **headers)), RateLimited)


def test_only_json_is_read_as_json() -> None:
    assert Answer("GET /", 200, {"content-type": "application/problem+json"}, b"[1]").json() == [1]
    for kind in ({"content-type": "text/html"}, {}):
        with pytest.raises(UnexpectedResponse, match="instead of JSON"):
            Answer("GET /", 200, kind, b"[1]").json()


@pytest.mark.parametrize("body", [b'{"a": 1', b"", b"\xff", b"[" * 100_000, b"1" * 5000])
def test_broken_json_is_an_unexpected_response(body: bytes) -> None:
    with pytest.raises(UnexpectedResponse, match="broken JSON"):
        Answer("GET /", 200, JSON, body).json()


def test_links_and_numbers_are_read_from_headers() -> None:
    link = '<https://h/x?page=1>; rel="prev", <https://h/x?page=3>; rel="next"'
    answer = Answer("GET /", 200, {"link": link, "x-total": "7", "x-next-page": " "}, b"")

    assert answer.next_link() == "https://h/x?page=3"
    assert (answer.number_header("x-total"), answer.number_header("x-next-page")) == (7, None)
    assert Answer("GET /", 200, {}, b"").next_link() is None


def test_a_number_header_that_is_none_is_an_unexpected_response() -> None:
    with pytest.raises(UnexpectedResponse, match="x-total"):
        Answer("GET /", 200, {"x-total": "many"}, b"").number_header("x-total")


def test_bodies_are_not_shown() -> None:
    assert "hunter2" not in repr(Answer("GET /", 200, {}, b"hunter2"))


@pytest.mark.parametrize("prefix", ["ratelimit_", "x_ratelimit_"])
@pytest.mark.parametrize(("reset", "seconds"), [(str(int(NOW.timestamp()) + 40), 40), ("40", 40)])
def test_the_rate_limit_is_read_from_both_kinds_of_headers_and_times(prefix: str, reset: str, seconds: int) -> None:
    headers = {f"{prefix}limit": "600", f"{prefix}remaining": "599", f"{prefix}reset": reset}

    assert rate_budget(answered(200, **headers), NOW) == RateBudget(600, 599, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ratelimit_limit": "600"},
        {"ratelimit_remaining": "5"},
        {"ratelimit_limit": "many", "ratelimit_remaining": "1"},
    ],
)
def test_half_a_rate_limit_is_none(headers: dict[str, str]) -> None:
    assert rate_budget(answered(200, **headers), NOW) is None


def test_a_rate_limit_without_a_time_is_kept_without_one() -> None:
    headers = {"ratelimit_limit": "600", "ratelimit_remaining": "601"}

    assert rate_budget(answered(200, **headers), NOW) == RateBudget(600, 600, None)
