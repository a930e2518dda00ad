"""Read synchronizations and their runs for the pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from models import (
    Credential,
    Identity,
    RunPhase,
    RunResult,
    Synchronization,
    SynchronizationState,
    SyncRun,
)
from sync.report import Action, Subject
from web.components import Change, ChangeGroup, Step, StepState

LOOKED_AT = 40
PATIENCE = timedelta(seconds=15)  # a free worker takes a run within a second
PHASES = (
    (RunPhase.READ, "Read"),
    (RunPhase.CHECK, "Check"),
    (RunPhase.PLAN, "Plan"),
    (RunPhase.APPLY, "Apply"),
    (RunPhase.FOLLOW_UP, "Follow-up"),
)
SIGNS = {Action.ADD: "+", Action.REMOVE: "-", Action.CHANGE: "~"}
WRITTEN_SIGNS = {Action.ADD: "+", Action.REMOVE: "−", Action.CHANGE: "~"}
TITLES = {
    Subject.OWNER: "Owners",
    Subject.ADMIN: "Admins",
    Subject.PERSON: "People",
    Subject.TEAM: "Teams",
    Subject.MEMBERSHIP: "Team memberships",
    Subject.REPOSITORY: "Repositories",
    Subject.PACKAGE: "Packages",
    Subject.GRANT: "Access to repositories",
}
NOUNS = {
    Subject.OWNER: ("owner", "owners"),
    Subject.ADMIN: ("admin", "admins"),
    Subject.PERSON: ("person", "people"),
    Subject.TEAM: ("team", "teams"),
    Subject.MEMBERSHIP: ("membership", "memberships"),
    Subject.REPOSITORY: ("repository", "repositories"),
    Subject.PACKAGE: ("package", "packages"),
    Subject.GRANT: ("grant", "grants"),
}
RESULTS = {
    RunResult.OK: ("ok", "Finished"),
    RunResult.HELD: ("warning", "Finished, removals wait"),
    RunResult.DEGRADED: ("warning", "Finished in part"),
    RunResult.FAILED: ("error", "Failed"),
    RunResult.POSTPONED: ("paused", "Postponed"),
    RunResult.INTERRUPTED: ("warning", "Interrupted"),
}
APPLIED = frozenset({RunResult.OK, RunResult.HELD, RunResult.DEGRADED})
STATES = {
    SynchronizationState.NEW: ("waiting", "New"),
    SynchronizationState.OK: ("ok", "Up to date"),
    SynchronizationState.DEGRADED: ("warning", "Last run had problems"),
    SynchronizationState.NEEDS_CONFIRMATION: ("warning", "Waits for your confirmation"),
    SynchronizationState.NEEDS_CREDENTIAL: ("error", "Needs a credential"),
    SynchronizationState.REMOTE_MISSING: ("error", "Not found at the host"),
}


@dataclass(frozen=True, slots=True)
class Status:
    """What the status macro draws."""

    kind: str
    word: str
    detail: str = ""
    since: datetime | None = None


def find_synchronization(session: Session, *, organization_id: int, synchronization_id: int) -> Synchronization | None:
    """A synchronization of this organization, with its integration."""
    query = select(Synchronization).where(
        Synchronization.id == synchronization_id, Synchronization.organization_id == organization_id
    )
    return session.scalars(query.options(joinedload(Synchronization.integration))).first()


def list_synchronizations(session: Session, *, organization_id: int) -> list[Synchronization]:
    """All of an organization, the primary one first."""
    query = select(Synchronization).where(Synchronization.organization_id == organization_id)
    ordered = query.options(joinedload(Synchronization.integration)).order_by(
        Synchronization.is_primary.desc(), Synchronization.id
    )
    return list(session.scalars(ordered))


def find_run(session: Session, *, synchronization_id: int, number: int) -> SyncRun | None:
    """One run by its number."""
    query = select(SyncRun).where(SyncRun.synchronization_id == synchronization_id, SyncRun.number == number)
    return session.scalars(query).first()


def recent_runs(session: Session, *, synchronization_id: int, limit: int = 20) -> list[SyncRun]:
    """The newest runs first."""
    query = select(SyncRun).where(SyncRun.synchronization_id == synchronization_id)
    return list(session.scalars(query.order_by(SyncRun.number.desc()).limit(limit)))


def latest_changes(session: Session, *, organization_id: int, limit: int = 5) -> list[SyncRun]:
    """The newest runs that changed something, of all synchronizations of an organization."""
    query = (
        select(SyncRun)
        .join(Synchronization)
        .where(Synchronization.organization_id == organization_id, SyncRun.ended_at.is_not(None))
        .options(joinedload(SyncRun.synchronization))
        .order_by(SyncRun.id.desc())
        .limit(LOOKED_AT)
    )
    return [run for run in session.scalars(query) if run.changes][:limit]


def account_of(session: Session, synchronization: Synchronization) -> Identity | None:
    """The account whose credential the synchronization uses."""
    query = select(Identity).join(Credential, Credential.identity_id == Identity.id)
    return session.scalars(query.where(Credential.id == synchronization.credential_id)).first()


def synchronization_status(synchronization: Synchronization) -> Status:
    """How a synchronization is doing."""
    if synchronization.running_run_id is not None:
        return Status("running", "Running")
    if synchronization.requested_seq > synchronization.started_seq:
        return Status("waiting", "Waiting for a worker")
    kind, word = STATES[synchronization.state]
    return Status(kind, word, synchronization.state_reason, synchronization.state_since)


def run_status(run: SyncRun) -> Status:
    """How a run is doing, or how it ended."""
    if run.result is not None:
        kind, word = RESULTS[run.result]
        return Status(kind, word, since=run.ended_at)
    if run.phase is RunPhase.WAITING:
        return Status("waiting", "Waiting for a worker", since=run.created_at)
    return Status("running", "Running", since=run.started_at)


def is_left_waiting(run: SyncRun, *, now: datetime) -> bool:
    """Whether no worker has taken a run for so long that its page must not promise one."""
    return run.result is None and run.phase is RunPhase.WAITING and now - run.created_at > PATIENCE


def run_steps(run: SyncRun) -> list[Step]:
    """The phases of a run as a stepper, with counts and seconds."""
    began = {phase: run.phase_times.get(phase.value) for phase, _ in PHASES}
    times = [began[phase] for phase, _ in PHASES] + [run.phase_times.get(RunPhase.DONE.value)]
    return [
        Step(label, _step_state(run, phase, began[phase]), _step_detail(run, phase, times, position))
        for position, (phase, label) in enumerate(PHASES)
    ]


def change_groups(changes: Iterable[dict[str, Any]]) -> list[ChangeGroup]:
    """A report's changes, grouped by kind in the order of the report."""
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(str(change["kind"]), []).append(_change(change))
    return [ChangeGroup(TITLES[Subject(kind)], rows) for kind, rows in groups.items()]


