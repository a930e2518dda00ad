"""One synchronization, and its runs as they happen."""

from flask import Response, abort, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import Role, current_user, organization_role_required
from models import Organization, Synchronization, SyncRun, utc_now
from organizations.blueprint import blueprint
from organizations.runs import (
    account_of,
    change_groups,
    change_summary,
    find_run,
    find_synchronization,
    is_left_waiting,
    recent_runs,
    run_status,
    run_steps,
    synchronization_status,
)
from sync.jobs import request_run_now
from web.database import get_session


@blueprint.get("/orgs/<org>/synchronizations/<int:synchronization_id>")
@organization_role_required(Role.ADMIN)
def synchronization(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """How one synchronization is doing: state, credential, runs."""
    found = _synchronization_or_404(organization, synchronization_id)
    runs = recent_runs(get_session(), synchronization_id=found.id)
    return render_template(
        "organizations/synchronization.html",
        organization=organization,
        synchronization=found,
        state=synchronization_status(found),
        account=account_of(get_session(), found),
        runs=[(run, run_status(run), change_summary(run)) for run in runs],
    )


@blueprint.post("/orgs/<org>/synchronizations/<int:synchronization_id>/run")
@organization_role_required(Role.ADMIN)
def synchronize_now(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """Ask for a run now."""
    found = _synchronization_or_404(organization, synchronization_id)
    session = get_session()
    wanted = request_run_now(session, synchronization_id=found.id, reason="button", actor=current_user.display_name)
    session.commit()
    flash("Synchronization started.", "success")
    return redirect(_run_url(organization, wanted), code=303)


@blueprint.get("/orgs/<org>/synchronizations/<int:synchronization_id>/runs/<int:number>")
@organization_role_required(Role.ADMIN)
def run(organization: Organization, synchronization_id: int, number: int) -> ResponseReturnValue:
    """One run: live while it lasts, then its report."""
    return _render_run("organizations/run.html", organization, synchronization_id, number)


@blueprint.get("/orgs/<org>/synchronizations/<int:synchronization_id>/runs/<int:number>/live")
@organization_role_required(Role.ADMIN)
def run_live(organization: Organization, synchronization_id: int, number: int) -> ResponseReturnValue:
    """The part of the run page that changes."""
    return _render_run("organizations/_run_live.html", organization, synchronization_id, number)


@blueprint.get("/orgs/<org>/synchronizations/<int:synchronization_id>/runs/<int:number>.json")
@organization_role_required(Role.ADMIN)
def run_report(organization: Organization, synchronization_id: int, number: int) -> Response:
    """The report to download."""
    _, found = _run_or_404(organization, synchronization_id, number)
    report = {
        "run": found.number,
        "result": found.result,
        "reasons": found.reasons,
        "started_at": found.started_at and found.started_at.isoformat(),
        "ended_at": found.ended_at and found.ended_at.isoformat(),
        "requests": found.request_count,
        "counts": found.counts,
        "error": found.error_text,
        "changes": found.changes,
    }
    response = jsonify(report)
    name = f"{organization.short_name}-synchronization-{synchronization_id}-run-{number}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _render_run(template: str, organization: Organization, synchronization_id: int, number: int) -> str:
    found, shown = _run_or_404(organization, synchronization_id, number)
    return render_template(
        template,
        organization=organization,
        synchronization=found,
        run=shown,
        state=run_status(shown),
        steps=run_steps(shown),
        groups=change_groups(shown.changes),
        summary=change_summary(shown),
        is_left_waiting=is_left_waiting(shown, now=utc_now()),
    )


def _synchronization_or_404(organization: Organization, synchronization_id: int) -> Synchronization:
    found = find_synchronization(get_session(), organization_id=organization.id, synchronization_id=synchronization_id)
    return found or abort(404)


def _run_or_404(organization: Organization, synchronization_id: int, number: int) -> tuple[Synchronization, SyncRun]:
    found = _synchronization_or_404(organization, synchronization_id)
    shown = find_run(get_session(), synchronization_id=found.id, number=number)
    return found, shown or abort(404)


def _run_url(organization: Organization, wanted: SyncRun) -> str:
    return url_for(
        "organizations.run",
        org=organization.short_name,
        synchronization_id=wanted.synchronization_id,
        number=wanted.number,
    )
