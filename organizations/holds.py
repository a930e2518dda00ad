"""Removals that wait for a decision: what their page shows, and decisions about exactly what was shown."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Hold, HoldState, Synchronization, SyncRun, User
from organizations.change_words import change_groups
from organizations.hold_words import describe_loss, explain_hold, summarize_losses, summarize_removals
from organizations.lost_access import Loss, count_lost_access
from sync.holds import HoldChanged, find_open_hold, list_holds
from sync.load import load_state
from web.components import ChangeGroup
from web.filters import relative_time

MOST_SHOWN = 100  # of each kind; the filter finds the others

Decide = Callable[..., None]  # approve_hold, decline_hold, reopen_hold


class NotAsShown(Exception):
    """What is held is not what the person has looked at. The message says what has happened."""


@dataclass(frozen=True, slots=True)
class ShownHold:
    """A hold as it is drawn. `digest` stands for exactly what is shown and comes back with the decision."""

    hold: Hold
    run: SyncRun
    digest: str
    summary: str
    reasons: Sequence[str]
    groups: Sequence[ChangeGroup]
    matching: int
    hidden: int  # of those that match, how many the page has no room for

    @property
    def total(self) -> int:
        """How many removals it holds."""
        return len(self.hold.removals)


@dataclass(frozen=True, slots=True)
class HoldPage:
    """Everything on the page of held removals."""

    open: ShownHold | None
    approved: Sequence[ShownHold]
    declined: Sequence[ShownHold]
    losses: Sequence[ChangeGroup]
    losses_summary: str


def read_hold_page(session: Session, synchronization: Synchronization, *, text: str) -> HoldPage:
    """What waits, what was confirmed and is not done yet, and what was declined."""
    states = (HoldState.OPEN, HoldState.APPROVED, HoldState.DECLINED)
    holds = list_holds(session, synchronization_id=synchronization.id, states=states)
    runs = {run.id: run for run in session.scalars(select(SyncRun).where(SyncRun.id.in_({h.run_id for h in holds})))}
    shown = [
        _show(hold, runs[hold.run_id], synchronization, text if hold.state is HoldState.OPEN else "") for hold in holds
    ]
    waiting = next((each for each in shown if each.hold.state is HoldState.OPEN), None)
    losses = read_losses(session, synchronization, waiting.hold) if waiting else []
    people = [describe_loss(loss) for loss in losses[:MOST_SHOWN]]
    return HoldPage(
        open=waiting,
        approved=[each for each in shown if each.hold.state is HoldState.APPROVED],
        declined=[each for each in shown if each.hold.state is HoldState.DECLINED],
        losses=[ChangeGroup("People", people, len(losses))],
        losses_summary=summarize_losses(losses) if losses else "",
    )


def read_losses(session: Session, synchronization: Synchronization, hold: Hold) -> list[Loss]:
    """Who would read fewer packages."""
    return count_lost_access(load_state(session, synchronization), {str(row["key"]) for row in hold.removals})


def decide_as_shown(
    session: Session, decide: Decide, *, synchronization: Synchronization, hold_id: int, digest: str, user: User
) -> Hold:
    """Carry out a decision about a hold if it still holds what the person has seen. Raises NotAsShown."""
    session.get_one(Synchronization, synchronization.id, with_for_update=True)  # first, as runs do
    hold = session.get(Hold, hold_id, with_for_update=True)
    if hold is None or hold.synchronization_id != synchronization.id:
        raise NotAsShown("These removals do not wait any more.")
    if hold.state is HoldState.ENDED or digest_of(hold) != digest:
        raise NotAsShown(_what_happened(session, hold))
    try:
        decide(session, hold, actor=user.display_name, user_id=user.id)
    except HoldChanged as error:
        raise NotAsShown(_what_happened(session, hold)) from error
    return hold


def digest_of(hold: Hold) -> str:
    """Stands for exactly these removals."""
    keys = "\n".join(sorted(str(row["key"]) for row in hold.removals))
    return hashlib.sha256(f"{hold.id}\n{keys}".encode()).hexdigest()[:32]


def _show(hold: Hold, run: SyncRun, synchronization: Synchronization, text: str) -> ShownHold:
    wanted = text.casefold().lstrip("@")
    matching = [row for row in hold.removals if wanted in f"{row['name']} {row['detail']}".casefold()]
    groups = change_groups(matching)
    room = [ChangeGroup(group.title, group.changes[:MOST_SHOWN], len(group.changes)) for group in groups]
    shown = sum(len(group.changes) for group in room)
    return ShownHold(
        hold=hold,
        run=run,
        digest=digest_of(hold),
        summary=summarize_removals(hold.removals),
        reasons=explain_hold(hold, synchronization),
        groups=room,
        matching=len(matching),
        hidden=len(matching) - shown,
    )


def _what_happened(session: Session, hold: Hold) -> str:
    if hold.state is HoldState.OPEN:
        count = len(hold.removals)
        return f"Another run has changed the list since you opened it: {count:,} {_removals(count)} wait now."
    when = relative_time(hold.decided_at) if hold.decided_at else ""
    if hold.state is HoldState.APPROVED:
        return f"{hold.decided_by} has confirmed these removals {when}."
    if hold.state is HoldState.DECLINED:
        return f"{hold.decided_by} has decided {when} to keep them."
    newer = find_open_hold(session, synchronization_id=hold.synchronization_id)
    return "These removals ended: they were carried out, or the host has again what was missing." + (
        " Others wait now." if newer else ""
    )


def _removals(count: int) -> str:
    return "removal" if count == 1 else "removals"