def change_summary(run: SyncRun) -> str:
    """One line: "+12 people, −1 team, 3 packages"."""
    counts: dict[str, dict[str, int]] = run.counts.get("changes", {}) if run.counts else {}
    parts = [
        f"{WRITTEN_SIGNS[Action(action)]}{count} {NOUNS[Subject(kind)][count != 1]}"
        for kind, actions in counts.items()
        for action, count in actions.items()
    ]
    return ", ".join(parts) or ("Nothing changed" if run.result in APPLIED else "")


def _step_state(run: SyncRun, phase: RunPhase, began: str | None) -> StepState:
    order: Sequence[RunPhase] = [item for item, _ in PHASES]
    if run.result in APPLIED:
        return StepState.DONE
    if run.result is not None:
        started = [item for item in order if item.value in run.phase_times]
        is_last = bool(started) and started[-1] is phase
        return StepState.FAILED if is_last else (StepState.DONE if began else StepState.SKIPPED)
    if run.phase is phase:
        return StepState.CURRENT
    return StepState.DONE if began else StepState.TODO


def _step_detail(run: SyncRun, phase: RunPhase, times: Sequence[str | None], position: int) -> str:
    began, ended = times[position], next((time for time in times[position + 1 :] if time), None)
    seconds = _seconds(began, ended)
    if phase is RunPhase.READ and run.progress_total:
        return f"{run.progress_done} of {run.progress_total} parts{', ' + seconds if seconds else ''}"
    return seconds


def _seconds(began: str | None, ended: str | None) -> str:
    if began is None or ended is None:
        return ""
    return f"{(datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds():.1f} s"


def _change(change: dict[str, Any]) -> Change:
    is_person = change["kind"] in {Subject.PERSON, Subject.OWNER, Subject.ADMIN, Subject.MEMBERSHIP}
    return Change(
        sign=SIGNS[Action(change["action"])],
        name=str(change["name"]).removeprefix("@") if is_person else str(change["name"]),
        text=str(change["detail"]),
        reason="at the host" if change["url"] else "",
        reason_url=str(change["url"]),
        is_person=is_person,
    )
