"""Which members a quick check reads."""

from dataclasses import replace

import pytest

from integrations.codehost import AccountState, RemoteMember, RemoteRepository, RemoteTeam, Visibility
from sync.scopes import Known, Place, Selection, select_changed
from sync.snapshot import Part, member_part_of_repository, member_part_of_team
from tests.unit.sync.remote import DEVELOPER, GUEST, OWNER, TODAY, complete, member, repository, team, unknown

TEAMS = (
    team("1"),
    team("2", path="acme/backend", parent_id="1"),
    team("3", path="acme/backend/tools", parent_id="2"),
    team("4", path="acme/frontend", parent_id="1"),
)
REPOSITORIES = (repository("100", team_id="3"), repository("101", team_id="4"))
ROOT_MEMBERS = complete(member("ann", OWNER), member("bob", DEVELOPER))
KNOWN = Known(
    parents={item.remote_id: item.parent_id for item in TEAMS},
    places={item.remote_id: Place.of(item) for item in REPOSITORIES},
    root_roles=frozenset({("id-ann", OWNER.key), ("id-bob", DEVELOPER.key)}),
)


def select(
    known: Known = KNOWN,
    *,
    teams: tuple[RemoteTeam, ...] = TEAMS,
    repositories: tuple[RemoteRepository, ...] = REPOSITORIES,
    root_members: Part[RemoteMember] = ROOT_MEMBERS,
) -> Selection:
    return select_changed(known, teams, repositories, root_members, today=TODAY)


def test_when_nothing_changed_no_members_are_read() -> None:
    assert select() == Selection(frozenset(), frozenset())


def test_a_new_team_is_read_with_those_above_it() -> None:
    selection = select(teams=(*TEAMS, team("5", path="acme/backend/tools/new", parent_id="3")))

    assert selection.teams == {"1", "2", "3", "5"}


def test_below_a_team_that_was_moved_everybody_may_inherit_something_else() -> None:
    moved = (TEAMS[0], replace(TEAMS[1], parent_id="4"), *TEAMS[2:])

    assert select(teams=moved).teams == {"1", "2", "3", "4"}


@pytest.mark.parametrize(
    "changed",
    [
        repository("102", team_id="4"),
        replace(REPOSITORIES[0], team_id="4"),
        replace(REPOSITORIES[1], visibility=Visibility.PUBLIC),
    ],
)
def test_a_repository_that_is_new_moved_or_shown_to_others_is_read_with_its_team(changed: RemoteRepository) -> None:
    others = tuple(item for item in REPOSITORIES if item.remote_id != changed.remote_id)

    assert select(repositories=(*others, changed)) == Selection(frozenset({"1", "4"}), frozenset({changed.remote_id}))


def test_what_could_not_be_read_before_is_tried_again() -> None:
    unread = frozenset({member_part_of_team("2"), member_part_of_repository("101")})

    selection = select(replace(KNOWN, unread=unread))

    assert selection == Selection(frozenset({"1", "2", "4"}), frozenset({"101"}))


@pytest.mark.parametrize(
    "members",
    [
        complete(member("ann", OWNER)),
        complete(*ROOT_MEMBERS.items, member("eve", GUEST)),
        complete(member("ann", OWNER), member("bob", GUEST)),
        complete(member("ann", OWNER), member("bob", DEVELOPER, state=AccountState.BLOCKED)),
        complete(member("ann", OWNER), member("bob", DEVELOPER, expires_on=TODAY)),
    ],
)
def test_other_members_of_the_root_make_it_read_everything(members: Part[RemoteMember]) -> None:
    selection = select(root_members=members)

    assert selection.is_everything
    assert selection.teams | selection.repositories == {"1", "2", "3", "4", "100", "101"}


def test_a_removal_that_waits_for_a_decision_is_no_news() -> None:
    known = replace(KNOWN, kept_roles=frozenset({("id-bob", DEVELOPER.key)}))

    assert not select(known, root_members=complete(member("ann", OWNER))).is_everything
    assert select(known, root_members=complete(member("bob", DEVELOPER))).is_everything


def test_a_root_whose_members_can_not_be_read_says_nothing() -> None:
    assert not select(root_members=unknown()).is_everything


def test_teams_that_go_round_in_a_circle_end_the_walk() -> None:
    circle = (team("1"), team("2", parent_id="3"), team("3", parent_id="2"))

    assert select(Known(root_roles=KNOWN.root_roles), teams=circle, repositories=()).teams == {"1", "2", "3"}
