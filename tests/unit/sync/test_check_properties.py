"""What holds for the check of any plan: nothing is lost between what goes and what waits."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from models import TeamKind
from sync.check import Policy, check_plan
from sync.plan import plan_synchronization
from sync.removals import (
    standing_removal,
)
from sync.snapshot import Snapshot
from tests.unit.sync.checking import SOON, Key, Value, applied, check, names
from tests.unit.sync.remote import (
    TODAY,
    unknown,
)
from tests.unit.sync.test_plan import snapshots, state_after


@given(snapshots(), snapshots(), st.sets(st.sampled_from("123")), st.sampled_from([SOON, Policy()]))
def test_what_goes_and_what_is_held_are_the_plan_and_what_is_held_waits(
    before: Snapshot, after: Snapshot, lost: set[str], policy: Policy
) -> None:
    state = state_after(before)
    remote = replace(
        after, team_members={key: unknown() if key in lost else part for key, part in after.team_members.items()}
    )
    plan = plan_synchronization(state, remote, today=TODAY)

    result = check_plan(plan, state, remote, policy)

    last = {standing_removal(key) for key in result.last_owners}
    assert names(result.plan) | names(result.held) | last == names(plan)
    assert not names(result.plan) & names(result.held)
    assert not {key[0] for key in (*result.plan.teams.remove, *result.held.teams.remove)} & lost
    for kind in ("identities", "teams", "memberships", "standing", "repositories", "grants"):
        assert getattr(result.plan, kind).add == getattr(plan, kind).add
        assert getattr(result.plan, kind).change == getattr(plan, kind).change
    stored = applied(state, result.plan)
    again = check(stored, remote, replace(policy, open=names(result.held), totals=result.totals))
    assert names(again.plan) == frozenset()
    assert names(again.held) == names(result.held)


@given(snapshots(), snapshots())
def test_confirming_applies_exactly_what_was_held_but_the_last_owner(before: Snapshot, after: Snapshot) -> None:
    state = state_after(before)
    held = check(state, after, SOON)
    stored = applied(state, held.plan)

    result = check(stored, after, replace(SOON, approved=names(held.held)))

    assert not names(result.held)
    assert names(result.plan) | {standing_removal(key) for key in result.last_owners} >= names(held.held)
    done = applied(stored, result.plan)
    assert done.memberships == state_after(after).memberships
    assert done.grants == state_after(after).grants
    owned = {key for key in state.standing if key[0] is TeamKind.OWNERS}
    assert not owned or {key for key in done.standing if key[0] is TeamKind.OWNERS}


@given(snapshots(), snapshots())
def test_what_was_declined_stays_and_is_not_asked_about_again(before: Snapshot, after: Snapshot) -> None:
    state = state_after(before)
    held = check(state, after, SOON)

    result = check(state, after, replace(SOON, declined=names(held.held)))

    assert not names(result.held)
    assert not names(result.plan) & names(held.held)
    done = applied(state, result.plan)
    assert set(held.held.memberships.remove) <= set(done.memberships)
    assert set(held.held.grants.remove) <= set(done.grants)


@given(snapshots(), snapshots())
def test_a_hold_ends_when_the_host_has_everything_again(before: Snapshot, after: Snapshot) -> None:
    state = state_after(before)
    held = check(state, after, SOON)
    stored = applied(state, held.plan)

    result = check(stored, before, replace(SOON, open=names(held.held)))

    assert not names(result.held) & names(held.held)


@given(snapshots(), snapshots(), st.randoms())
def test_the_order_of_listings_does_not_matter_to_what_is_held(
    before: Snapshot, after: Snapshot, random: Random
) -> None:
    def shuffled(rows: Mapping[Key, Value]) -> dict[Key, Value]:
        return dict(random.sample(list(rows.items()), len(rows)))

    state = state_after(before)
    other = replace(
        after,
        team_members=shuffled(after.team_members),
        repositories=tuple(random.sample(after.repositories, len(after.repositories))),
    )
    turned = replace(state, memberships=shuffled(state.memberships), grants=shuffled(state.grants))

    assert names(check(state, after, SOON).held) == names(check(turned, other, SOON).held)
