"""Who would read fewer packages when removals are carried out: worked out from values, by hand here."""

from integrations.codehost import AccountState, RemoteAccount
from models import GrantSource, MembershipSource, TeamKind
from organizations.lost_access import Loss, count_lost_access
from sync.state import IdentityValue, PackageValue, State
from sync.wanted import GrantKey, WantedGrant, WantedMembership

DEVELOPERS, REPORTERS = ("7", "30"), ("7", "20")
MEMBER, GRANT = WantedMembership(MembershipSource.DIRECT), WantedGrant()


def account(login: str, state: AccountState = AccountState.ACTIVE) -> IdentityValue:
    return IdentityValue.of(RemoteAccount(login, login, login.title(), state=state))


def by_team(repository: str, team: tuple[str, str]) -> GrantKey:
    return GrantKey(repository, GrantSource.TEAM, team=team)


STATE = State(
    identities={login: account(login) for login in ("ann", "bob", "carla", "dan")},
    memberships={(DEVELOPERS, "bob"): MEMBER, (DEVELOPERS, "carla"): MEMBER, (REPORTERS, "carla"): MEMBER},
    standing={(TeamKind.OWNERS, "ann"): MEMBER},
    grants={
        by_team("a", DEVELOPERS): GRANT,
        by_team("b", DEVELOPERS): GRANT,
        by_team("a", REPORTERS): GRANT,
        GrantKey("c", GrantSource.DIRECT, account_id="dan"): GRANT,
        GrantKey("d", GrantSource.VISIBILITY): GRANT,
        by_team("without a package", DEVELOPERS): GRANT,
    },
    packages={key: (PackageValue(number, f"acme/{key}"),) for number, key in enumerate("abcd")},
)


def test_what_somebody_has_in_another_way_is_not_lost() -> None:
    losses = count_lost_access(STATE, ["membership:7:30:bob", "membership:7:30:carla"])

    assert losses == [Loss("bob", "Bob", lost=3, left=0), Loss("carla", "Carla", lost=1, left=2)]


def test_a_repository_takes_its_package_from_everybody_who_reads_it() -> None:
    losses = count_lost_access(STATE, ["repository:a", "package:a:acme%2Fa"])

    assert [(loss.login, loss.lost, loss.left) for loss in losses] == [("ann", 1, 3), ("bob", 1, 2), ("carla", 1, 2)]


def test_a_grant_for_all_ends_for_all_and_one_for_somebody_takes_their_place() -> None:
    for_all = count_lost_access(STATE, ["grant:d:visibility:everybody"])
    own = count_lost_access(STATE, ["grant:c:direct:account:dan"])

    assert [loss.login for loss in for_all] == ["bob", "carla", "dan"]
    assert own == [Loss("dan", "Dan", lost=2, left=0)]


def test_somebody_who_leads_and_loses_that_keeps_what_teams_give() -> None:
    assert count_lost_access(STATE, ["standing:owners:ann"]) == [Loss("ann", "Ann", lost=4, left=0)]


def test_people_who_are_blocked_have_nothing_to_lose() -> None:
    blocked = State(
        identities={**STATE.identities, "bob": account("bob", AccountState.BLOCKED)},
        memberships=STATE.memberships,
        grants=STATE.grants,
        packages=STATE.packages,
    )

    assert count_lost_access(blocked, ["membership:7:30:bob"]) == []
