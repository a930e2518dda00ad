"""GitHub's lists: links are followed, and a full page without one is never taken for the last."""

from typing import Any

import pytest

from integrations.errors import IncompleteListing
from integrations.fields import Json
from integrations.github.pages import list_rows
from tests.unit.integrations.clients import loopback_client
from tests.unit.integrations.github.conftest import reply
from tests.unit.integrations.scripted_server import ScriptedServer, scripted_server


def rows(first: int, count: int) -> list[dict[str, Any]]:
    return [{"id": number} for number in range(first, first + count)]


def read(*scripts: bytes) -> tuple[list[Json], ScriptedServer]:
    """The ids of all rows that come of these answers."""
    with scripted_server(*scripts) as server, loopback_client(server.port) as http:
        found = [row["id"] for row in list_rows(http, "/teams", {"type": "all"})]
    return found, server


def test_a_page_that_is_not_full_is_the_last() -> None:
    found, server = read(reply(rows(0, 99)))

    assert found == list(range(99))
    assert server.targets() == ["GET /teams?per_page=100&type=all"]


def test_a_full_page_without_a_link_is_followed_by_number() -> None:
    found, server = read(reply(rows(0, 100)), reply([]))

    assert len(found) == 100
    assert server.targets()[1] == "GET /teams?per_page=100&type=all&page=2"


def test_a_proxy_that_drops_links_hides_nothing() -> None:
    found, server = read(reply(rows(0, 100)), reply(rows(100, 100)), reply(rows(200, 5)))

    assert found == list(range(205))
    assert len(server.requests) == 3


def test_a_link_is_followed_wherever_it_leads_on_the_host() -> None:
    first = reply(rows(0, 100), headers=['Link: </organizations/501/teams?page=2>; rel="next"'])
    last = reply(rows(100, 100), headers=['Link: </organizations/501/teams?page=1>; rel="prev"'])

    found, server = read(first, last)

    assert len(found) == 200
    assert server.targets()[1] == "GET /organizations/501/teams?page=2"


@pytest.mark.parametrize(
    "scripts",
    [
        [reply(rows(0, 2), headers=['Link: <https://elsewhere.test/x>; rel="next"'])],
        [reply(rows(0, 2), headers=['Link: </teams?per_page=100&type=all>; rel="next"'])],
        [reply([{"id": 1}, {"id": 1}])],
    ],
)
def test_a_list_that_contradicts_itself_is_none(scripts: list[bytes]) -> None:
    with pytest.raises(IncompleteListing):
        read(*scripts)
