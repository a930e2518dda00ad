"""The page of a package follows an update, and shows what was found once it has ended."""

import re

from models import Package
from tests.functional.organizations.world import World

LOGGING = "/orgs/acme/packages/acme/logging"
POLLED = re.compile(r'data-poll-url="([^"]*)"[^>]*>\s*<p class="group" data-announce')
GOES_ON_TO = re.compile(r'data-poll-then="([^"]*)"')


def end_update(world: World) -> None:
    with world.runtime.database.write() as session:
        package = session.query(Package).filter_by(name="acme/logging").one()
        package.started_seq = package.requested_seq


def test_the_state_is_followed_while_an_update_waits(world: World) -> None:
    bob = world.browser("bob")
    bob.post(f"{LOGGING}/update")

    page = bob.read(LOGGING)

    assert POLLED.findall(page) == [f"{LOGGING}/live"]
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "Waiting for a worker" in bob.read(f"{LOGGING}/live")


def test_after_the_update_the_page_is_shown_anew_and_followed_no_more(world: World) -> None:
    bob = world.browser("bob")
    bob.post(f"{LOGGING}/update")
    end_update(world)

    last = bob.read(f"{LOGGING}/live")

    assert GOES_ON_TO.findall(last) == [LOGGING]
    assert "data-poll-url" not in last
    page = bob.read(LOGGING)
    assert POLLED.findall(page) == []
    assert '<meta http-equiv="refresh"' not in page


def test_the_state_of_a_hidden_package_is_not_told(world: World) -> None:
    assert world.browser("carla").get("/orgs/acme/packages/acme/clock/live").status_code == 404
