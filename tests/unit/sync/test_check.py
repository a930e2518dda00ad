"""Which removals wait until somebody has looked, and which never do."""

from dataclasses import replace

import pytest

from integrations.codehost import AccountState, RemoteRepository, RemoteRole
from models import ManifestState, TeamKind
from sync.check import Brake, Policy
from sync.plan import Plan, plan_synchronization
from sync.removals import (
    membership_removal,
    repository_removal,
    standing_removal,
    undecided_removals,
)
from sync.snapshot import Manifest, Snapshot
from tests.unit.sync.checking import SOON, check, company, crew, names
from tests.unit.sync.remote import (
    DEVELOPER,
    GUEST,
    MAINTAINER,
    OWNER,
    TODAY,
    complete,
    member,
    repository,
    snapshot,
    team,
    unknown,
)
from tests.unit.sync.test_plan import state_after


@pytest.mark.parametrize(("leaving", "is_held"), [(10, False), (11, True)])
def test_more_than_ten_and_more_than_a_third_of_the_members_do_not_go_at_once(leaving: int, is_held: bool) -> None:
    before = company(30)
    after = replace(before, team_members={"1": complete(member("ann", OWNER), member("new"), *crew(30 - leaving))})

    result = check(state_after(before), after)

    assert len(result.held.memberships.remove) == (leaving if is_held else 0)
    assert len(result.plan.memberships.remove) == (0 if is_held else leaving)
    assert result.reason == ("11 of 31 memberships would go" if is_held else "")
    assert (("1", "30"), "id-new") in result.plan.memberships.add


def test_many_of_very_many_members_go_at_once() -> None:
    before, after = company(100), company(80)

    assert not names(check(state_after(before), after).held)


def test_a_change_of_role_is_no_loss() -> None:
    before = company(30, repositories=3)
    promoted = [replace(item, role=MAINTAINER) for item in crew(30)]
    after = replace(before, team_members={"1": complete(member("ann", OWNER), *promoted)})

    assert not names(check(state_after(before), after).held)


def test_a_role_that_reads_code_no_more_is_a_loss() -> None:
    before = company(30, repositories=3)
    after = replace(before, team_members={"1": complete(member("ann", OWNER), *crew(30, role="guest"))})

    result = check(state_after(before), after)

    assert len(result.held.memberships.remove) == 30
    assert set(result.held.teams.remove) == {("1", "30")}
    assert {key.team for key in result.held.grants.remove} == {("1", "30")}
    assert len(result.plan.memberships.add) == 30


def test_somebody_blocked_or_asked_about_goes_in_the_middle_of_a_held_removal() -> None:
    before = company(30, repositories=2)
    blocked = member("p0", state=AccountState.BLOCKED)
    after = replace(before, team_members={"1": complete(member("ann", OWNER), blocked)})

    result = check(state_after(before), after)

    assert {account for _, account in result.plan.memberships.remove} == {"id-p0"}
    assert len(result.held.memberships.remove) == 29
    person = replace(after, team_members={"1": complete()}, person="id-p1")
    assert {account for _, account in check(state_after(before), person, SOON).plan.memberships.remove} == {"id-p1"}


def test_who_is_listed_as_expired_goes_at_once() -> None:
    before = company(30)
    expired = [replace(item, expires_on=TODAY) for item in crew(30)]
    after = replace(before, team_members={"1": complete(member("ann", OWNER), *expired)})

    assert not names(check(state_after(before), after).held)


def test_packages_have_a_brake_of_their_own_and_keep_their_permissions() -> None:
    before, after = company(3, repositories=40), company(3, repositories=34)

    result = check(state_after(before), after)

    assert result.reason == "6 of 40 packages would go"
    assert len(result.held.repositories.remove) == len(result.held.packages.remove) == 6
    assert not result.plan.packages.remove
    assert not result.plan.grants.remove
    assert not names(check(state_after(before), company(3, repositories=35)).held)


