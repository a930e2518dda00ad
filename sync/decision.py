"""Decide what a snapshot asks for, with the report that says it by name. Reads the database, writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy.orm import Session

from models import Synchronization
from sync.check import check_plan
from sync.load import load_state
from sync.plan import Changes, Plan, plan_synchronization
from sync.policy import load_policy
from sync.removals import standing_removal, undecided_removals
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
    hold_totals: Mapping[str, int] = field(default_factory=dict)
    alarm: str = ""  # why nobody is asked about something that is not done either: the last owner stays
    undecided: frozenset[str] = frozenset()  # removals of earlier holds that this snapshot neither makes nor unmakes


def decide(session: Session, *, synchronization: Synchronization, snapshot: Snapshot, today: date) -> Decision:
    """Compare what is here with what the host has. The same for a run, a preview and one person."""
    state = load_state(session, synchronization)
    plan = plan_synchronization(state, snapshot, today=today)
    policy = load_policy(session, synchronization)
    checked = check_plan(plan, state, snapshot, policy)
    undecided = undecided_removals(
        policy.decided_or_open, plan=plan, applied=checked.plan, state=state, snapshot=snapshot, today=today
    )
    return Decision(
        state,
        checked.plan,
        changes=report_changes(checked.plan, state),
        held=report_changes(_without_followers(checked.held), state),
        hold_reason=checked.reason,
        hold_totals=checked.totals,
        alarm=checked.alarm,
        undecided=frozenset(undecided) - {standing_removal(key) for key in checked.last_owners},
    )


def _without_followers(held: Plan) -> Plan:
    """A held team says enough: that it keeps its permissions needs no lines of their own."""
    grants = {key: value for key, value in held.grants.remove.items() if key.team not in held.teams.remove}
    return replace(held, grants=Changes({}, {}, grants))
