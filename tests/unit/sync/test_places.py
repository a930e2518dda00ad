"""Where one person is looked for."""

from dataclasses import replace

from integrations.codehost import AccountState
from sync.places import FEW_TEAMS, Places, Whereabouts, choose_places, places_below_changes
from tests.unit.sync.remote import DEVELOPER, OWNER, ROOT, TODAY, complete, member, repository, team, unknown

TEAMS = {
    "1": team("1"),
    "2": team("2", path="acme/backend", parent_id="1"),
    "3": team("3", path="acme/backend/tools", parent_id="2"),
    "4": team("4", path="acme/frontend", parent_id="1"),
}
MANY = TEAMS | {str(number): team(str(number), parent_id="4") for number in range(10, 10 + FEW_TEAMS)}
REPOSITORIES = (repository("100", team_id="3"), repository("101", team_id="4"))


def whereabouts(**values: object) -> Whereabouts:
    return replace(Whereabouts(ROOT, TEAMS, REPOSITORIES), **values)  # type: ignore[arg-type]


def test_a_change_in_a_team_is_looked_for_there_above_and_below() -> None:
    assert choose_places(whereabouts(), team_id="2").teams == {"1", "2", "3"}
    assert choose_places(whereabouts(), team_id="4").teams == {"1", "4"}


def test_grants_of_ones_own_are_read_again_below_the_change() -> None:
    granted = whereabouts(granted=frozenset({"100", "101"}))

    assert choose_places(granted, team_id="4") == Places(frozenset({"1", "4"}), frozenset({"101"}))


def test_without_a_place_few_teams_are_all_asked() -> None:
    everywhere = whereabouts(granted=frozenset({"100"}))

    assert choose_places(everywhere) == Places(frozenset(TEAMS), frozenset({"100"}))
    assert choose_places(everywhere, team_id="unheard of").teams == frozenset(TEAMS)


def test_of_many_teams_those_are_asked_in_which_the_person_is_by_more_than_inheritance() -> None:
    known = whereabouts(teams=MANY, direct=frozenset({"3"}), granted=frozenset({"101"}))

    assert choose_places(known) == Places(frozenset({"1", "2", "3", "4"}), frozenset({"101"}))


def test_where_the_role_changed_what_is_below_is_asked_too() -> None:
    known = whereabouts(teams=MANY, roles={"1": OWNER.key, "4": DEVELOPER.key})
    same = {"1": complete(member("ann", OWNER)), "4": complete(member("ann", DEVELOPER))}
    blocked = complete(member("ann", DEVELOPER, state=AccountState.BLOCKED))

    assert places_below_changes(known, same, today=TODAY) == frozenset()
    assert places_below_changes(known, same | {"4": unknown()}, today=TODAY) == frozenset()
    below = frozenset(MANY) - frozenset(TEAMS)
    for changed in (complete(), complete(member("ann", OWNER)), blocked):
        assert places_below_changes(known, same | {"4": changed}, today=TODAY) == below


def test_in_a_circle_of_teams_nobody_walks_for_ever() -> None:
    circle = {"2": team("2", parent_id="3"), "3": team("3", parent_id="2")}

    assert choose_places(whereabouts(teams=circle), team_id="2").teams == {"2", "3"}
