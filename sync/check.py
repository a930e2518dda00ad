"""Decide what of a plan may be done at once, and which removals wait until somebody has looked. Pure."""

from dataclasses import dataclass, field
from typing import Any

from sync.plan import Changes, PackageChanges, Plan
from sync.snapshot import Snapshot
from sync.state import State

NONE: Changes[Any, Any] = Changes({}, {}, {})
NOTHING = Plan(NONE, NONE, NONE, NONE, NONE, NONE, {}, PackageChanges({}, {}, frozenset()))


@dataclass(frozen=True, slots=True)
class Brake:
    """Removals of one kind wait when they are more than `minimum`, and more than `percent` of what there is."""

    percent: int
    minimum: int

    def holds(self, going: int, *, of: int) -> bool:
        """Whether so many of so many are too many."""
        return going > self.minimum and going * 100 > self.percent * of


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed without asking, and what people have decided. Removals are named as in `removals.py`."""

    access: Brake = field(default=Brake(30, 10))
    packages: Brake = field(default=Brake(10, 5))
    approved: frozenset[str] = frozenset()
    declined: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()
    locked_out: frozenset[str] = frozenset()  # accounts of people who may not log in here
    has_other_owner: bool = False  # somebody who can log in owns the organization whatever this synchronization says


@dataclass(frozen=True, slots=True)
class Checked:
    """A plan that may be applied, and the part of it that may not."""

    plan: Plan
    held: Plan
    reason: str = ""
    alarm: str = ""  # what nobody can confirm: the last owner stays


def check_plan(plan: Plan, state: State, snapshot: Snapshot, policy: Policy) -> Checked:
    """Take out of a plan what waits. Additions and changes are never held."""
    return Checked(plan, NOTHING)
