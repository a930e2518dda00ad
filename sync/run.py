"""One run of a synchronization: read, check, plan, apply, follow up."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from composer.jobs import request_update
from composer.packages import add_package, remove_packages
from config.failpoints import failpoint
from integrations.codehost import CodeHost, RemoteRepository
from integrations.errors import CodeHostError, NotFound, RateLimited, Unauthorized
from integrations.service import TokenReplaced, judge_refusal, open_code_host
from models import (
    Repository,
    RunPhase,
    RunResult,
    Runtime,
    Synchronization,
    SynchronizationState,
    SyncRun,
    utc_now,
)
from sync.apply import Applied, apply_plan
from sync.lifecycle import Ending, enter_phase, finish_run, hold_run, keep_run, save_parts
from sync.load import load_state
from sync.plan import Plan, plan_synchronization
from sync.read import read_snapshot
from sync.report import count_changes, report_changes
from sync.snapshot import Snapshot
from sync.state import State

logger = structlog.get_logger(__name__)

ACTIVITY_GRANULARITY = timedelta(hours=1)  # GitLab moves last_activity_at at most once an hour
PROGRESS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the job has to do after a run."""

    wants_another: bool
    retry_at: datetime | None = None


def synchronize(runtime: Runtime, *, run_id: int) -> Outcome:
    """Carry out a claimed run to its end. Host trouble ends the run with a reason; it is not raised."""
    opened_at = utc_now()
    try:
        host, synchronization = _open(runtime, run_id)
    except CodeHostError as error:
        return _finish(runtime, run_id, _failed(error), requests=0, retry_at=_retry_at(error))
    try:
        snapshot = _read(runtime, host, synchronization, run_id)
    except CodeHostError as refusal:
        judged = judge_refusal(runtime, synchronization.credential_id, refusal, opened_at=opened_at)
        logger.info("synchronization_failed", synchronization_id=synchronization.id, run_id=run_id, error=str(judged))
        return _finish(runtime, run_id, _failed(judged), host.request_count.total, retry_at=_retry_at(judged))
    failpoint(runtime.settings.failpoints, "sync.read")
    _write(runtime, synchronization.id, run_id, snapshot, host.request_count.total)
    failpoint(runtime.settings.failpoints, "sync.applied")
    return _finish(runtime, run_id, _applied(snapshot), host.request_count.total)


def _open(runtime: Runtime, run_id: int) -> tuple[CodeHost, Synchronization]:
    with runtime.database.read() as session:
        synchronization = session.get_one(SyncRun, run_id).synchronization
    if synchronization.credential_id is None:
        raise Unauthorized("no account is connected for this synchronization")
    return open_code_host(runtime, synchronization.credential_id), synchronization


def _read(runtime: Runtime, host: CodeHost, synchronization: Synchronization, run_id: int) -> Snapshot:
    with runtime.database.read() as session:
        rows = session.scalars(select(Repository).where(Repository.synchronization_id == synchronization.id))
        known = {row.remote_id: row for row in rows}

    def needs_manifest(repository: RemoteRepository) -> bool:
        row = known.get(repository.remote_id)
        if row is None or row.manifest_checked_at is None:
            return True
        activity = repository.last_activity_at
        return activity is not None and activity + ACTIVITY_GRANULARITY >= row.manifest_checked_at

    return read_snapshot(
        host,
        root_id=synchronization.remote_id,
        needs_manifest=needs_manifest,
        progress=_Progress(runtime, host, run_id),
    )


class _Progress:
    """Writes how far the reading is, at most once a second, and so keeps the lease."""

    def __init__(self, runtime: Runtime, host: CodeHost, run_id: int) -> None:
        self._runtime, self._host, self._run_id = runtime, host, run_id
        self._written_at = float("-inf")

    def __call__(self, *, done: int, total: int) -> None:
        if done < total and time.monotonic() - self._written_at < PROGRESS_SECONDS:
            return
        self._written_at = time.monotonic()
        with self._runtime.database.write() as session:
            keep_run(session, run_id=self._run_id, done=done, total=total, requests=self._host.request_count.total)