def test_permissions_that_end_with_their_repository_are_not_counted() -> None:
    before = company(3, repositories=40, packages=4)
    after = company(3, repositories=2, packages=2)

    result = check(state_after(before), after)

    assert not names(result.held)
    assert len(result.plan.grants.remove) == 76  # of two teams: 95 % of all


def test_permissions_of_a_team_that_its_last_member_left_are_not_counted() -> None:
    before = company(1, repositories=40)
    after = replace(before, team_members={"1": complete(member("ann", OWNER))})

    result = check(state_after(before), after)

    assert not names(result.held)
    assert len(result.plan.grants.remove) == 40


def test_permissions_of_teams_that_stay_are_counted_for_themselves() -> None:
    before = company(1, repositories=20)
    moved: tuple[RemoteRepository, ...] = tuple(replace(item, team_id="9") for item in before.repositories)

    result = check(state_after(before), replace(before, repositories=moved))

    assert result.reason == "40 of 40 permissions would go"
    assert len(result.held.grants.remove) == 40
    assert not result.plan.grants.remove


@pytest.mark.parametrize("role", [DEVELOPER, GUEST])
def test_direct_permissions_count_unless_the_person_still_reads(role: RemoteRole) -> None:
    outside = {"100": complete(*crew(20))}
    before = replace(company(0, repositories=1), repository_members=outside)
    changed = tuple(replace(item, role=role) for item in crew(20))
    inside = {"1": complete(member("ann", OWNER), *crew(20))} if role is DEVELOPER else before.team_members
    after = replace(before, team_members=inside, repository_members={"100": complete(*changed)})

    result = check(state_after(before), after)

    assert len(result.held.grants.remove) == (0 if role is DEVELOPER else 20)
    assert len(result.plan.grants.remove) == (20 if role is DEVELOPER else 0)


def test_a_group_that_vanishes_with_its_packages_keeps_its_people_too() -> None:
    teams = (team("1"), team("2", path="acme/b", parent_id="1"))
    listed = tuple(repository(str(number), team_id="2") for number in range(100, 106))
    kept = repository("99")
    before = snapshot(
        teams=teams,
        team_members={"1": complete(member("ann", OWNER)), "2": complete(member("ann", OWNER), member("eve"))},
        repositories=(kept, *listed),
        manifests={item.remote_id: Manifest(ManifestState.PRESENT, f"acme/{item.remote_id}") for item in listed},
    )
    after = replace(before, teams=teams[:1], team_members={"1": before.team_members["1"]}, repositories=(kept,))

    result = check(state_after(before), after)

    assert {account for _, account in result.held.memberships.remove} == {"id-ann", "id-eve"}
    assert set(result.held.teams.remove) == {("2", "50"), ("2", "30")}
    assert not names(result.plan)


def test_a_list_that_is_suddenly_empty_removes_nothing() -> None:
    before = company(2, repositories=2)
    nobody = replace(before, team_members={"1": complete()})
    nothing = replace(before, repositories=())

    without_people, without_repositories = check(state_after(before), nobody), check(state_after(before), nothing)

    assert without_people.reason == "acme has no members any more"
    assert not names(without_people.plan)
    assert (TeamKind.OWNERS, "id-ann") in without_people.held.standing.remove
    assert without_repositories.reason == "acme has no repositories any more"
    assert not names(without_repositories.plan)


def test_owners_and_admins_stay_while_their_membership_is_held() -> None:
    admins = [replace(item, role=MAINTAINER) for item in crew(20)]
    before = replace(company(0), team_members={"1": complete(member("ann", OWNER), *admins)})
    demoted = [replace(admins[0], role=DEVELOPER)]
    after = replace(before, team_members={"1": complete(member("ann", OWNER), *demoted)})

    result = check(state_after(before), after)

    assert len(result.held.standing.remove) == 19
    assert set(result.plan.standing.remove) == {(TeamKind.ADMINS, "id-p0")}


