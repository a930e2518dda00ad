"""How much there is once a plan is applied, and who gains or loses all access by it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sync.plan import Changes, Plan
from sync.report import Change, count_changes
from sync.state import State
from sync.wanted import GrantKey, TeamKey

Key = TypeVar("Key")
Value = TypeVar("Value")

NAMED = 5  # as many names are kept for the first sentence of a report; the rest is in the list of changes


def report_counts(state: State, plan: Plan, changes: list[Change]) -> dict[str, Any]:
    """The numbers that a run keeps: changes by kind, sizes afterwards, and who gained or lost all access."""
    return {"changes": count_changes(changes), **measure(state, plan), "access": weigh_access(state, plan)}


def measure(state: State, plan: Plan) -> dict[str, int]:
    """Groups, repositories, packages, and people who may be somewhere, as they are after the plan."""
    removed = sum(len(packages) for packages in plan.packages.remove.values())
    return {
        "people": len(_people(after(state.memberships, plan.memberships), after(state.grants, plan.grants))),
        "teams": len({team for team, _ in after(state.teams, plan.teams)}),
        "repositories": len(after(state.repositories, plan.repositories)),
        "packages": sum(len(packages) for packages in state.packages.values()) + len(plan.packages.add) - removed,
    }


def weigh_access(state: State, plan: Plan) -> dict[str, dict[str, Any]]:
    """Accounts that may be somewhere for the first time, and those that may be nowhere any more."""
    identities = {**state.identities, **plan.identities.add, **plan.identities.change}
    blocked_before = {key for key, person in state.identities.items() if person.is_blocked}
    blocked_after = {key for key, person in identities.items() if person.is_blocked}
    before = _people(state.memberships, state.grants) - blocked_before
    later = _people(after(state.memberships, plan.memberships), after(state.grants, plan.grants)) - blocked_after

    def named(accounts: set[str]) -> dict[str, Any]:
        names = sorted((f"@{identities[key].login}" for key in accounts if key in identities), key=str.casefold)
        return {"count": len(accounts), "names": names[:NAMED]}

    return {"gain": named(later - before), "lose": named(before - later)}


def after(have: Mapping[Key, Value], changes: Changes[Key, Value]) -> set[Key]:
    """The keys that are there when the changes are applied."""
    return (have.keys() | changes.add.keys()) - changes.remove.keys()


def _people(memberships: Iterable[tuple[TeamKey, str]], grants: Iterable[GrantKey]) -> set[str]:
    return {account for _, account in memberships} | {key.account_id for key in grants if key.account_id is not None}
