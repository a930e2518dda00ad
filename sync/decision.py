"""Decide what a snapshot asks for, with the report that says it by name. Reads the database, writes nothing."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from models import Synchronization
from sync.check import check_plan
from sync.load import load_state
from sync.plan import Plan, plan_synchronization
from sync.policy import load_policy
from sync.report import Change, report_changes
from sync.snapshot import Snapshot
from sync.state import State


@dataclass(frozen=True, slots=True)
class Decision:
    """What is going to be written, and what is not written until somebody has looked at it."""

    state: State
    plan: Plan
    changes: list[Change]
    held: list[Change]
    hold_reason: str = ""
    alarm: str = ""  # why nobody is asked about something that is not done either: the last owner stays
    undecided: frozenset[str] = frozenset()  # removals of earlier holds that this snapshot neither makes nor unmakes


def decide(session: Session, *, synchronization: Synchronization, snapshot: Snapshot, today: date) -> Decision:
    """Compare what is here with what the host has. The same for a run, a preview and one person."""
    state = load_state(session, synchronization)
    plan = plan_synchronization(state, snapshot, today=today)
    checked = check_plan(plan, state, snapshot, load_policy(session, synchronization))
    return Decision(
        state,
        checked.plan,
        changes=report_changes(checked.plan, state, snapshot),
        held=report_changes(checked.held, state, snapshot),
        hold_reason=checked.reason,
        alarm=checked.alarm,
    )
