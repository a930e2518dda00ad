"""What the host's answer to somebody's own token means."""

from dataclasses import replace
from datetime import timedelta

from integrations.codehost import TEAM_MEMBER, CodeAccess, RemoteRepository, Visibility
from models import GrantSource, MembershipSource
from sync.own_plan import LASTS, RENEWED_BELOW, plan_own_access
from sync.plan import Changes
from sync.state import RepositoryValue, State
from sync.wanted import GrantKey, WantedGrant, WantedMembership
from tests.unit.sync.remote import TODAY, repository

ZOE = "id-zoe"
KEY = GrantKey("100", GrantSource.CONFIRMED, account_id=ZOE)
FRESH = WantedGrant(expires_on=TODAY + LASTS)


def having(*repositories: RemoteRepository, grants: dict[GrantKey, WantedGrant] | None = None) -> State:
    return State(
        repositories={each.remote_id: RepositoryValue.of(each) for each in repositories or (repository("100"),)},
        memberships={(("2", TEAM_MEMBER.key), ZOE): WantedMembership(MembershipSource.DIRECT)},
        grants=grants or {},
    )


def planned(state: State, *readable: str) -> Changes[GrantKey, WantedGrant]:
    return plan_own_access(state, account_id=ZOE, readable=readable, today=TODAY)


def test_what_the_host_shows_is_confirmed_for_a_while() -> None:
    assert planned(having(), "100", "of-others") == Changes({KEY: FRESH}, {}, {})


def test_an_internal_repository_is_confirmed_as_such() -> None:
    internal = repository("100", visibility=Visibility.INTERNAL, code_access=CodeAccess.MEMBERS)

    assert set(planned(having(internal), "100").add) == {GrantKey("100", GrantSource.INTERNAL, account_id=ZOE)}


def test_what_everybody_or_nobody_reads_needs_no_confirmation() -> None:
    public = repository("100", visibility=Visibility.PUBLIC)
    closed = repository("101", code_access=CodeAccess.DISABLED)
    everybody = {GrantKey("102", GrantSource.BASE): WantedGrant()}

    assert not planned(having(public, closed, repository("102"), grants=everybody), "100", "101", "102")


def test_what_is_listed_needs_no_confirmation() -> None:
    direct = GrantKey("100", GrantSource.DIRECT, account_id=ZOE)
    team = GrantKey("100", GrantSource.TEAM, ("2", TEAM_MEMBER.key))

    assert not planned(having(grants={direct: WantedGrant()}), "100")
    assert not planned(having(grants={team: WantedGrant()}), "100")
    assert not planned(having(grants={KEY: FRESH, direct: WantedGrant()}), "100").add
    assert set(planned(having(grants={KEY: FRESH, direct: WantedGrant()}), "100").remove) == {KEY}


def test_the_grants_of_others_do_not_count() -> None:
    theirs = GrantKey("100", GrantSource.DIRECT, account_id="id-bob")
    confirmed = GrantKey("100", GrantSource.CONFIRMED, account_id="id-bob")
    team = GrantKey("100", GrantSource.TEAM, ("3", TEAM_MEMBER.key))

    plan = planned(having(grants={theirs: WantedGrant(), confirmed: FRESH, team: WantedGrant()}), "100")

    assert plan == Changes({KEY: FRESH}, {}, {})


def test_what_the_host_shows_no_more_goes_at_once() -> None:
    assert planned(having(grants={KEY: FRESH})) == Changes({}, {}, {KEY: FRESH})


def test_what_was_confirmed_lately_is_not_written_again() -> None:
    still = WantedGrant(expires_on=TODAY + RENEWED_BELOW)
    short = replace_expiry(still, -1)

    assert not planned(having(grants={KEY: still}), "100")
    assert planned(having(grants={KEY: short}), "100") == Changes({}, {KEY: FRESH}, {})


def replace_expiry(value: WantedGrant, days: int) -> WantedGrant:
    assert value.expires_on is not None
    return value._replace(expires_on=value.expires_on + timedelta(days=days))


def test_what_ended_by_itself_is_confirmed_anew() -> None:
    over = WantedGrant(expires_on=TODAY)

    assert planned(having(grants={KEY: over}), "100") == Changes({}, {KEY: FRESH}, {})
    assert replace(planned(having(), "100"), add={}) == Changes({}, {}, {})
