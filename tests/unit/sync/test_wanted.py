"""Who should be in which team, and who may read what."""

from datetime import date

import pytest

from integrations.codehost import AccountState, CodeAccess, RemoteMember, RemoteRole, Visibility
from models import GrantSource, MembershipSource, TeamKind
from sync.snapshot import Snapshot
from sync.wanted import is_effective, read_wanted, reads_code
from tests.unit.sync.remote import (
    AUDITOR,
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


def grants_of(remote: Snapshot) -> set[tuple[str, GrantSource, str]]:
    return {
        (key.repository_id, key.source, key.account_id or (":".join(key.team) if key.team else ""))
        for key in read_wanted(remote, today=TODAY).grants
    }


def test_an_active_member_counts() -> None:
    assert is_effective(member("ann"), today=TODAY)


@pytest.mark.parametrize(
    "nobody",
    [
        member("ann", state=AccountState.BLOCKED),
        member("ann", is_bot=True),
        member("ann", is_awaiting=True),
        member("ann", expires_on=TODAY),
    ],
    ids=["blocked", "bot", "awaiting", "expired today"],
)
def test_blocked_bot_awaiting_and_expired_members_do_not_count(nobody: RemoteMember) -> None:
    assert not is_effective(nobody, today=TODAY)


def test_a_membership_counts_until_the_day_before_it_expires() -> None:
    assert is_effective(member("ann", expires_on=date(2026, 11, 21)), today=TODAY)


def test_there_is_one_team_per_group_and_role_that_somebody_has() -> None:
    remote = snapshot(
        teams=(team("1"), team("2", path="acme/backend", parent_id="1")),
        team_members={
            "1": complete(member("ann", OWNER), member("bob", DEVELOPER), member("eve", DEVELOPER)),
            "2": complete(member("ann", OWNER), member("gus", GUEST, state=AccountState.BLOCKED)),
        },
    )

    teams = read_wanted(remote, today=TODAY).teams

    assert set(teams) == {("1", "50"), ("1", "30"), ("2", "50")}


def test_the_same_role_in_the_parent_group_makes_a_membership_inherited() -> None:
    remote = snapshot(
        teams=(team("1"), team("2", path="acme/backend", parent_id="1")),
        team_members={
            "1": complete(member("ann", OWNER), member("bob", GUEST)),
            "2": complete(member("ann", OWNER), member("bob", DEVELOPER)),
        },
    )

    memberships = read_wanted(remote, today=TODAY).memberships

    assert memberships[("2", "50"), "id-ann"].source is MembershipSource.INHERITED
    assert memberships[("2", "30"), "id-bob"].source is MembershipSource.DIRECT
    assert memberships[("1", "50"), "id-ann"].source is MembershipSource.DIRECT


def test_owners_and_admins_are_those_of_the_root_only() -> None:
    remote = snapshot(
        teams=(team("1"), team("2", path="acme/backend", parent_id="1")),
        team_members={
            "1": complete(member("ann", OWNER), member("bob", MAINTAINER), member("eve", DEVELOPER)),
            "2": complete(member("eve", OWNER)),
        },
    )

    standing = read_wanted(remote, today=TODAY).standing

    assert standing == {TeamKind.OWNERS: {"id-ann"}, TeamKind.ADMINS: {"id-bob"}}


def test_a_private_repository_is_read_by_the_teams_of_its_group_from_reporter_up() -> None:
    remote = snapshot(
        team_members={"1": complete(member("ann", GUEST), member("bob", REPORTER), member("eve", AUDITOR))},
        repositories=(repository(),),
    )

    assert grants_of(remote) == {
        ("100", GrantSource.TEAM, "1:20"),
        ("100", GrantSource.TEAM, "1:10:7"),
    }


def test_a_role_in_the_repository_that_is_more_than_in_the_group_is_a_direct_grant() -> None:
    remote = snapshot(
        team_members={"1": complete(member("ann", DEVELOPER), member("bob", GUEST))},
        repositories=(repository(),),
        repository_members={
            "100": complete(member("ann", DEVELOPER), member("bob", REPORTER), member("eve", DEVELOPER))
        },
    )

    assert grants_of(remote) == {
        ("100", GrantSource.TEAM, "1:30"),
        ("100", GrantSource.DIRECT, "id-bob"),
        ("100", GrantSource.DIRECT, "id-eve"),
    }


def test_a_guest_of_a_private_repository_gets_no_grant() -> None:
    remote = snapshot(repositories=(repository(),), repository_members={"100": complete(member("ann", GUEST))})

    assert grants_of(remote) == set()


@pytest.mark.parametrize("visibility", [Visibility.INTERNAL, Visibility.PUBLIC])
def test_internal_and_public_code_has_a_grant_for_everybody(visibility: Visibility) -> None:
    remote = snapshot(repositories=(repository(visibility=visibility),))

    assert grants_of(remote) == {("100", GrantSource.VISIBILITY, "")}


def test_code_for_members_only_is_read_by_guests_but_not_by_everybody() -> None:
    remote = snapshot(
        team_members={"1": complete(member("ann", GUEST))},
        repositories=(repository(visibility=Visibility.PUBLIC, code_access=CodeAccess.MEMBERS),),
    )

    assert grants_of(remote) == {("100", GrantSource.VISIBILITY, "1:10")}


def test_switched_off_code_is_read_by_nobody() -> None:
    remote = snapshot(
        team_members={"1": complete(member("ann", OWNER))},
        repositories=(repository(visibility=Visibility.PUBLIC, code_access=CodeAccess.DISABLED),),
    )

    assert grants_of(remote) == set()


def test_while_the_group_is_unknown_nobody_gets_a_direct_grant_for_what_the_group_may_give() -> None:
    remote = snapshot(
        team_members={"1": unknown()},
        repositories=(repository(),),
        repository_members={"100": complete(member("ann", DEVELOPER))},
    )

    assert grants_of(remote) == set()


@pytest.mark.parametrize(
    ("visibility", "code_access", "role", "reads"),
    [
        (Visibility.PRIVATE, CodeAccess.ENABLED, GUEST, False),
        (Visibility.PRIVATE, CodeAccess.ENABLED, REPORTER, True),
        (Visibility.PRIVATE, CodeAccess.MEMBERS, GUEST, False),
        (Visibility.PRIVATE, CodeAccess.MEMBERS, AUDITOR, True),
        (Visibility.INTERNAL, CodeAccess.ENABLED, GUEST, False),
        (Visibility.INTERNAL, CodeAccess.MEMBERS, GUEST, True),
        (Visibility.PUBLIC, CodeAccess.MEMBERS, GUEST, True),
    ],
)
def test_which_role_of_ones_own_reads_code(
    visibility: Visibility, code_access: CodeAccess, role: RemoteRole, reads: bool
) -> None:
    assert reads_code(repository(visibility=visibility, code_access=code_access), role) is reads