@pytest.mark.parametrize("is_approved", [False, True])
@pytest.mark.parametrize("is_person", [False, True])
def test_the_last_owner_who_can_log_in_stays_whatever_was_confirmed(is_approved: bool, is_person: bool) -> None:
    before = company(3)
    after = replace(before, team_members={"1": complete(*crew(3))}, person="id-ann" if is_person else "")
    approved = frozenset({standing_removal((TeamKind.OWNERS, "id-ann"))}) if is_approved else frozenset()

    result = check(state_after(before), after, Policy(approved=approved))

    assert not result.plan.standing.remove
    assert not result.held.standing.remove
    assert result.last_owners == {(TeamKind.OWNERS, "id-ann")}
    assert result.alarm == "no owner at the host could log in here, so @ann stays owner of this organization"


def test_owners_who_can_not_log_in_do_not_count() -> None:
    owners = complete(member("ann", OWNER), member("eve", OWNER))
    before = replace(company(3), team_members={"1": owners})
    only_eve = replace(before, team_members={"1": complete(member("eve", OWNER))})
    blocked = replace(before, team_members={"1": complete(member("eve", OWNER, state=AccountState.BLOCKED))})

    assert check(state_after(before), only_eve).plan.standing.remove
    assert not check(state_after(before), only_eve, Policy(locked_out=frozenset({"id-eve"}))).plan.standing.remove
    assert set(check(state_after(before), blocked).plan.standing.remove) == {(TeamKind.OWNERS, "id-eve")}


def test_owners_who_all_vanish_wait_when_somebody_else_owns_the_organization() -> None:
    before = replace(company(3), team_members={"1": complete(member("ann", OWNER), member("eve", OWNER), *crew(3))})
    demoted = replace(before, team_members={"1": complete(member("eve", DEVELOPER), *crew(3))})

    result = check(state_after(before), demoted, Policy(has_other_owner=True))

    assert set(result.plan.standing.remove) == {(TeamKind.OWNERS, "id-eve")}
    assert set(result.held.standing.remove) == {(TeamKind.OWNERS, "id-ann")}
    assert result.reason == "acme has no owner any more"


def test_a_held_list_does_not_shrink_below_the_brake_on_half_an_answer() -> None:
    teams = (team("1"), team("2", path="acme/b", parent_id="1"))
    everybody = {"1": complete(member("ann", OWNER), *crew(15)), "2": complete(member("ann", OWNER), *crew(15))}
    before = snapshot(teams=teams, team_members=everybody)
    nobody = complete(member("ann", OWNER))
    whole = check(state_after(before), replace(before, team_members={"1": nobody, "2": nobody}))
    policy = Policy(access=Brake(50, 10), open=names(whole.held))

    half = check(state_after(before), replace(before, team_members={"1": nobody, "2": unknown()}), policy)

    assert len(half.held.memberships.remove) == 15
    assert not half.plan.memberships.remove
    assert half.reason == ""


def test_names_of_removals_can_be_told_apart_and_found_again() -> None:
    key = (("1", "10:7"), "557058:ab")
    assert membership_removal(key) == "membership:1:10%3A7:557058%3Aab"
    before = company(3, repositories=2)
    known = names(check(state_after(before), replace(before, team_members={"1": complete()}), SOON).held)
    doubtful = replace(before, team_members={"1": unknown()})
    nothing = plan_synchronization(state_after(before), doubtful, today=TODAY)

    def undecided(remote: Snapshot, plan: Plan) -> set[str]:
        found = undecided_removals(
            {*known, repository_removal("100")},  # which the host has in any case
            plan=plan,
            applied=plan,
            state=state_after(before),
            snapshot=remote,
            today=TODAY,
        )
        return set(found)

    assert undecided(doubtful, nothing) == known
    assert undecided(before, nothing) == set()
