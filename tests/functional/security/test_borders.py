"""Rights in one place are none in another, and what is downloaded acts nowhere."""

import csv
import io
import re

import pytest

from models import User, record_audit
from tests.functional.organizations.test_roles import addresses
from tests.functional.organizations.world import World
from tests.functional.security.test_hostile_requests import pages

FORMULAS = [
    "=1+1",
    "x;=1+1",
    'x;\t"=1+1',
    "x\r\n@SUM(1)",
    "\uff1d1+1",
    "-1",
    "x; +1",
    ";" * 20_000 + "=1",
    "\r" * 20_000 + "x",
]
ACTING = re.compile(r"""(\A|[;\t\r\n])[ "]*[-=+@\uff1d]""")


def test_an_administrator_of_the_installation_has_no_way_into_an_organization(world: World) -> None:
    with world.write() as session:
        session.get_one(User, world.users["eve"]).is_administrator = True
    eve = world.browser("eve")

    answers = {eve.get(path).status_code for _, path in addresses(world, "GET")}
    answers |= {eve.post(path).status_code for _, path in addresses(world, "POST")}

    assert answers == {404}


def test_who_owns_an_organization_has_no_way_into_the_administration(world: World) -> None:
    ann = world.browser("ann")

    answers = [ann.get(path).status_code for _, path in pages(world.app, "GET") if path.startswith("/admin")]
    answers += [ann.post(path).status_code for _, path in pages(world.app, "POST") if path.startswith("/admin")]

    assert len(answers) > 20
    assert set(answers) == {403}


@pytest.mark.parametrize("name", FORMULAS, ids=range(len(FORMULAS)))
def test_no_name_becomes_a_formula_wherever_a_spreadsheet_splits(world: World, name: str) -> None:
    with world.write() as session:
        record_audit(
            session,
            actor=name,
            action="members_added",
            target=name,
            organization_id=world.organization_id,
            details={"people": [name]},
        )

    rows = list(csv.reader(io.StringIO(world.browser("ann").read("/orgs/acme/log.csv"), newline="")))

    assert len(rows) == 2
    assert [cell[:80] for cell in rows[1] if ACTING.search(cell)] == []
