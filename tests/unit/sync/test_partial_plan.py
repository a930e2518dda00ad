"""Plans from snapshots that tell only a part: a quick check, one person, people about whom newer things are known."""

from dataclasses import replace

from integrations.codehost import AccountState, CodeAccess, RemoteMember, Visibility
from models import GrantSource, TeamKind
from sync.plan import Plan
from sync.snapshot import SKIPPED, Part, Snapshot
from sync.wanted import GrantKey
from tests.unit.sync.remote import (
    DEVELOPER,
    MAINTAINER,
    OWNER,
    REPORTER,
    complete,
    member,
    repository,
    snapshot,
    team,
    unknown,
)
from tests.unit.sync.test_plan import plan, state_after

TEAMS = (team("1"), team("2", path="acme/backend", parent_id="1"), team("3", path="acme/frontend", parent_id="1"))
COMPANY = snapshot(
    teams=TEAMS,
    team_members={
        "1": complete(member("ann", OWNER)),
        "2": complete(member("ann", OWNER), member("eve", DEVELOPER)),
        "3": complete(member("ann", OWNER), member("eve", DEVELOPER), member("bob", DEVELOPER)),
    },
    repositories=(repository("100", team_id="2"), repository("101", visibility=Visibility.INTERNAL, team_id="3")),
    repository_members={"100": complete(member("gus", REPORTER)), "101": complete(member("gus", REPORTER))},
)
STATE = state_after(COMPANY)


def quick(**parts: Part[RemoteMember]) -> Snapshot:
    """A quick check of the same host; `parts` by team."""
    members = {"1": complete(member("ann", OWNER)), "2": SKIPPED, "3": SKIPPED}
    skipped = dict.fromkeys(("100", "101"), SKIPPED)
    return replace(COMPANY, team_members=members | parts, repository_members=skipped)


def about(account: str, teams: dict[str, Part[RemoteMember]], **repositories: Part[RemoteMember]) -> Snapshot:
    """What was found out about one person."""
    places = tuple(item for item in COMPANY.repositories if item.team_id in teams or item.remote_id in repositories)
    members = {item.remote_id: repositories.get(item.remote_id, SKIPPED) for item in places}
    return replace(
        COMPANY,
        teams=tuple(item for item in TEAMS if item.remote_id in teams),
        team_members=teams,
        repositories=places,
        repository_members=members,
        person=account,
    )


def removals(found: Plan) -> list[object]:
    kinds = (found.teams, found.memberships, found.standing, found.repositories, found.grants)
    return [key for changes in kinds for key in changes.remove]


def test_a_quick_check_of_an_unchanged_host_changes_nothing() -> None:
    assert plan(STATE, quick()).is_empty


def test_a_quick_check_removes_what_the_lists_do_not_have_any_more() -> None:
    without = replace(quick(), repositories=COMPANY.repositories[:1], repository_members={"100": SKIPPED})

    found = plan(STATE, without)

    assert set(found.repositories.remove) == {"101"}
    assert {key.repository_id for key in found.grants.remove} == {"101"}
    assert not found.memberships.remove


def test_a_new_repository_of_a_team_that_was_not_read_gets_its_permissions_when_the_team_is() -> None:
    new = repository("102", team_id="2")
    members = {**quick().repository_members, "102": complete(member("eve", MAINTAINER))}
    with_new = replace(quick(), repositories=(*COMPANY.repositories, new), repository_members=members)

    unread, read = plan(STATE, with_new), plan(STATE, replace(with_new, team_members=COMPANY.team_members))

    assert not removals(unread)
    assert not unread.grants.add
    assert not removals(read)
    assert {(key.team, key.account_id) for key in read.grants.add} == {
        (("2", OWNER.key), None),
        (("2", DEVELOPER.key), None),
        (None, "id-eve"),
    }


def test_somebody_who_left_one_team_loses_that_and_nobody_loses_anything_else() -> None:
    found = plan(STATE, about("id-eve", {"1": complete(), "2": complete()}))

    assert removals(found) == [(("2", DEVELOPER.key), "id-eve")]
    assert not found.memberships.add


