"""Runs in words: what kind, why, how far, how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import RunPhase, RunResult, RunScope, SyncRun
from sync.run_report import APPLIED, SCOPE_WORDS
from web.components import Step, StepState
from web.filters import duration

PATIENCE = timedelta(seconds=15)  # a free worker takes a run within a second
PHASES = (
    (RunPhase.READ, "Read"),
    (RunPhase.CHECK, "Check"),
    (RunPhase.PLAN, "Plan"),
    (RunPhase.APPLY, "Apply"),
    (RunPhase.FOLLOW_UP, "Follow-up"),
)
WRITING = (RunPhase.APPLY, RunPhase.FOLLOW_UP)
RESULTS = {
    RunResult.OK: ("ok", "Finished"),
    RunResult.HELD: ("warning", "Finished, removals wait"),
    RunResult.DEGRADED: ("warning", "Finished in part"),
    RunResult.FAILED: ("error", "Failed"),
    RunResult.POSTPONED: ("paused", "Postponed"),
    RunResult.INTERRUPTED: ("warning", "Interrupted"),
}
REASONS = {
    "button": "“Synchronize now”",
    "schedule": "the schedule",
    "webhook": "a webhook",
    "preview": "“Preview”",
    "creation": "the organization was created",
    "changed credential": "another credential was chosen",
    "account reconnected": "the account was connected again",
    "confirmed removals": "removals were confirmed",
    "interrupted": "the run before was interrupted",
    "rate limit over": "the host had asked to wait",
    "login": "a login",
    "own access": "listings do not tell it",
    "new token": "the token had been renewed",
    "members of the root changed": "the members of the whole had changed",
    "changed while it waited": "something changed while it waited",
    "another run was under way": "another run was under way",
    "command line": "the command line",
}


@dataclass(frozen=True, slots=True)
class Status:
    """What the status macro draws."""

    kind: str
    word: str
    detail: str = ""
    since: datetime | None = None


def scope_words(run: SyncRun, person: str = "") -> str:
    """What kind of run it is: "quick check", "one person: @bob"."""
    words = SCOPE_WORDS[run.scope]
    return f"{words}: {person}" if person else words


def reason_words(run: SyncRun) -> str:
    """What asked for it, and who."""
    reasons = ", ".join(_reason(reason) for reason in run.reasons)
    return f"{reasons}, by {run.actor}" if run.actor else reasons


def _reason(reason: str) -> str:
    kind, _, detail = reason.partition(": ")
    return f"{REASONS.get(kind, kind)} ({detail})" if detail else REASONS.get(reason, reason)


def run_status(run: SyncRun) -> Status:
    """How a run is doing, or how it ended."""
    if run.result is not None:
        kind, word = RESULTS[run.result]
        if run.scope is RunScope.PREVIEW and run.result is RunResult.HELD:
            word = "Finished, removals would wait"
        return Status(kind, word, since=run.ended_at)
    if run.phase is RunPhase.WAITING:
        return Status("waiting", "Waiting for a worker", since=run.created_at)
    return Status("running", "Running", since=run.started_at)


def is_left_waiting(run: SyncRun, *, now: datetime) -> bool:
    """Whether no worker has taken a run for so long that its page must not promise one."""
    return run.result is None and run.phase is RunPhase.WAITING and now - run.created_at > PATIENCE


def run_steps(run: SyncRun) -> list[Step]:
    """The phases of a run as a stepper, with counts and seconds. A preview writes nothing and ends with its plan."""
    phases = [item for item in PHASES if run.scope is not RunScope.PREVIEW or item[0] not in WRITING]
    times = [run.phase_times.get(phase.value) for phase, _ in phases] + [run.phase_times.get(RunPhase.DONE.value)]
    order = [phase for phase, _ in phases]
    return [
        Step(label, _step_state(run, phase, order), _step_detail(run, phase, times, position))
        for position, (phase, label) in enumerate(phases)
    ]


def _step_state(run: SyncRun, phase: RunPhase, order: Sequence[RunPhase]) -> StepState:
    has_begun = phase.value in run.phase_times
    if run.result in APPLIED:
        return StepState.DONE
    if run.result is not None:
        started = [item for item in order if item.value in run.phase_times]
        is_last = bool(started) and started[-1] is phase
        return StepState.FAILED if is_last else (StepState.DONE if has_begun else StepState.SKIPPED)
    if run.phase is phase:
        return StepState.CURRENT
    return StepState.DONE if has_begun else StepState.TODO


def _step_detail(run: SyncRun, phase: RunPhase, times: Sequence[str | None], position: int) -> str:
    began, ended = times[position], next((time for time in times[position + 1 :] if time), None)
    seconds = _seconds(began, ended)
    if phase is RunPhase.READ and run.progress_total:
        return f"{run.progress_done:,} of {run.progress_total:,} parts{', ' + seconds if seconds else ''}"
    return seconds


def _seconds(began: str | None, ended: str | None) -> str:
    if began is None or ended is None:
        return ""
    return duration((datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds())
