"""A listing is complete or it raises."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.answers import Answer
from integrations.errors import IncompleteListing, Unavailable, UnexpectedResponse
from integrations.fields import JsonObject
from integrations.paging import PAGE_ROWS, FetchPage, read_listing
from integrations.urls import RemoteUrl, parse_url

FIRST = parse_url("https://host.test/api/v4/x?per_page=2")


def page(rows: list[int] | object, *, link: str | None = None, **headers: str) -> Answer:
    body = [{"id": row} for row in rows] if isinstance(rows, list) else rows
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if link is not None:
        named["link"] = f'<{link}>; rel="next"'
    return Answer("GET /api/v4/x", 200, {"content-type": "application/json"} | named, json.dumps(body).encode())


def read(*pages: Answer | Exception) -> list[object]:
    """Read a list whose pages come in this order, whatever is asked for."""
    left = iter(pages)
    return [row["id"] for row in read_listing(FIRST, _handing_out(left.__next__))]


def _handing_out(take: Callable[[], Answer | Exception]) -> FetchPage:
    def fetch(url: RemoteUrl, *, is_fresh: bool) -> Answer:
        taken = take()
        if isinstance(taken, Exception):
            raise taken
        return taken

    return fetch


NEXT = "https://host.test/api/v4/x?per_page=2&page=2"
LAST = "https://host.test/api/v4/x?per_page=2&page=3"


def test_all_pages_are_read() -> None:
    first = page([1, 2], link=NEXT, x_total="5", x_next_page="2")
    second = page([3, 4], link=LAST, x_total="5", x_next_page="3")

    assert read(first, second, page([5], x_total="5", x_next_page="")) == [1, 2, 3, 4, 5]


def test_lists_without_a_total_are_read_to_the_last_link() -> None:
    assert read(page([1, 2], link=NEXT), page([3])) == [1, 2, 3]


def test_an_empty_list_is_one() -> None:
    assert read(page([], x_total="0")) == []


def test_relative_links_are_followed() -> None:
    assert read(page([1, 2], link="/api/v4/x?page=2"), page([3])) == [1, 2, 3]


def test_a_list_that_changed_meanwhile_is_read_once_more() -> None:
    shifted = (page([1, 2], link=NEXT, x_total="3"), page([2, 3], x_total="3"))
    grown = (page([1, 2], link=NEXT, x_total="3"), page([3, 4], x_total="4"))
    steady = (page([1, 2], link=NEXT, x_total="3"), page([3], x_total="3"))

    assert read(*shifted, *steady) == [1, 2, 3]
    assert read(*grown, *steady) == [1, 2, 3]


@pytest.mark.parametrize(
    ("walk", "problem"),
    [
        ((page([], x_total="7"),), "0 rows came, but the host counts 7"),
        ((page([1, 2], x_total="7"),), "2 rows came, but the host counts 7"),
        ((page([1, 2, 3], x_total="2"),), "3 rows came, but the host counts 2"),
        ((page([1, 2], link=NEXT, x_total="4"), page([2, 3], x_total="4")), "a row came twice"),
        ((page([1, 2], link=NEXT, x_total="3"), page([3], x_total="4")), "changed while they were read"),
    ],
)
def test_a_list_that_contradicts_itself_twice_is_incomplete(walk: tuple[Answer, ...], problem: str) -> None:
    with pytest.raises(IncompleteListing, match=problem):
        read(*walk, *walk)


def test_a_full_page_that_lost_its_headers_is_incomplete() -> None:
    full = list(range(PAGE_ROWS))
    with pytest.raises(IncompleteListing, match="whether it is the last"):
        read(page(full))

    assert read(page(full, x_next_page="")) == full


def test_a_next_page_without_a_link_is_incomplete() -> None:
    with pytest.raises(IncompleteListing, match="no link"):
        read(page([1, 2], x_next_page="2"))


@pytest.mark.parametrize(
    "link",
    [
        *("https://evil.test/api/v4/x?page=2", "http://host.test/api/v4/x?page=2", "https://host.test:444/x"),
        *("//evil.test/x", "ftp://host.test/x", "https://host.test@evil.test/x", "https://[::1/x"),
    ],
)
def test_a_link_that_leads_elsewhere_is_incomplete(link: str) -> None:
    with pytest.raises(IncompleteListing, match=r"next page"):
        read(page([1, 2], link=link))


def test_a_link_that_leads_back_is_incomplete() -> None:
    with pytest.raises(IncompleteListing, match="never end"):
        read(page([1], link=NEXT), page([2], link=NEXT))


@pytest.mark.parametrize("rows", [{"message": "x"}, None, "x", [1], 7])
def test_a_page_that_is_no_list_is_an_unexpected_response(rows: object) -> None:
    broken = Answer("GET /", 200, {"content-type": "application/json"}, json.dumps(rows).encode())
    with pytest.raises(UnexpectedResponse):
        read(page([1, 2], link=NEXT), broken)


@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": True}, {"id": [1]}])
def test_a_row_without_an_id_is_an_unexpected_response(row: JsonObject) -> None:
    with pytest.raises(UnexpectedResponse, match="no id"):
        read(Answer("GET /", 200, {"content-type": "application/json"}, json.dumps([row]).encode()))


def test_a_page_that_does_not_come_ends_the_reading() -> None:
    with pytest.raises(Unavailable):
        read(page([1, 2], link=NEXT), Unavailable("500"))


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), unique=True), st.integers(1, 7), st.data())
def test_no_missing_page_goes_unnoticed(rows: list[int], size: int, data: st.DataObject) -> None:
    pages = [rows[start : start + size] for start in range(0, len(rows), size)] or [[]]
    lost = data.draw(st.integers(0, len(pages)))
    kept = [rows_of for number, rows_of in enumerate(pages) if number != lost] or [[]]
    answers = [
        page(each, link=f"https://host.test/x?page={number}" if number < len(kept) else None, x_total=str(len(rows)))
        for number, each in enumerate(kept, start=1)
    ]

    if lost == len(pages) or not rows:
        assert read(*answers) == rows
    else:
        with pytest.raises(IncompleteListing):
            read(*answers, *answers)


def test_a_list_that_contradicts_itself_is_read_afresh() -> None:
    stale = replace(page([1, 2], x_total="2", link=NEXT), is_kept=True)
    asked: list[bool] = []

    def fetch(url: RemoteUrl, *, is_fresh: bool) -> Answer:
        asked.append(is_fresh)
        if url == FIRST:
            return page([1, 2], x_total="3", link=NEXT) if is_fresh else stale
        return page([3], x_total="3")

    assert [row["id"] for row in read_listing(FIRST, fetch)] == [1, 2, 3]
    assert asked == [False, False, True, True]


def test_a_full_last_page_that_was_only_confirmed_is_read_again_because_another_may_have_come_after_it() -> None:
    full = list(range(PAGE_ROWS))

    def fetch(url: RemoteUrl, *, is_fresh: bool) -> Answer:
        if url != FIRST:
            return page([PAGE_ROWS])
        return page(full, link=NEXT) if is_fresh else replace(page(full), is_kept=True)

    assert [row["id"] for row in read_listing(FIRST, fetch)] == [*full, PAGE_ROWS]
