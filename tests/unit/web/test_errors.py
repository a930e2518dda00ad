"""Errors say what happened, why and what to do, and never what the software looks like inside."""

import json
import re

import pytest
from flask import abort
from flask.testing import FlaskClient

from web.layout import Account, layout_hooks
from web.problems import BY_STATUS


@pytest.mark.parametrize("status", sorted(BY_STATUS))
def test_each_status_has_its_page(bare_client: FlaskClient, status: int) -> None:
    response = bare_client.get(f"/refuse/{status}")

    assert response.status_code == status
    assert BY_STATUS[status].title in response.text
    assert BY_STATUS[status].advice in response.text
    assert response.headers["X-Request-Id"] in response.text
    assert response.headers["Cache-Control"] == "no-store"


def test_an_unusual_status_borrows_words(bare_client: FlaskClient) -> None:
    response = bare_client.get("/refuse/418")

    assert response.status_code == 418
    assert BY_STATUS[400].title in response.text


def test_a_crash_shows_nothing_but_a_number(bare_client: FlaskClient) -> None:
    response = bare_client.get("/crash")

    assert response.status_code == 500
    assert "secret detail" not in response.text
    assert "Traceback" not in response.text
    assert re.search(r'class="mono">[0-9a-f]{16}</span>', response.text)
    assert '<a class="btn btn-primary" href="/crash">' in response.text


def test_a_database_that_is_away_is_said_to_be_away(bare_client: FlaskClient) -> None:
    response = bare_client.get("/database-down")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "does not answer" in response.text
    assert "connection refused" not in response.text


def test_the_page_for_a_broken_server_asks_nobody_who_is_looking(bare_client: FlaskClient) -> None:
    def ask_the_database() -> Account | None:
        raise AssertionError("the database is down")

    layout_hooks(bare_client.application).account = ask_the_database

    assert bare_client.get("/crash").status_code == 500
    assert bare_client.get("/database-down").status_code == 503


def test_a_page_that_is_missing_keeps_the_menus(bare_client: FlaskClient) -> None:
    layout_hooks(bare_client.application).search_url = lambda: "/search"

    assert 'action="/search"' in bare_client.get("/nowhere").text


def test_a_wrong_method_names_the_right_ones(bare_client: FlaskClient) -> None:
    response = bare_client.post("/page")

    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_programs_get_json(bare_client: FlaskClient) -> None:
    response = bare_client.get("/machine/refuse/403")

    assert response.status_code == 403
    assert json.loads(response.text) == {
        "message": "You may not do this. Your account does not have the right.",
        "warning": "You may not do this. Your account does not have the right.",
    }


def test_missing_answers_for_programs_are_the_same_every_time(bare_client: FlaskClient) -> None:
    first, second = (bare_client.get("/machine/refuse/404") for _ in range(2))

    assert first.data == second.data
    assert dict(first.headers) == dict(second.headers)


def test_a_failure_for_programs_has_its_number(bare_client: FlaskClient) -> None:
    response = bare_client.get("/machine/refuse/503")

    assert response.json is not None
    assert response.json["request_id"] == response.headers["X-Request-Id"]


@pytest.mark.parametrize("path", ["/acme/packages.json", "/hooks/nothing", "/acme/dists/a.zip"])
def test_paths_of_programs_that_lead_nowhere_answer_json(bare_client: FlaskClient, path: str) -> None:
    response = bare_client.get(path)

    assert response.status_code == 404
    assert response.is_json


def test_own_words_of_a_refusal_are_escaped(bare_client: FlaskClient) -> None:
    response = bare_client.get("/page", headers={"Host": "<b>"})

    assert response.status_code == 400
    assert "names a host that is not this one" in response.text
    assert "<b>" not in response.text


def test_a_session_that_can_not_be_read_is_no_logged_out_visitor(bare_client: FlaskClient) -> None:
    bare_client.set_cookie("rpt", "some-session")  # and the database of this application has no tables

    response = bare_client.get("/read")

    assert response.status_code == 503
    assert "Set-Cookie" not in response.headers


def test_trying_again_never_leads_to_another_host(bare_client: FlaskClient) -> None:
    @bare_client.application.before_request
    def be_away() -> None:
        abort(503)

    response = bare_client.get("/%5Cevil.test/?next=%22%3E&page=2")

    assert response.status_code == 503
    assert 'href="/%5Cevil.test/?next=%22%3E&amp;page=2"' in response.text
