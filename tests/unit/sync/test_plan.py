"""How rows must change, above all what must not be removed."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.codehost import AccountState, CodeAccess, RemoteMember, RemoteRole, Visibility
from models import GrantSource, ManifestState, MembershipSource, PartStatus, TeamKind
from sync.plan import Plan, plan_synchronization
from sync.snapshot import Manifest, Part, Snapshot
from sync.state import IdentityValue, ManifestValue, PackageValue, RepositoryValue, State, TeamValue
from sync.wanted import WantedMembership, accounts_of, read_wanted
from tests.unit.sync.remote import (
    DEVELOPER,
    GUEST,
    MAINTAINER,
    OWNER,
    REPORTER,
    TODAY,
    complete,
    member,
    repository,
    snapshot,
    team,
    unknown,
)


def state_after(remote: Snapshot) -> State:
    """What is stored once a complete snapshot was applied to nothing."""
    direct = WantedMembership(MembershipSource.DIRECT)
    wanted = read_wanted(remote, today=TODAY)
    return State(
        identities={key: IdentityValue.of(value) for key, value in accounts_of(remote).items()},
        teams={key: TeamValue.of(value) for key, value in wanted.teams.items()},
        memberships=wanted.memberships,
        standing={(kind, key): direct for kind, keys in wanted.standing.items() for key in keys},
        repositories={item.remote_id: RepositoryValue.of(item) for item in remote.repositories},
        grants=wanted.grants,
        manifests={key: ManifestValue(item.state, item.name, item.reason) for key, item in remote.manifests.items()},
        packages={
            key: (PackageValue(int(key), item.name),)
            for key, item in remote.manifests.items()
            if item.state is ManifestState.PRESENT
        },
    )


def plan(state: State, remote: Snapshot) -> Plan:
    return plan_synchronization(state, remote, today=TODAY)


COMPANY = snapshot(
    teams=(team("1"), team("2", path="acme/backend", parent_id="1")),
    team_members={
        "1": complete(member("ann", OWNER), member("bob", MAINTAINER)),
        "2": complete(member("ann", OWNER), member("bob", MAINTAINER), member("eve", DEVELOPER)),
    },
    repositories=(repository("100", team_id="2"), repository("101", visibility=Visibility.INTERNAL)),
    repository_members={"100": complete(member("eve", DEVELOPER), member("gus", REPORTER))},
    manifests={"100": Manifest(ManifestState.PRESENT, "acme/logging")},
)


def test_everything_is_added_the_first_time() -> None:
    result = plan(State(), COMPANY)

    assert {item.login for item in result.identities.add.values()} == {"ann", "bob", "eve", "gus"}
    assert set(result.standing.add) == {(TeamKind.OWNERS, "id-ann"), (TeamKind.ADMINS, "id-bob")}
    assert set(result.repositories.add) == {"100", "101"}
    assert result.packages.add == {"100": "acme/logging"}


def test_an_unchanged_host_changes_nothing() -> None:
    assert plan(state_after(COMPANY), COMPANY).is_empty


def test_somebody_who_left_loses_memberships_and_grants_but_is_not_forgotten() -> None:
    without_gus = replace(
        COMPANY, repository_members={**COMPANY.repository_members, "100": complete(member("eve", DEVELOPER))}
    )

    result = plan(state_after(COMPANY), without_gus)

    assert [key.account_id for key in result.grants.remove] == ["id-gus"]
    assert not result.identities


def test_a_blocked_person_loses_everything_and_is_marked() -> None:
    blocked = member("bob", MAINTAINER, state=AccountState.BLOCKED)
    remote = replace(
        COMPANY,
        team_members={
            "1": complete(member("ann", OWNER), blocked),
            "2": complete(member("ann", OWNER), blocked, member("eve", DEVELOPER)),
        },
    )

    result = plan(state_after(COMPANY), remote)

    assert result.identities.change["id-bob"].is_blocked
    assert {account for _, account in result.memberships.remove} == {"id-bob"}
    assert set(result.standing.remove) == {(TeamKind.ADMINS, "id-bob")}


def test_an_unknown_team_keeps_its_members_teams_and_grants() -> None:
    remote = replace(COMPANY, team_members={**COMPANY.team_members, "2": unknown()})

    result = plan(state_after(COMPANY), remote)

    assert not result.teams.remove
    assert not result.memberships.remove
    assert not result.grants.remove


def test_an_unknown_repository_keeps_its_direct_grants() -> None:
    remote = replace(COMPANY, repository_members={**COMPANY.repository_members, "100": unknown()})

    assert not plan(state_after(COMPANY), remote).grants.remove


def test_a_team_that_is_gone_takes_its_members_and_grants_with_it() -> None:
    remote = replace(
        COMPANY,
        teams=(team("1"),),
        team_members={"1": COMPANY.team_members["1"], "2": Part(PartStatus.GONE)},
        repositories=(repository("101", visibility=Visibility.INTERNAL),),
    )

    result = plan(state_after(COMPANY), remote)

    assert {key[0] for key in result.teams.remove} == {"2"}
    assert set(result.repositories.remove) == {"100"}
    assert [package.name for package in result.packages.remove["100"]] == ["acme/logging"]
    assert {key.repository_id for key in result.grants.remove} == {"100"}


def test_a_repository_that_left_an_unknown_group_loses_the_grants_of_that_group() -> None:
    moved = (repository("100", team_id="1"), repository("101", visibility=Visibility.INTERNAL))
    remote = replace(COMPANY, repositories=moved, team_members={**COMPANY.team_members, "2": unknown()})

    removed = plan(state_after(COMPANY), remote).grants.remove

    assert {key.team for key in removed if key.team} == {("2", "30"), ("2", "40"), ("2", "50")}


def test_code_that_was_switched_off_is_nobodys_even_if_members_are_unknown() -> None:
    closed = (repository("100", team_id="2", code_access=CodeAccess.DISABLED), *COMPANY.repositories[1:])
    remote = replace(
        COMPANY,
        repositories=closed,
        team_members={**COMPANY.team_members, "2": unknown()},
        repository_members={**COMPANY.repository_members, "100": unknown()},
    )

    removed = plan(state_after(COMPANY), remote).grants.remove

    assert set(removed) == {key for key in state_after(COMPANY).grants if key.repository_id == "100"}


def test_code_that_became_private_is_no_longer_for_everybody_even_if_members_are_unknown() -> None:
    private = (COMPANY.repositories[0], repository("101"))
    remote = replace(COMPANY, repositories=private, repository_members={"100": unknown(), "101": unknown()})

    removed = plan(state_after(COMPANY), remote).grants.remove

    assert [(key.repository_id, key.source) for key in removed] == [("101", GrantSource.VISIBILITY)]


def test_a_credential_that_may_not_see_everything_only_adds() -> None:
    remote = replace(
        snapshot(team_members={"1": complete(member("zoe", DEVELOPER))}), may_remove=False, doubt="no owner any more"
    )

    result = plan(state_after(COMPANY), remote)

    removals = (result.teams, result.memberships, result.standing, result.repositories, result.grants)
    assert not any(changes.remove for changes in removals)
    assert not result.packages.remove
    assert set(result.identities.add) == {"id-zoe"}


def test_owners_stay_while_the_root_is_unknown() -> None:
    remote = replace(COMPANY, team_members={**COMPANY.team_members, "1": unknown()})

    assert not plan(state_after(COMPANY), remote).standing.remove


def test_only_the_primary_synchronization_decides_about_owners() -> None:
    state = replace(state_after(COMPANY), is_primary=False, standing={})

    assert not plan(state, COMPANY).standing


def test_a_renamed_group_and_repository_are_changed_not_replaced() -> None:
    remote = replace(
        COMPANY,
        teams=(team("1"), team("2", path="acme/server", parent_id="1")),
        repositories=(replace(COMPANY.repositories[0], path="acme/server/log"), COMPANY.repositories[1]),
    )

    result = plan(state_after(COMPANY), remote)

    assert {key[0] for key in result.teams.change} == {"2"}
    assert set(result.repositories.change) == {"100"}
    assert result.packages.touch == {"100"}
    assert not result.teams.remove
    assert not result.teams.add
    assert not result.repositories.remove


def test_a_package_deleted_by_hand_stays_away() -> None:
    state = replace(
        state_after(COMPANY),
        packages={},
        manifests={"100": ManifestValue(ManifestState.PRESENT, "acme/logging", is_excluded=True)},
    )

    assert not plan(state, COMPANY).packages.add


def test_a_repository_taken_back_gets_its_package_without_reading_the_file_again() -> None:
    state = replace(state_after(COMPANY), packages={})

    assert plan(state, replace(COMPANY, manifests={})).packages.add == {"100": "acme/logging"}


def test_a_repository_that_waits_for_deletion_gets_no_new_package() -> None:
    leaving = replace(COMPANY.repositories[0], is_pending_deletion=True)
    remote = replace(COMPANY, repositories=(leaving, COMPANY.repositories[1]))

    assert not plan(State(), remote).packages.add


def test_a_broken_composer_json_makes_no_package_and_keeps_the_reason() -> None:
    remote = replace(COMPANY, manifests={"100": Manifest(ManifestState.BROKEN, reason="not valid JSON")})

    result = plan(State(), remote)

    assert not result.packages.add
    assert result.manifests["100"].reason == "not valid JSON"


ROLES = st.sampled_from([GUEST, REPORTER, DEVELOPER, MAINTAINER, OWNER])
MEMBERS = st.dictionaries(st.sampled_from("abcdefgh"), ROLES, max_size=6).map(
    lambda roles: complete(*(member(login, role) for login, role in roles.items()))
)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    teams = (team("1"), team("2", path="acme/b", parent_id="1"), team("3", path="acme/b/c", parent_id="2"))
    repositories = tuple(
        repository(str(number), team_id=draw(st.sampled_from("123")), visibility=draw(st.sampled_from(Visibility)))
        for number in range(100, 100 + draw(st.integers(0, 4)))
    )
    return snapshot(
        teams=teams,
        team_members={item.remote_id: draw(MEMBERS) for item in teams},
        repositories=repositories,
        repository_members={item.remote_id: draw(MEMBERS) for item in repositories},
    )


@given(snapshots(), st.randoms())
def test_the_order_of_a_listing_does_not_matter(remote: Snapshot, random: Random) -> None:
    def shuffled(part: Part[RemoteMember]) -> Part[RemoteMember]:
        return replace(part, items=tuple(random.sample(part.items, len(part.items))))

    other = replace(remote, team_members={key: shuffled(part) for key, part in remote.team_members.items()})

    assert plan(state_after(remote), other).is_empty


@given(snapshots(), snapshots(), st.sets(st.sampled_from("123")))
def test_unknown_teams_never_lose_members(before: Snapshot, after: Snapshot, lost: set[str]) -> None:
    partly = replace(
        after, team_members={key: unknown() if key in lost else part for key, part in after.team_members.items()}
    )

    result = plan(state_after(before), partly)

    assert not {key[0] for key in result.teams.remove} & lost
    assert not {team_key[0] for team_key, _ in result.memberships.remove} & lost


@pytest.mark.parametrize("role", [GUEST, REPORTER])
def test_a_new_role_moves_somebody_to_another_team(role: RemoteRole) -> None:
    remote = replace(
        COMPANY,
        team_members={
            **COMPANY.team_members,
            "2": complete(member("ann", OWNER), member("bob", MAINTAINER), member("eve", role)),
        },
    )

    result = plan(state_after(COMPANY), remote)

    assert set(result.memberships.add) == {(("2", role.key), "id-eve")}
    assert set(result.memberships.remove) == {(("2", "30"), "id-eve")}
