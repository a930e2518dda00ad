"""A run as lines of text, for the command line."""

from collections.abc import Iterator
from typing import Any

from organizations.change_words import NOUNS, WRITTEN_SIGNS, change_summary, run_effects
from organizations.run_words import RESULTS, scope_words
from sync.report import Action, Subject
from sync.run_report import RunReport, seconds_taken
from web.filters import duration, plain_failure


def report_lines(report: RunReport) -> list[str]:
    """How a run ended, what it means, and what waits or is not known: a few lines."""
    run = report.run
    kind, remote = scope_words(run, report.person), report.synchronization.remote_path
    if run.result is None:
        return [f"Run {run.number} ({kind}) of {remote} waits for a worker."]
    lines = [f"Run {run.number} ({kind}) of {remote}: {RESULTS[run.result][1].lower()}{_took(report)}"]
    lines += [plain_failure(run.error_text)] if run.error_text else []
    lines += [change_summary(run)] if change_summary(run) else []
    lines += [f"{effect.count} {effect.text}" for effect in run_effects(run)]
    lines += [f"{len(run.held):,} removals wait for confirmation"] if run.held else []
    return lines + [f"not read: the members of {part.name} ({plain_failure(part.reason)})" for part in report.unknown]


def change_lines(changes: list[dict[str, Any]]) -> Iterator[str]:
    """One line for each change: "− package acme/logging  acme/backend/logging"."""
    for change in changes:
        sign, noun = WRITTEN_SIGNS[Action(change["action"])], NOUNS[Subject(change["kind"])][0]
        yield f"{sign} {noun:11} {change['name']}{'  ' + change['detail'] if change['detail'] else ''}"


def _took(report: RunReport) -> str:
    seconds = seconds_taken(report.run)
    took = "" if seconds is None else f" after {duration(seconds)}"
    return f"{took}, {report.run.request_count:,} requests"
