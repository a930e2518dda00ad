"""What a run writes into the audit log."""

from dataclasses import replace

from integrations.codehost import AccountState, Visibility
from sync.audit import describe_changes
from sync.plan import plan_synchronization
from sync.snapshot import Snapshot
from sync.state import State
from tests.unit.sync.remote import (
    DEVELOPER,
    MAINTAINER,
    OWNER,
    REPORTER,
    TODAY,
    complete,
    member,
    repository,
    snapshot,
    team,
)
from tests.unit.sync.test_plan import state_after

BEFORE = snapshot(
    teams=(team("1"), team("2", path="acme/backend", parent_id="1")),
    team_members={
        "1": complete(member("ann", OWNER), member("bob", MAINTAINER)),
        "2": complete(member("ann", OWNER), member("eve", DEVELOPER)),
    },
    repositories=(repository("100", team_id="2"), repository("101", visibility=Visibility.INTERNAL)),
    repository_members={"100": complete(member("gus", REPORTER))},
)
BACKEND = "acme/backend (Developer)"
EVERYBODY = "everybody with an account there who is not external"


def log(state: State, remote: Snapshot) -> list[tuple[str, str, list[str]]]:
    """Action, target, and the names of each record."""
    entries = describe_changes(plan_synchronization(state, remote, today=TODAY), state)
    return [(entry.action, entry.target, next(iter(entry.details.values()))) for entry in entries]


def test_the_first_run_says_who_got_access_to_what() -> None:
    found = log(State(), BEFORE)

    assert ("owners_added", "", ["@ann"]) in found
    assert ("admins_added", "", ["@bob"]) in found
    assert ("members_added", BACKEND, ["@eve"]) in found
    assert ("repository_appeared", "acme/100", ["@gus", BACKEND, "acme/backend (Owner)"]) in found
    assert ("repository_appeared", "acme/101", ["acme (Maintainer)", "acme (Owner)", EVERYBODY]) in found
    assert not [action for action, *_ in found if action.startswith("readers")]


def test_an_unchanged_host_leaves_nothing_in_the_log() -> None:
    assert log(state_after(BEFORE), BEFORE) == []


def test_people_who_join_and_leave_a_team_are_one_record_each_way() -> None:
    members = complete(*(member(login, DEVELOPER) for login in ("zoe", "max")), member("ann", OWNER))
    after = replace(BEFORE, team_members={**BEFORE.team_members, "2": members})

    assert log(state_after(BEFORE), after) == [
        ("members_added", BACKEND, ["@max", "@zoe"]),
        ("members_removed", BACKEND, ["@eve"]),
    ]


def test_a_team_that_is_empty_now_goes_with_what_it_could_read() -> None:
    after = replace(BEFORE, team_members={**BEFORE.team_members, "2": complete(member("ann", OWNER))})

    assert log(state_after(BEFORE), after) == [
        ("teams_gone", "", [BACKEND]),
        ("members_removed", BACKEND, ["@eve"]),
        ("readers_removed", "acme/100", [BACKEND]),
    ]


def test_somebody_who_leads_no_more_is_told_apart_from_the_team() -> None:
    after = replace(
        BEFORE, team_members={**BEFORE.team_members, "1": complete(member("ann", OWNER), member("bob", REPORTER))}
    )

    found = log(state_after(BEFORE), after)

    assert ("admins_removed", "", ["@bob"]) in found
    assert ("members_removed", "acme (Maintainer)", ["@bob"]) in found
    assert ("members_added", "acme (Reporter)", ["@bob"]) in found


def test_who_may_read_a_repository_is_one_record_per_repository() -> None:
    after = replace(BEFORE, repository_members={"100": complete(member("zoe", REPORTER)), "101": complete()})

    assert log(state_after(BEFORE), after) == [
        ("readers_added", "acme/100", ["@zoe"]),
        ("readers_removed", "acme/100", ["@gus"]),
    ]


def test_another_role_on_a_repository_is_a_change() -> None:
    after = replace(BEFORE, repository_members={"100": complete(member("gus", DEVELOPER)), "101": complete()})

    assert log(state_after(BEFORE), after) == [("readers_changed", "acme/100", ["@gus"])]


def test_a_repository_that_is_gone_says_who_could_read_it() -> None:
    after = replace(BEFORE, repositories=BEFORE.repositories[1:], repository_members={"101": complete()})

    assert log(state_after(BEFORE), after) == [
        ("repository_gone", "acme/100", ["@gus", BACKEND, "acme/backend (Owner)"]),
    ]


def test_a_block_and_its_end_are_told() -> None:
    blocked = complete(member("ann", OWNER), member("eve", DEVELOPER, state=AccountState.BLOCKED))
    after = replace(BEFORE, team_members={**BEFORE.team_members, "2": blocked})

    assert ("people_blocked", "", ["@eve"]) in log(state_after(BEFORE), after)
    assert ("people_unblocked", "", ["@eve"]) in log(state_after(after), BEFORE)


def test_another_name_or_avatar_is_no_change_of_access() -> None:
    state = state_after(BEFORE)
    people = {key: person._replace(display_name="Somebody", avatar_url="x") for key, person in state.identities.items()}

    assert log(replace(state, identities=people), BEFORE) == []
