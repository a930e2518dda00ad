"""Plans to be checked, and what becomes of them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from integrations.codehost import RemoteMember
from models import ManifestState
from sync.check import Brake, Checked, Policy, check_plan
from sync.plan import Changes, Plan, plan_synchronization
from sync.removals import (
    grant_removal,
    membership_removal,
    package_removal,
    repository_removal,
    standing_removal,
    team_removal,
)
from sync.snapshot import Manifest, Snapshot
from sync.state import State
from tests.unit.sync.remote import (
    DEVELOPER,
    GUEST,
    OWNER,
    TODAY,
    complete,
    member,
    repository,
    snapshot,
)

Key = TypeVar("Key")
Value = TypeVar("Value")

USUAL = Policy()
SOON = Policy(access=Brake(30, 2), packages=Brake(10, 1))  # small numbers trip it


def check(state: State, remote: Snapshot, policy: Policy = USUAL) -> Checked:
    return check_plan(plan_synchronization(state, remote, today=TODAY), state, remote, policy)


def crew(count: int, *, role: str = "") -> list[RemoteMember]:
    return [member(f"p{number}", GUEST if role == "guest" else DEVELOPER) for number in range(count)]


def company(people: int, *, repositories: int = 0, packages: int | None = None) -> Snapshot:
    """Ann owns it; the others are developers in the root. The first repositories have packages."""
    listed = tuple(repository(str(100 + number)) for number in range(repositories))
    with_package = listed[: repositories if packages is None else packages]
    return snapshot(
        team_members={"1": complete(member("ann", OWNER), *crew(people))},
        repositories=listed,
        manifests={
            item.remote_id: Manifest(ManifestState.PRESENT, f"acme/lib{item.remote_id}") for item in with_package
        },
    )


def names(plan: Plan) -> frozenset[str]:
    """Every removal of a plan."""
    return frozenset(
        [
            *map(team_removal, plan.teams.remove),
            *map(membership_removal, plan.memberships.remove),
            *map(standing_removal, plan.standing.remove),
            *map(repository_removal, plan.repositories.remove),
            *map(grant_removal, plan.grants.remove),
            *(package_removal(key, item.name) for key, found in plan.packages.remove.items() for item in found),
        ]
    )


def applied(state: State, plan: Plan) -> State:
    """What is stored afterwards, as the database does it: a team takes its memberships and grants along."""
    identities, teams = _applied(state.identities, plan.identities), _applied(state.teams, plan.teams)
    memberships, grants = _applied(state.memberships, plan.memberships), _applied(state.grants, plan.grants)
    packages = {key: found for key, found in state.packages.items() if key not in plan.packages.remove}
    return replace(
        state,
        identities=identities,
        teams=teams,
        memberships={key: value for key, value in memberships.items() if key[0] in teams},
        standing=_applied(state.standing, plan.standing),
        repositories=_applied(state.repositories, plan.repositories),
        grants={key: value for key, value in grants.items() if key.team is None or key.team in teams},
        packages=packages,
    )


def _applied(rows: Mapping[Key, Value], changes: Changes[Key, Value]) -> dict[Key, Value]:
    kept = {key: value for key, value in rows.items() if key not in changes.remove}
    return {**kept, **changes.add, **changes.change}
