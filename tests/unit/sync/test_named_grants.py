"""Teams that were granted single repositories, what everybody at the host may read, and teams within teams."""

from dataclasses import replace

import pytest

from integrations.codehost import (
    TEAM_MEMBER,
    CodeAccess,
    RemoteMember,
    RemoteRepository,
    RemoteRole,
    RemoteTeamGrant,
    Visibility,
)
from models import GrantSource, MembershipSource, PartStatus
from sync.plan import plan_synchronization
from sync.snapshot import SKIPPED, Part, Snapshot
from sync.state import State, TeamValue
from sync.wanted import GrantKey, Wanted, WantedGrant, read_wanted
from tests.unit.sync.remote import DEVELOPER, GUEST, OWNER, TODAY, complete, member, repository, snapshot, team, unknown

BACKEND = team("2", path="acme/backend")
API = team("3", path="acme/api", parent_id="2")
READ = RemoteRole("read", "Read", 10, reads_code=True)
NONE = RemoteRole("none", "None", 0, reads_code=False)
TEAM_GRANT = GrantKey("100", GrantSource.TEAM, ("2", "member"))


def granted(role: RemoteRole = READ, *, repository_id: str = "100") -> Part[RemoteTeamGrant]:
    return Part(PartStatus.COMPLETE, (RemoteTeamGrant(repository_id, BACKEND, role),))


