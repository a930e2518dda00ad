"""The report of one run: what it asked, found and changed, what it could not read, and the run before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from models import (
    Credential,
    Identity,
    PartStatus,
    Repository,
    RunResult,
    RunScope,
    Synchronization,
    SyncPart,
    SyncRun,
    Team,
)

FORMAT = 1  # of the downloaded report; a higher one when something changes its meaning or goes
APPLIED = frozenset({RunResult.OK, RunResult.HELD, RunResult.DEGRADED})
SCOPE_WORDS = {
    RunScope.FULL: "full synchronization",
    RunScope.CHEAP: "quick check",
    RunScope.PERSON: "one person",
    RunScope.OWN: "own access",
    RunScope.PREVIEW: "preview",
}
SIZES = ("people", "teams", "repositories", "packages")


@dataclass(frozen=True, slots=True)
class UsedCredential:
    """With what a run asked: the account it belongs to, or the name of a stored token."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class UnknownPart:
    """A list that could not be read completely. `confirmed_at`: when it was, last; None: never yet."""

    key: str
    name: str
    url: str
    reason: str
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunReport:
    """One run, and what stands around it."""

    run: SyncRun
    synchronization: Synchronization
    organization: str  # its short name
    host: str
    credential: UsedCredential | None
    person: str  # "@bob" for a run about one person
    unknown: Sequence[UnknownPart]
    previous: SyncRun | None  # the last one of the same kind that was carried out
    appeared: Sequence[str]  # unknown now, known in the previous run
    healed: Sequence[str]


def read_report(session: Session, run: SyncRun) -> RunReport:
    """Everything around a run. Its own row is loaded already."""
    synchronization = run.synchronization
    previous = find_previous(session, run)
    unknown = _unknown_parts(session, synchronization, run.id)
    before = _unknown_parts(session, synchronization, previous.id) if previous else []
    keys, keys_before = {part.key for part in unknown}, {part.key for part in before}
    return RunReport(
        run=run,
        synchronization=synchronization,
        organization=synchronization.organization.short_name,
        host=synchronization.integration.name,
        credential=_credential(session, run),
        person=names_of_people(session, synchronization, [run]).get(run.account_id, ""),
        unknown=unknown,
        previous=previous,
        appeared=[part.name for part in unknown if part.key not in keys_before],
        healed=[part.name for part in before if part.key not in keys],
    )


def find_previous(session: Session, run: SyncRun) -> SyncRun | None:
    """The last run before it that was of the same kind and came to its end; without its list of changes."""
    query = select(SyncRun).where(
        SyncRun.synchronization_id == run.synchronization_id,
        SyncRun.scope == run.scope,
        SyncRun.account_id == run.account_id,
        SyncRun.number < run.number,
        SyncRun.result.in_(APPLIED),
    )
    newest = query.order_by(SyncRun.number.desc()).limit(1)
    return session.scalars(newest.options(defer(SyncRun.changes), defer(SyncRun.held))).first()


def names_of_people(session: Session, synchronization: Synchronization, runs: Sequence[SyncRun]) -> dict[str, str]:
    """ "@bob" for the accounts that runs for one person are about, by remote id. No query when there are none."""
    accounts = {run.account_id for run in runs if run.scope in (RunScope.PERSON, RunScope.OWN)}
    if not accounts:
        return {}
    query = select(Identity.remote_id, Identity.login).where(
        Identity.integration_id == synchronization.integration_id, Identity.remote_id.in_(accounts)
    )
    known = {remote_id: f"@{login}" for remote_id, login in session.execute(query)}
    return {account: known.get(account, f"account {account}") for account in accounts}


def seconds_taken(run: SyncRun) -> float | None:
    """How long a run worked; None while it has not ended, or when it never began."""
    if run.started_at is None or run.ended_at is None:
        return None
    return round((run.ended_at - run.started_at).total_seconds(), 3)


def change_total(run: SyncRun) -> int:
    """How many changes a run made (a preview: would make)."""
    counts: dict[str, dict[str, int]] = (run.counts or {}).get("changes", {})
    return sum(sum(actions.values()) for actions in counts.values())


def sizes_of(run: SyncRun) -> dict[str, int]:
    """How much there was after a run; empty when it did not come so far."""
    return {name: run.counts[name] for name in SIZES if name in (run.counts or {})}


