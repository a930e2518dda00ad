"""Whatever a company is like and becomes, on every code host: those may read by our plan whom the host lets read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.codehost import RemoteMember
from models import GrantSource, PartStatus
from sync.own_plan import plan_own_access
from sync.plan import plan_synchronization
from sync.snapshot import Item, Part, Snapshot
from sync.state import State
from sync.wanted import accounts_of
from tests.conftest import SCALE
from tests.unit.sync.checking import applied
from tests.unit.sync.companies import bitbucket_cloud, bitbucket_dc, github, gitlab
from tests.unit.sync.companies.access import read_state
from tests.unit.sync.companies.drawing import (
    BY_DEFAULT,
    PEOPLE,
    Readers,
    field_sets,
    hidden_parts,
    mixed,
    subsets,
)
from tests.unit.sync.remote import TODAY


@dataclass(frozen=True)
class Host:
    """How companies of one platform are drawn, what is true there, and what a run would read."""

    companies: st.SearchStrategy[Any]
    readers: Callable[[Any], Readers]
    snapshot: Callable[..., Snapshot]
    parts: st.SearchStrategy[frozenset[str]]  # of a company: those that another one changes


HOSTS = {
    module.__name__.rpartition(".")[2]: Host(
        module.companies(), module.readers, module.snapshot, field_sets(module.Company)
    )
    for module in (github, gitlab, bitbucket_dc, bitbucket_cloud)
}
ANY_HIDDEN = hidden_parts()
UNREAD: Part[Any] = Part(PartStatus.UNKNOWN)
many_companies = settings(max_examples=BY_DEFAULT * SCALE)
on_every_host = pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)


def after(state: State, remote: Snapshot) -> State:
    """Our side when the plan was carried out."""
    return applied(state, plan_synchronization(state, remote, today=TODAY))


def readers_here(company: Any, state: State) -> Readers:
    return read_state(state, today=TODAY, externals=getattr(company, "externals", ()))


@on_every_host
@many_companies
@given(data=st.data())
def test_whom_the_host_lets_read_may_read_here_and_after_any_change_again(host: Host, data: st.DataObject) -> None:
    first = data.draw(host.companies)
    second = mixed(first, data.draw(host.companies), data.draw(host.parts))

    begun = after(State(), host.snapshot(first))
    assert readers_here(first, begun) == host.readers(first)

    changed = after(begun, host.snapshot(second))
    assert readers_here(second, changed) == host.readers(second)
    assert plan_synchronization(changed, host.snapshot(second), today=TODAY).is_empty


@on_every_host
@many_companies
@given(data=st.data())
def test_what_could_not_be_read_stays_as_it_was(host: Host, data: st.DataObject) -> None:
    """Nobody loses what the host still grants, or what was only not read; nobody gets what neither list tells."""
    first, hidden = data.draw(host.companies), data.draw(ANY_HIDDEN)
    second = mixed(first, data.draw(host.companies), data.draw(host.parts))
    old, partial = host.snapshot(first), host.snapshot(second, hidden)
    begun = after(State(), old)

    changed, filled = after(begun, partial), after(State(), filled_up(partial, old))

    now, before = readers_here(second, changed), readers_here(first, begun)
    certain = readers_here(second, replace(in_both(begun, filled), identities=changed.identities))
    assert all(people <= now[key] for key, people in certain.items())
    possible = filled if partial.may_remove else in_either(begun, filled)  # when in doubt everything stays
    wanted = readers_here(second, replace(possible, identities=changed.identities))
    assert all(people <= before.get(key, set()) | wanted.get(key, set()) for key, people in now.items())


def in_both(one: State, other: State) -> State:
    """What both have."""
    return replace(
        other,
        repositories={key: value for key, value in other.repositories.items() if key in one.repositories},
        memberships={key: value for key, value in other.memberships.items() if key in one.memberships},
        standing={key: value for key, value in other.standing.items() if key in one.standing},
        grants={key: value for key, value in other.grants.items() if key in one.grants},
    )


def in_either(one: State, other: State) -> State:
    """What any of them has."""
    return replace(
        other,
        repositories={**one.repositories, **other.repositories},
        memberships={**one.memberships, **other.memberships},
        standing={**one.standing, **other.standing},
        grants={**one.grants, **other.grants},
    )


def filled_up(partial: Snapshot, old: Snapshot) -> Snapshot:
    """The snapshot with the older lists in place of those that it lacks: what it would mean that they are the same."""
    repository_teams = _filled(partial.repository_teams, old.repository_teams)
    listed = {team.remote_id: team for team in partial.teams}
    named = {grant.team.remote_id: grant.team for part in repository_teams.values() for grant in part.items}
    may_name_others = any(part.is_open for part in partial.repository_teams.values())
    former = {team.remote_id: team for team in old.teams if may_name_others}
    teams = {**former, **named, **listed}
    return replace(
        partial,
        teams=tuple(teams.values()),
        team_members=_known(
            partial, _filled({k: partial.team_members.get(k, UNREAD) for k in teams}, old.team_members)
        ),
        repository_members=_known(partial, _filled(partial.repository_members, old.repository_members)),
        team_grants=_filled(partial.team_grants, old.team_grants),
        repository_teams=repository_teams,
        may_remove=True,
    )


def _filled(parts: Mapping[str, Part[Item]], old: Mapping[str, Part[Item]]) -> dict[str, Part[Item]]:
    nothing: Part[Item] = Part(PartStatus.COMPLETE)
    return {key: old.get(key, nothing) if part.is_open else part for key, part in parts.items()}


def _known(partial: Snapshot, parts: Mapping[str, Part[RemoteMember]]) -> dict[str, Part[RemoteMember]]:
    """Who is blocked is known of everybody in a list that was read."""
    accounts = accounts_of(partial)

    def known(member: RemoteMember) -> RemoteMember:
        return replace(member, account=accounts.get(member.account.remote_id, member.account))

    return {key: replace(part, items=tuple(map(known, part.items))) for key, part in parts.items()}


@many_companies
@given(company=github.companies(), confirmed=subsets(PEOPLE, one_in=2))
def test_what_is_internal_is_read_by_others_only_once_their_own_token_showed_it(
    company: github.Company, confirmed: frozenset[str]
) -> None:
    remote = github.snapshot(company)
    state = after(State(), remote)
    assert not [key for key in state.grants if key.source is GrantSource.INTERNAL]

    for person in sorted(confirmed - company.suspended):
        readable = [key for key in company.repositories() if github.is_shown(company, person, key)]
        changes = plan_own_access(state, account_id=person, readable=readable, today=TODAY)
        grants = {key: value for key, value in state.grants.items() if key not in changes.remove}
        state = replace(state, grants={**grants, **changes.add, **changes.change})

    assert readers_here(company, state) == github.readers(company, confirmed=confirmed)
    assert readers_here(company, after(state, remote)) == github.readers(company, confirmed=confirmed)
