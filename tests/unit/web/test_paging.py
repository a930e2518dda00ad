"""Long lists come in pages that keep their filters."""

import pytest
from flask import Flask
from sqlalchemy import select

from models.runtime import Runtime
from models.user import User
from web.paging import load_page, requested_page


@pytest.fixture
def people(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.add_all(User(display_name=f"person {index:02}") for index in range(7))


@pytest.mark.parametrize(("number", "names", "landed_on"), [(1, ["00", "01", "02"], 1), (3, ["06"], 3), (9, ["06"], 3)])
def test_a_page_has_its_rows_and_the_total(
    runtime: Runtime, people: None, number: int, names: list[str], landed_on: int
) -> None:
    with runtime.database.read() as session:
        page = load_page(session, select(User).order_by(User.display_name), number=number, size=3)

    assert [row.display_name.removeprefix("person ") for row in page.rows] == names
    assert (page.number, page.total, page.page_count) == (landed_on, 7, 3)


def test_an_empty_list_has_one_page(runtime: Runtime) -> None:
    with runtime.database.read() as session:
        page = load_page(session, select(User), number=5)

    assert (page.number, page.total, page.page_count, list(page.rows)) == (1, 0, 1, [])


def test_neighbours_keep_the_filters(app: Flask, runtime: Runtime, people: None) -> None:
    with app.test_request_context("/keep/blue?page=2&state=held&state=new"), runtime.database.read() as session:
        page = load_page(session, select(User).order_by(User.id), number=requested_page(), size=3)

        assert page.previous_url == "/keep/blue?state=held&state=new&page=1"
        assert page.next_url == "/keep/blue?state=held&state=new&page=3"


def test_the_ends_have_no_neighbours(app: Flask, runtime: Runtime, people: None) -> None:
    with app.test_request_context("/read"), runtime.database.read() as session:
        page = load_page(session, select(User).order_by(User.id), number=1)

        assert (page.previous_url, page.next_url) == ("", "")


@pytest.mark.parametrize(("query", "number"), [("", 1), ("page=3", 3), ("page=0", 1), ("page=-2", 1), ("page=x", 1)])
def test_a_strange_number_is_the_first_page(app: Flask, query: str, number: int) -> None:
    with app.test_request_context(f"/read?{query}"):
        assert requested_page() == number


@pytest.mark.parametrize("trick", ["_scheme=javascript&_external=1", "endpoint=x", "_method=x&_anchor=y"])
def test_parameters_are_never_taken_for_parts_of_the_address(
    app: Flask, runtime: Runtime, people: None, trick: str
) -> None:
    with app.test_request_context(f"/read?{trick}"), runtime.database.read() as session:
        page = load_page(session, select(User).order_by(User.id), number=1, size=3)

        assert page.next_url == f"/read?{trick}&page=2"