def test_somebody_who_is_new_gets_the_team_of_their_role_with_its_permissions() -> None:
    found = plan(STATE, about("id-zoe", {"1": complete(), "2": complete(member("zoe", MAINTAINER))}))

    assert set(found.identities.add) == {"id-zoe"}
    assert set(found.teams.add) == {("2", MAINTAINER.key)}
    assert set(found.memberships.add) == {(("2", MAINTAINER.key), "id-zoe")}
    assert set(found.grants.add) == {GrantKey("100", GrantSource.TEAM, team=("2", MAINTAINER.key))}
    assert not removals(found)


def test_an_owner_who_left_the_root_loses_only_their_own_standing() -> None:
    two = replace(
        COMPANY, team_members={**COMPANY.team_members, "1": complete(member("ann", OWNER), member("kai", OWNER))}
    )

    found = plan(state_after(two), about("id-kai", {"1": complete()}))

    assert set(found.standing.remove) == {(TeamKind.OWNERS, "id-kai")}


def test_a_grant_of_ones_own_goes_only_where_it_was_looked_for() -> None:
    found = plan(STATE, about("id-gus", {"2": complete(), "3": complete()}, **{"100": complete()}))

    assert [key.repository_id for key in found.grants.remove] == ["100"]
    assert removals(found) == [*found.grants.remove]


def test_code_that_was_switched_off_takes_grants_only_from_the_person_who_was_looked_for() -> None:
    """hugo has a grant of his own beside gus."""
    before = replace(COMPANY, repository_members={"100": complete(member("gus", REPORTER), member("hugo", REPORTER))})
    closed = repository("100", team_id="2", code_access=CodeAccess.DISABLED)
    remote = replace(about("id-gus", {"2": complete()}, **{"100": unknown()}), repositories=(closed,))

    found = plan(state_after(before), remote)

    assert [key.account_id for key in found.grants.remove] == ["id-gus"]


def test_places_that_could_not_be_read_keep_the_person() -> None:
    assert plan(STATE, about("id-eve", {"1": complete(), "2": SKIPPED})).is_empty


def test_somebody_who_is_blocked_at_the_host_is_marked() -> None:
    blocked = complete(member("eve", DEVELOPER, state=AccountState.BLOCKED))

    found = plan(STATE, about("id-eve", {"2": blocked}))

    assert found.identities.change["id-eve"].is_blocked
    assert set(found.memberships.remove) == {(("2", DEVELOPER.key), "id-eve")}


def test_people_about_whom_newer_things_are_known_stay_as_they_are() -> None:
    """bob came into the backend, and eve left the frontend, after the snapshot was read."""
    newer = replace(
        COMPANY,
        team_members={
            **COMPANY.team_members,
            "2": complete(member("ann", OWNER), member("eve", DEVELOPER), member("bob", MAINTAINER)),
            "3": complete(member("ann", OWNER), member("bob", DEVELOPER)),
        },
    )

    older = plan(state_after(newer), replace(COMPANY, settled=frozenset({"id-bob", "id-eve"})))

    assert older.is_empty


def test_settled_people_hide_nobody_else() -> None:
    fresh = {**COMPANY.team_members, "2": complete(member("ann", OWNER), member("zoe", DEVELOPER))}

    found = plan(STATE, replace(COMPANY, team_members=fresh, settled=frozenset({"id-bob", "id-gus"})))

    assert set(found.memberships.add) == {(("2", DEVELOPER.key), "id-zoe")}
    assert set(found.memberships.remove) == {(("2", DEVELOPER.key), "id-eve")}


def test_who_inherits_is_left_as_it_was_while_the_parent_can_not_be_read() -> None:
    blind = replace(COMPANY, team_members={**COMPANY.team_members, "1": unknown()})

    assert plan(STATE, blind).memberships == plan(STATE, COMPANY).memberships