def as_document(report: RunReport) -> dict[str, Any]:
    """The report for programs. docs/synchronization.md describes it."""
    run, synchronization = report.run, report.synchronization
    credential = report.credential
    return {
        "format": FORMAT,
        "organization": report.organization,
        "synchronization": {
            "id": synchronization.id,
            "remote": synchronization.remote_path,
            "host": report.host,
        },
        "run": run.number,
        "scope": run.scope.value,
        "person": report.person,
        "result": run.result and run.result.value,
        "error": {"code": run.error_code, "text": run.error_text} if run.error_code or run.error_text else None,
        "reasons": run.reasons,
        "actor": run.actor,
        "credential": credential and {"name": credential.name, "kind": credential.kind},
        "requested_at": _time(run.created_at),
        "started_at": _time(run.started_at),
        "ended_at": _time(run.ended_at),
        "duration_seconds": seconds_taken(run),
        "phases": run.phase_times,
        "requests": {
            "sent": run.request_count,
            "not_modified": run.not_modified_count,
            "repeated": run.retry_count,
            "limit": run.rate_limit,
            "remaining": run.rate_remaining,
            "resets_at": _time(run.rate_resets_at),
        },
        "sizes": sizes_of(run),
        "access": (run.counts or {}).get("access", {}),
        "counts": (run.counts or {}).get("changes", {}),
        "changes": run.changes,
        "held": run.held,
        "unknown": [_part_document(part) for part in report.unknown],
        "compared_with": _comparison_document(report),
    }


def _comparison_document(report: RunReport) -> dict[str, Any] | None:
    previous = report.previous
    if previous is None:
        return None
    return {
        "run": previous.number,
        "duration_seconds": seconds_taken(previous),
        "requests": previous.request_count,
        "sizes": sizes_of(previous),
        "changes": change_total(previous),
        "newly_unknown": list(report.appeared),
        "healed": list(report.healed),
    }


def _part_document(part: UnknownPart) -> dict[str, Any]:
    return {"part": part.key, "name": part.name, "reason": part.reason, "last_confirmed_at": _time(part.confirmed_at)}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _credential(session: Session, run: SyncRun) -> UsedCredential | None:
    query = select(Credential.kind, Credential.name, Identity.login).outerjoin(
        Identity, Identity.id == Credential.identity_id
    )
    row = session.execute(query.where(Credential.id == run.credential_id)).first()
    if row is None:
        return None
    return UsedCredential(f"@{row.login}" if row.login else row.name, row.kind.value)


def _unknown_parts(session: Session, synchronization: Synchronization, run_id: int) -> list[UnknownPart]:
    query = select(SyncPart).where(SyncPart.run_id == run_id, SyncPart.status == PartStatus.UNKNOWN)
    parts = session.scalars(query.options(defer(SyncPart.items))).all()
    names = names_of_parts(session, synchronization, [part.key for part in parts])
    named = [
        UnknownPart(part.key, *names.get(part.key, (part.key, "")), part.reason, part.confirmed_at) for part in parts
    ]
    return sorted(named, key=lambda part: (part.name.casefold(), part.key))


def names_of_parts(
    session: Session, synchronization: Synchronization, keys: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Path and address at the host of the teams and repositories that keys such as `team:7/members` name."""
    teams = [key.removeprefix("team:").removesuffix("/members") for key in keys if key.startswith("team:")]
    repositories = [
        key.removeprefix("repository:").removesuffix("/members") for key in keys if key.startswith("repository:")
    ]
    names: dict[str, tuple[str, str]] = {}
    if teams:
        query = select(Team.remote_id, Team.remote_path, Team.remote_url)
        query = query.where(Team.synchronization_id == synchronization.id, Team.remote_id.in_(teams))
        names |= {f"team:{key}/members": (path, url) for key, path, url in session.execute(query)}
    if repositories:
        found = select(Repository.remote_id, Repository.path, Repository.web_url)
        found = found.where(Repository.synchronization_id == synchronization.id, Repository.remote_id.in_(repositories))
        names |= {f"repository:{key}/members": (path, url) for key, path, url in session.execute(found)}
    return names