def _write(runtime: Runtime, synchronization_id: int, run_id: int, snapshot: Snapshot, requests: int) -> None:
    """Plan and apply in one transaction, so that the plan is never older than what it changes."""
    now = utc_now()
    with runtime.database.write() as session:
        hold_run(session, run_id=run_id)
        synchronization = session.get_one(Synchronization, synchronization_id)
        run = session.get_one(SyncRun, run_id)
        enter_phase(run, RunPhase.PLAN, now=now)
        state = load_state(session, synchronization)
        plan = plan_synchronization(state, snapshot, today=now.date())
        enter_phase(run, RunPhase.APPLY)
        if not plan.is_empty or snapshot.manifests:
            applied = apply_plan(
                session, synchronization=synchronization, state=state, plan=plan, snapshot=snapshot, now=now
            )
            _follow_up_packages(session, synchronization, state, plan, applied, run)
        changes = report_changes(plan, state, snapshot)
        run.changes = [change.as_json() for change in changes]
        run.counts = {"changes": count_changes(changes), **_sizes(snapshot)}
        run.request_count = requests
        _rename(synchronization, snapshot)
        save_parts(session, run_id=run_id, unknown=snapshot.unknown_parts)
        enter_phase(run, RunPhase.FOLLOW_UP)
        failpoint(runtime.settings.failpoints, "sync.apply")


def _follow_up_packages(
    session: Session, synchronization: Synchronization, state: State, plan: Plan, applied: Applied, run: SyncRun
) -> None:
    actor = f"synchronization {synchronization.remote_path}, run {run.number}"
    gone = [package.package_id for packages in plan.packages.remove.values() for package in packages]
    remove_packages(session, package_ids=gone, actor=actor, reason="its repository is gone at the host")
    for repository_id, name in plan.packages.add.items():
        package = add_package(
            session,
            organization_id=synchronization.organization_id,
            repository_id=applied.repositories[repository_id],
            name=name,
            actor=actor,
        )
        request_update(session, package_id=package.id, reason="new package", actor=actor)
    for repository_id in plan.packages.touch:
        for known in state.packages[repository_id]:
            request_update(session, package_id=known.package_id, reason="the repository changed", actor=actor)


def _sizes(snapshot: Snapshot) -> dict[str, int]:
    people = {member.account.remote_id for part in snapshot.team_members.values() for member in part.items}
    return {"teams": len(snapshot.teams), "repositories": len(snapshot.repositories), "people": len(people)}


def _rename(synchronization: Synchronization, snapshot: Snapshot) -> None:
    root = snapshot.root
    fresh = (root.name, root.path, root.web_url)
    if (synchronization.remote_name, synchronization.remote_path, synchronization.remote_url) != fresh:
        synchronization.remote_name, synchronization.remote_path, synchronization.remote_url = fresh


def _applied(snapshot: Snapshot) -> Ending:
    if snapshot.doubt:
        return Ending(
            RunResult.DEGRADED, SynchronizationState.NEEDS_CREDENTIAL, "may_not_see_everything", snapshot.doubt
        )
    unknown = snapshot.unknown_parts
    if unknown:
        first = next(iter(unknown.values()))
        text = f"{len(unknown)} parts could not be read and were left as they were; the first: {first}"
        return Ending(RunResult.DEGRADED, SynchronizationState.DEGRADED, "partly_unknown", text)
    return Ending(RunResult.OK, SynchronizationState.OK)


def _failed(error: CodeHostError) -> Ending:
    if isinstance(error, Unauthorized):
        return Ending(RunResult.FAILED, SynchronizationState.NEEDS_CREDENTIAL, "unauthorized", str(error))
    if isinstance(error, NotFound):
        return Ending(RunResult.FAILED, SynchronizationState.REMOTE_MISSING, "remote_missing", str(error))
    if isinstance(error, RateLimited):
        return Ending(RunResult.POSTPONED, SynchronizationState.OK, "rate_limited", str(error))
    name = type(error).__name__
    return Ending(RunResult.FAILED, SynchronizationState.DEGRADED, name, str(error), is_passing=True)


def _retry_at(error: CodeHostError) -> datetime | None:
    if isinstance(error, TokenReplaced):
        return utc_now()
    return error.retry_at if isinstance(error, RateLimited) else None


def _finish(runtime: Runtime, run_id: int, ending: Ending, requests: int, retry_at: datetime | None = None) -> Outcome:
    with runtime.database.write() as session:
        wants_another = finish_run(session, run_id=run_id, ending=ending, requests=requests)
    return Outcome(wants_another, retry_at)
