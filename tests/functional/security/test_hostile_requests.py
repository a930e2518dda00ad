"""Whatever somebody who is logged in sends, to whatever page: it is answered, never with a crash."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from flask import Flask
from werkzeug.routing import Rule

from models import User
from tests.functional.organizations.world import World
from web import LARGEST_FORM

TOO_LARGE = 10**25
FIELDS = (
    "name short_name remote prefix other code next purpose theme platform base_url client_id slug confirmation life"
    " hold digest access_brake_percent access_brake_minimum package_brake_percent package_brake_minimum"
    " secret username expires_on oauth_version"
)
PARAMETERS = (
    "q text state package person next page synchronization nested turn name base_url endpoint _scheme _method"
    " kind action actor since until result others"
)
ODD = (TOO_LARGE, -TOO_LARGE, "x", "0001-01-01", "9999-12-31", "%_/\\\"'", "=cmd|' /C calc'!A0", "(a+)+$" * 100)
NUL = "a\0b"


@pytest.fixture
def crashing(world: World) -> World:
    """ann is administrator too, and a crash becomes an answer, as for real visitors."""
    with world.write() as session:
        session.get_one(User, world.users["ann"]).is_administrator = True
    world.browser("ann").read("/")
    world.app.testing = False
    return world


def pages(app: Flask, method: str) -> Iterator[tuple[Rule, str]]:
    """Each page of people that answers to the method, and an address of it with the number 1 for every number."""
    for rule in app.url_map.iter_rules():
        kind = rule.endpoint.partition(".")[0]
        if (
            method in (rule.methods or ())
            and kind not in {"composer", "webhooks", "health"}
            and "logout" not in rule.rule
        ):
            yield rule, address(rule, number=1, text="x")


def address(rule: Rule, *, number: int, text: str) -> str:
    values = {
        name: number
        if "int:" + name in rule.rule
        else {"org": "acme", "slug": "gitlab", "action": "enable"}.get(name, text)
        for name in rule.arguments
    }
    built = rule.build(values)
    assert built is not None
    return built[1]


def test_a_nul_character_is_refused_wherever_it_is(crashing: World) -> None:
    ann = crashing.browser("ann")
    query = urlencode(dict.fromkeys(PARAMETERS.split(), NUL))

    in_query = {ann.get(f"{path}?{query}").status_code for _, path in pages(crashing.app, "GET")}
    in_path = {
        ann.get(address(rule, number=1, text=NUL)).status_code
        for rule, path in pages(crashing.app, "GET")
        if address(rule, number=1, text=NUL) != path
    }
    in_form = {
        ann.post(path, **dict.fromkeys(FIELDS.split(), NUL)).status_code for _, path in pages(crashing.app, "POST")
    }

    assert in_query == {400}
    assert in_path == {400}
    assert in_form == {400}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_numbers_that_no_row_can_have_lead_to_no_page(crashing: World, method: str) -> None:
    ann = crashing.browser("ann")
    send = ann.get if method == "GET" else ann.post

    rules = [rule for rule, _ in pages(crashing.app, method) if "<int:" in rule.rule]
    answers = {send(address(rule, number=TOO_LARGE, text="x")).status_code for rule in rules}

    assert len(rules) >= 7
    assert answers <= {404, 405}


def test_numbers_days_and_patterns_in_queries_are_no_trouble_either(crashing: World) -> None:
    ann = crashing.browser("ann")

    for odd in ODD:
        query = urlencode(dict.fromkeys(PARAMETERS.split(), odd))
        crashed = [path for _, path in pages(crashing.app, "GET") if ann.get(f"{path}?{query}").status_code >= 500]

        assert crashed == []


@pytest.mark.parametrize("name", ["%00", "a%00b", "x" * 5000, "..%2fwsgi.py", "%2e%2e/wsgi.py", "/etc/passwd"])
def test_a_file_name_that_can_not_be_is_not_found(crashing: World, name: str) -> None:
    assert crashing.browser("ann").get(f"/static/{name}").status_code in {308, 400, 404}


def test_a_form_that_is_too_large_is_refused_before_it_is_read(crashing: World) -> None:
    ann = crashing.browser("ann")
    body = b"code=" + b"x" * LARGEST_FORM

    answers = {
        ann.client.post(
            path, base_url=ann.base_url, data=body, content_type="application/x-www-form-urlencoded"
        ).status_code
        for _, path in pages(crashing.app, "POST")
    }

    assert answers == {413}
