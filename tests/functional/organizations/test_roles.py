"""Who may open which page. The list of pages comes from the application: a new one can not be forgotten here."""

from collections.abc import Iterator

import pytest

from tests.functional.organizations.world import World

FOR_MEMBERS = {"overview", "packages", "package", "package_live", "people", "teams", "team"}
IDS = ("number", "token_id", "repository_id", "webhook_id", "credential_id")
VALUES = {"vendor": "acme", "name": "logging"} | dict.fromkeys(IDS, 1)
STRANGER = 404


def addresses(world: World, method: str) -> Iterator[tuple[str, str]]:
    """Every page below an organization that answers to a method: its name and an address of it."""
    rules = world.app.url_map.bind("localhost")
    ids = {"org": "acme", "synchronization_id": world.synchronization_id, "team_id": 1} | VALUES
    for rule in world.app.url_map.iter_rules():
        if rule.endpoint.startswith("organizations.") and "org" in rule.arguments and method in (rule.methods or ()):
            values = {name: ids[name] for name in rule.arguments}
            yield rule.endpoint.removeprefix("organizations."), rules.build(rule.endpoint, values, method=method)


def test_somebody_who_is_not_in_an_organization_can_not_tell_that_it_exists(world: World) -> None:
    eve = world.browser("eve")

    pages = [eve.get(path) for _, path in addresses(world, "GET")]
    forms = [eve.post(path) for _, path in addresses(world, "POST")]

    assert len(pages) >= 20
    assert len(forms) > 10
    assert {answer.status_code for answer in [*pages, *forms]} == {STRANGER}


def test_members_see_packages_people_and_teams_and_nothing_else(world: World) -> None:
    carla = world.browser("carla")

    open_pages = {name for name, path in addresses(world, "GET") if carla.get(path).status_code == 200}
    refused = {carla.post(path).status_code for _, path in addresses(world, "POST")}

    assert open_pages == FOR_MEMBERS
    assert refused == {403}


@pytest.mark.parametrize("login", ["ann", "bob"])
def test_owners_and_admins_see_every_page(world: World, login: str) -> None:
    browser = world.browser(login)

    answers = {name: browser.get(path).status_code for name, path in addresses(world, "GET")}

    missing = {"run", "run_live", "run_report", "webhook", "app_webhook"}  # there is none with the number 1
    assert {name for name, status in answers.items() if status == 404} == missing
    assert {status for name, status in answers.items() if name not in missing} <= {200, 302}


def test_only_owners_rename(world: World) -> None:
    answer = world.browser("bob").post("/orgs/acme/settings/general", name="Bobs")

    assert answer.status_code == 403


def test_visitors_are_asked_to_log_in_and_come_back(world: World) -> None:
    visitor = world.app.test_client()

    answer = visitor.get("/orgs/acme/packages", base_url=world.runtime.settings.base_url)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=/orgs/acme/packages"
