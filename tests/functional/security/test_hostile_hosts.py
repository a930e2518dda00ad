"""A code host that says absurd things makes no run wait for years, breaks no row, and leaves nothing behind."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.answer_store import AnswerStore
from integrations.answers import LARGEST_NUMBER, LONGEST_WAIT, Answer, rate_budget, retry_time
from integrations.errors import IncompleteListing, UnexpectedResponse
from integrations.fields import JsonObject
from integrations.gitlab.convert import convert_member
from integrations.http import JSON
from integrations.paging import read_listing
from integrations.request_count import RateBudget
from integrations.urls import RemoteUrl, parse_url

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
URL = parse_url("https://gitlab.test/api/v4/groups")
MEMBER: JsonObject = {"id": 7, "username": "carla", "state": "active", "access_level": 30}
RETRIES = (
    "9" * 5000,
    "-1",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "Mon, 01 Jan 2024 00:00:00 +99999999999999",
    f"Mon, {'9' * 5000} Jan 2024 00:00:00 GMT",
)


def answered(status: int = 200, body: bytes = b"[]", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer("GET /", status, {"content-type": "application/json"} | named, body)


@pytest.mark.parametrize("retry_after", RETRIES, ids=range(len(RETRIES)))
def test_no_host_makes_us_wait_longer_than_we_want(retry_after: str) -> None:
    assert NOW <= retry_time(answered(429, retry_after=retry_after), NOW) <= NOW + LONGEST_WAIT


def test_a_rate_limit_of_thousands_of_years_is_over_soon_and_fits_into_a_row() -> None:
    absurd = answered(ratelimit_limit="9" * 11, ratelimit_remaining="9" * 11, ratelimit_reset="9" * 11)
    huge = answered(ratelimit_limit="9" * 12, ratelimit_remaining="1", ratelimit_reset="1")
    negative = answered(ratelimit_limit="-5", ratelimit_remaining="-5", ratelimit_reset="-5")

    assert rate_budget(absurd, NOW) == RateBudget(LARGEST_NUMBER, LARGEST_NUMBER, NOW + LONGEST_WAIT)
    assert rate_budget(huge, NOW) is rate_budget(negative, NOW) is None


def test_a_count_with_thousands_of_digits_is_nonsense_and_no_crash() -> None:
    with pytest.raises(UnexpectedResponse, match="x-total"):
        answered(x_total="9" * 5000).number_header("x-total")


@pytest.mark.parametrize("field", ["id", "access_level"])
def test_a_number_that_no_column_holds_is_nonsense(field: str) -> None:
    with pytest.raises(UnexpectedResponse):
        convert_member(MEMBER | {field: 10**25}, base_url="https://gitlab.test")


def test_pages_full_of_rows_do_not_fill_the_memory() -> None:
    row = b'{"id":1}'
    page = answered(body=b"[" + b",".join([row] * 100_000) + b"]")
    asked = 0

    def fetch(url: RemoteUrl, *, is_fresh: bool) -> Answer:
        nonlocal asked
        asked += 1
        return Answer(page.request, 200, {**page.headers, "link": f'<?page={asked}>; rel="next"'}, page.body)

    with pytest.raises(IncompleteListing, match="more than"):
        read_listing(URL, fetch)
    assert asked < 10


@pytest.mark.parametrize("etag", ['"a"\r\n b', '"a b"', '"ü"', "", '"' + "a" * 5000 + '"'])
def test_a_version_that_no_request_could_name_is_not_kept(tmp_path: Path, etag: str) -> None:
    store = AnswerStore(tmp_path, owner="1:7")

    store.keep(URL, JSON, answered(etag=etag))

    assert list(tmp_path.rglob("*")) == []


def test_no_owner_or_address_leads_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "answers"

    for owner in ("../../etc", "/etc/passwd", "1:../2", "a\nb", "\0", "組"):
        store = AnswerStore(folder, owner=owner)
        store.keep(URL, JSON, answered(etag='"1"'))
        store.forget()

    assert [path.name for path in tmp_path.iterdir()] == ["answers"]
    assert list(folder.iterdir()) == []
