"""No page of another site can change anything: every route of the whole application is asked."""

import html
from collections.abc import Iterator

import pytest

from models import Instance, InstanceState
from tests.functional.organizations.world import CSRF, World
from tests.functional.rows import reopen_setup
from tests.functional.security.test_hostile_requests import pages

SAFE = {"GET", "HEAD", "OPTIONS"}
FOR_PROGRAMS = {"/<short_name>/downloads", "/hooks/<public_id>"}
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
    {"Origin": "https://evil.test"},
    {"Origin": "null"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "http://localhost:8000.evil.test"},
]


def changing(world: World) -> Iterator[str]:
    return (path for _, path in pages(world.app, "POST"))


def token_of(page: str) -> str:
    found = CSRF.search(page)
    assert found is not None
    return html.unescape(found[1])


def test_only_these_routes_change_anything_without_a_session_of_a_browser(world: World) -> None:
    rules = {rule.rule for rule in world.app.url_map.iter_rules() if (rule.methods or set()) - SAFE}
    of_people = {rule.rule for rule, _ in pages(world.app, "POST")} | {"/logout"}

    assert rules - of_people == FOR_PROGRAMS
    assert {method for rule in world.app.url_map.iter_rules() for method in rule.methods or ()} == {*SAFE, "POST"}


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_form_of_another_site_changes_nothing(world: World, headers: dict[str, str]) -> None:
    ann = world.browser("ann")
    form = {"csrf_token": token_of(ann.read("/"))}

    answers = {
        ann.client.post(path, base_url=ann.base_url, data=form, headers=headers).status_code for path in changing(world)
    }

    assert answers == {403}


def test_a_form_without_its_token_changes_nothing(world: World) -> None:
    ann = world.browser("ann")

    for form in ({}, {"csrf_token": ""}, {"csrf_token": token_of(world.browser("eve").read("/"))}):
        paths = list(changing(world))
        answers = {ann.client.post(path, base_url=ann.base_url, data=form).status_code for path in paths}

        assert len(paths) > 25
        assert answers == {400}


@pytest.mark.parametrize("headers", FOREIGN)
def test_setup_mode_on_this_very_machine_is_no_easier_prey(world: World, headers: dict[str, str]) -> None:
    with world.write() as session:
        reopen_setup(session)
    client, base_url = world.app.test_client(), world.runtime.settings.base_url
    form = {"csrf_token": token_of(client.get("/admin/integrations/new", base_url=base_url).get_data(as_text=True))}

    answers = {client.post(path, base_url=base_url, data=form, headers=headers).status_code for path in changing(world)}

    assert answers == {403}
    with world.write() as session:
        assert session.get_one(Instance, 1).state is InstanceState.SETUP


@pytest.mark.parametrize(
    "host", ["evil.test", "localhost", "localhost:8001", "localhost:8000.evil.test", "127.0.0.1:8000", ""]
)
def test_a_name_that_was_made_to_point_here_finds_nothing(world: World, host: str) -> None:
    with world.write() as session:
        reopen_setup(session)
    client = world.app.test_client()

    answer = client.get("/setup", base_url=world.runtime.settings.base_url, headers={"Host": host})

    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Via", "X-Real-Ip", "x-forwarded-proto"]
)
def test_whoever_comes_through_a_proxy_needs_the_setup_code(world: World, name: str) -> None:
    with world.write() as session:
        reopen_setup(session)
    client = world.app.test_client()

    answer = client.get(
        "/admin/integrations/new", base_url=world.runtime.settings.base_url, headers={name: "127.0.0.1"}
    )

    assert answer.status_code == 403
    assert "setup-link" in answer.get_data(as_text=True)


def test_a_setup_cookie_of_another_way_in_is_worth_nothing(world: World) -> None:
    with world.write() as session:
        reopen_setup(session)
    client, base_url = world.app.test_client(), world.runtime.settings.base_url
    client.get("/setup", base_url=base_url)
    cookie = client.get_cookie("rpt_setup")
    assert cookie is not None

    for value in (cookie.value, cookie.value.replace("loopback", "code"), cookie.value.replace("loopback", "open")):
        client.set_cookie("rpt_setup", value)
        answer = client.get("/admin/integrations/new", base_url=base_url, headers={"Via": "1.1 proxy"})

        assert answer.status_code == 403
