"""What drivers ask scripted servers is compared with the contract of their host, as what they ask fakes is."""

from collections.abc import Iterator

import pytest

from tests.contracts.watching import DATA, WATCH
from tests.unit.integrations.scripted_server import ONLOOKERS


@pytest.fixture(autouse=True)
def contract_of_the_driver(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests of a driver are in a folder with the name of its contract."""
    platform = request.path.parent.name
    if not (DATA / platform / "contract.json").exists():
        yield
        return
    ONLOOKERS.append(WATCH.over_bytes(platform))
    yield
    ONLOOKERS.pop()
