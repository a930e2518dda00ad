"""Write a decision: rows, packages, the report of the run. One transaction of the caller, no network."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from composer.jobs import enqueue_updates, request_updates
from composer.packages import add_packages, remove_packages
from models import Hold, Integration, Organization, Synchronization, SyncRun
from sync.apply import Applied, apply_plan
from sync.audit import record_changes, run_actor, run_details
from sync.decision import Decision
from sync.holds import keep_hold
from sync.parts import save_parts
from sync.sizes import report_counts
from sync.snapshot import Snapshot


def write_alone(session: Session, synchronization: Synchronization) -> None:
    """Let no other synchronization that shares packages or accounts with this one write until the transaction ends.

    Call it before deciding: what the other has added counts. Rows that only refer to these two are not held up.
    """
    for model, row_id in (
        (Organization, synchronization.organization_id),
        (Integration, synchronization.integration_id),
    ):
        session.execute(select(model.id).where(model.id == row_id).with_for_update(key_share=True))


def write_decision(
    session: Session,
    *,
    synchronization: Synchronization,
    run: SyncRun,
    decision: Decision,
    snapshot: Snapshot,
    now: datetime,
) -> Hold | None:
    """Apply the plan, keep its report with the run, and what is held; returns what waits for a decision afterwards.

    An unchanged host leaves every row but the run's as it is.
    """
    plan = decision.plan
    if not plan.is_empty or snapshot.manifests:
        applied = apply_plan(
            session, synchronization=synchronization, state=decision.state, plan=plan, snapshot=snapshot, now=now
        )
        _follow_up_packages(session, synchronization, decision, applied, run)
    record_changes(session, synchronization=synchronization, run=run, decision=decision)
    run.changes = [change.as_json() for change in decision.changes]
    run.held = [change.as_json() for change in decision.held]
    run.counts = report_counts(decision.state, plan, decision.changes)
    _rename(synchronization, snapshot)
    save_parts(session, run_id=run.id, unknown=snapshot.unknown_parts)
    return keep_hold(session, synchronization=synchronization, run=run, decision=decision, now=now)


def _follow_up_packages(
    session: Session, synchronization: Synchronization, decision: Decision, applied: Applied, run: SyncRun
) -> None:
    packages = decision.plan.packages
    actor, where = run_actor(synchronization, run), run_details(synchronization, run)
    gone = [package.package_id for removed in packages.remove.values() for package in removed]
    remove_packages(session, package_ids=gone, actor=actor, reason="its repository is gone at the host", details=where)
    organization_id = synchronization.organization_id
    names = {applied.repositories[repository_id]: name for repository_id, name in packages.add.items()}
    new = add_packages(session, organization_id=organization_id, names=names, actor=actor, details=where)
    touched = {known.package_id for key in packages.touch for known in decision.state.packages[key]}
    enqueue_updates(session, organization_id=organization_id, package_ids=new, reason="new package", actor=actor)
    reason = "the repository changed"
    request_updates(session, organization_id=organization_id, package_ids=touched, reason=reason, actor=actor)


def _rename(synchronization: Synchronization, snapshot: Snapshot) -> None:
    root = snapshot.root
    fresh = (root.name, root.path, root.web_url)
    if (synchronization.remote_name, synchronization.remote_path, synchronization.remote_url) != fresh:
        synchronization.remote_name, synchronization.remote_path, synchronization.remote_url = fresh