def company(**changes: object) -> Snapshot:
    """One repository in the root, where nobody reads by that; the team "backend" with bob."""
    base = snapshot(
        teams=(team("1"), BACKEND),
        team_members={"1": complete(member("ann", GUEST)), "2": complete(member("bob", TEAM_MEMBER))},
        repositories=(repository("100"),),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def state_of(remote: Snapshot) -> State:
    """Our side after this snapshot was applied."""
    wanted: Wanted = read_wanted(remote, today=TODAY)
    return State(
        teams={key: TeamValue.of(team) for key, team in wanted.teams.items()},
        memberships=wanted.memberships,
        grants=wanted.grants,
    )


@pytest.mark.parametrize("where", [{"team_grants": {"2": granted()}}, {"repository_teams": {"100": granted()}}])
def test_everybody_in_a_team_reads_what_it_was_granted(where: dict[str, object]) -> None:
    wanted = read_wanted(company(**where), today=TODAY)

    assert wanted.grants[TEAM_GRANT] == WantedGrant("Read", 10)


@pytest.mark.parametrize(
    "remote",
    [
        company(team_grants={"2": granted(NONE)}),
        company(team_grants={"2": granted(repository_id="elsewhere")}),
        company(team_grants={"2": granted()}, repositories=(repository("100", code_access=CodeAccess.DISABLED),)),
        company(team_grants={"2": granted()}, team_members={"1": complete(), "2": complete()}),
    ],
    ids=["a role that reads nothing", "a repository of others", "code that is switched off", "an empty team"],
)
def test_a_team_that_reads_nothing_is_granted_nothing(remote: Snapshot) -> None:
    assert TEAM_GRANT not in read_wanted(remote, today=TODAY).grants


def test_what_everybody_at_the_host_may_read_is_granted_to_everybody() -> None:
    remote = company(repositories=(replace(repository("100"), base_role=READ),))

    assert read_wanted(remote, today=TODAY).grants == {GrantKey("100", GrantSource.BASE): WantedGrant("Read", 10)}
    none = company(repositories=(replace(repository("100"), base_role=NONE),))
    assert not read_wanted(none, today=TODAY).grants


def test_an_internal_repository_for_members_is_read_by_each_member_of_the_root_and_by_nobody_else() -> None:
    internal = repository("100", visibility=Visibility.INTERNAL, code_access=CodeAccess.MEMBERS)

    wanted = read_wanted(company(repositories=(internal,)), today=TODAY)

    assert set(wanted.grants) == {GrantKey("100", GrantSource.VISIBILITY, ("1", "10"))}


@pytest.mark.parametrize(
    "later",
    [
        company(team_grants={"2": Part(PartStatus.UNKNOWN)}),
        company(team_grants={"2": Part(PartStatus.SKIPPED)}),
        company(repository_teams={"100": Part(PartStatus.UNKNOWN)}),
        company(team_grants={"2": granted()}, team_members={"1": complete(), "2": unknown()}),
        company(team_grants={"2": granted()}, team_members={"1": complete(), "2": SKIPPED}),
        company(team_grants={"2": granted()}, may_remove=False, team_members={"1": complete(), "2": complete()}),
    ],
    ids=["grants unknown", "grants skipped", "repository unknown", "members unknown", "members skipped", "doubt"],
)
def test_a_grant_stays_while_nobody_knows(later: Snapshot) -> None:
    before = state_of(company(team_grants={"2": granted()}))

    plan = plan_synchronization(before, later, today=TODAY)

    assert not plan.grants.remove


@pytest.mark.parametrize(
    "later",
    [
        company(team_grants={"2": Part(PartStatus.COMPLETE)}),
        company(team_grants={"2": granted(NONE)}),
        company(repository_teams={"100": Part(PartStatus.COMPLETE)}),
        company(team_grants={"2": Part(PartStatus.COMPLETE)}, team_members={"1": complete(), "2": unknown()}),
        company(team_grants={"2": granted()}, repositories=()),
    ],
    ids=["taken back", "weaker role", "taken from the repository", "taken from a team nobody knows", "repository gone"],
)
def test_a_grant_that_was_taken_back_goes(later: Snapshot) -> None:
    before = state_of(company(team_grants={"2": granted()}))

    plan = plan_synchronization(before, later, today=TODAY)

    assert set(plan.grants.remove) == {TEAM_GRANT}


def test_a_team_that_only_an_unread_repository_may_name_stays() -> None:
    before = state_of(company(repository_teams={"100": granted()}))
    later = company(teams=(team("1"),), team_members={"1": complete(member("ann", GUEST))})

    unread = plan_synchronization(
        before, replace(later, repository_teams={"100": Part(PartStatus.SKIPPED)}), today=TODAY
    )
    read = plan_synchronization(
        before, replace(later, repository_teams={"100": Part(PartStatus.COMPLETE)}), today=TODAY
    )

    assert not any([unread.teams.remove, unread.memberships.remove, unread.grants.remove])
    assert set(read.teams.remove) == {("2", "member")}
    assert read.memberships.remove
    assert read.grants.remove


@pytest.mark.parametrize("people", [{"2": complete()}, {"1": unknown(), "2": complete()}], ids=["known", "unknown"])
@pytest.mark.parametrize("repository_part", [complete(), unknown(), SKIPPED], ids=["listed", "unknown", "skipped"])
def test_what_an_own_token_confirmed_stands_until_a_listing_tells_more(
    people: dict[str, Part[RemoteMember]], repository_part: Part[RemoteMember]
) -> None:
    key = GrantKey("100", GrantSource.CONFIRMED, account_id="id-zoe")
    before = State(grants={key: WantedGrant()})
    remote = company(team_members={"1": complete()} | people, repository_members={"100": repository_part})

    plan = plan_synchronization(before, remote, today=TODAY)

    is_told = "1" not in people and repository_part.is_complete
    assert set(plan.grants.remove) == ({key} if is_told else set())


def test_what_an_own_token_confirmed_about_an_internal_repository_is_no_business_of_listings() -> None:
    key = GrantKey("100", GrantSource.INTERNAL, account_id="id-zoe")
    before = State(grants={key: WantedGrant()})

    internal = repository("100", visibility=Visibility.INTERNAL, code_access=CodeAccess.MEMBERS)

    assert not plan_synchronization(before, company(repositories=(internal,)), today=TODAY).grants.remove
    assert set(plan_synchronization(before, company(repositories=()), today=TODAY).grants.remove) == {key}


@pytest.mark.parametrize(
    "now",
    [
        repository("100"),
        repository("100", visibility=Visibility.PUBLIC),
        repository("100", visibility=Visibility.INTERNAL, code_access=CodeAccess.DISABLED),
    ],
)
def test_what_was_confirmed_of_an_internal_repository_ends_when_it_is_none(now: RemoteRepository) -> None:
    key = GrantKey("100", GrantSource.INTERNAL, account_id="id-zoe")
    before = State(grants={key: WantedGrant()})

    assert set(plan_synchronization(before, company(repositories=(now,)), today=TODAY).grants.remove) == {key}


@pytest.mark.parametrize("source", [GrantSource.INTERNAL, GrantSource.CONFIRMED])
@pytest.mark.parametrize("account_id", ["id-bob", "id-zoe"])
def test_one_person_alone_tells_nothing_about_what_own_tokens_confirmed_elsewhere(
    source: GrantSource, account_id: str
) -> None:
    before = State(grants={GrantKey("100", source, account_id="id-zoe"): WantedGrant()})
    alone = company(repositories=(), teams=(BACKEND,), team_members={"2": complete()}, person=account_id)

    assert not plan_synchronization(before, alone, today=TODAY).grants.remove


def nested(**changes: object) -> Snapshot:
    """GitHub's way: the list of "backend" has the people of "api" below it, too."""
    people = {
        "1": complete(),
        "2": complete(member("bob", TEAM_MEMBER), member("cid", TEAM_MEMBER)),
        "3": complete(member("cid", TEAM_MEMBER)),
    }
    base = snapshot(teams=(team("1"), BACKEND, API), team_members=people)
    return replace(base, teams_include_subteams=True, **changes)  # type: ignore[arg-type]


def test_who_is_in_a_team_by_one_below_it_is_told_apart() -> None:
    sources = {
        key[1]: value.source
        for key, value in read_wanted(nested(), today=TODAY).memberships.items()
        if key[0][0] == "2"
    }

    assert sources == {"id-bob": MembershipSource.DIRECT, "id-cid": MembershipSource.SUBTEAM}
    assert read_wanted(nested(), today=TODAY).memberships[("3", "member"), "id-cid"].source is MembershipSource.DIRECT


def test_how_somebody_is_in_a_team_stays_as_it_was_while_the_team_below_is_not_known() -> None:
    before = state_of(nested())
    members = dict(nested().team_members) | {"3": unknown()}

    plan = plan_synchronization(before, nested(team_members=members), today=TODAY)

    assert plan.memberships == plan.memberships.__class__({}, {}, {})


def test_one_person_alone_tells_nothing_about_how_they_are_in_a_team() -> None:
    before = state_of(nested())
    alone = nested(
        teams=(BACKEND,), team_members={"2": complete(member("cid", TEAM_MEMBER))}, repositories=(), person="id-cid"
    )

    plan = plan_synchronization(before, alone, today=TODAY)

    assert not plan.memberships


def test_direct_members_with_other_roles_are_granted_too() -> None:
    remote = company(repository_members={"100": complete(member("zoe", DEVELOPER))})

    assert GrantKey("100", GrantSource.DIRECT, account_id="id-zoe") in read_wanted(remote, today=TODAY).grants


def test_what_the_host_adds_up_counts_where_no_team_gives_it() -> None:
    bob, zoe = (replace(member(login, READ), is_sum=True) for login in ("bob", "zoe"))
    ann = replace(member("ann", READ), is_sum=True)
    remote = company(
        team_members={"1": complete(member("ann", OWNER)), "2": complete(member("bob", TEAM_MEMBER))},
        team_grants={"2": granted()},
        repository_members={"100": complete(ann, bob, zoe)},
    )

    grants = read_wanted(remote, today=TODAY).grants

    assert {key.account_id for key in grants if key.account_id} == {"id-zoe"}
    assert GrantKey("100", GrantSource.INHERITED, account_id="id-zoe") in grants
    assert TEAM_GRANT in grants
