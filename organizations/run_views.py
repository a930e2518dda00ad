"""Runs as they happen and as reports, and previews of runs."""

from flask import Response, abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import Role, current_user, organization_role_required
from models import Organization, Synchronization, SyncRun
from organizations.blueprint import blueprint
from organizations.request_rows import synchronization_or_404
from organizations.run_page import ChangeFilter, read_run_page
from organizations.runs import find_run
from sync.preview_jobs import request_preview
from sync.run_report import as_document, read_report
from web.database import get_session
from web.paging import requested_page


@blueprint.post("/orgs/<org>/synchronizations/<int:synchronization_id>/preview")
@organization_role_required(Role.ADMIN)
def preview(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """Ask what the next run would do."""
    found, session = synchronization_or_404(organization, synchronization_id), get_session()
    wanted = request_preview(session, synchronization_id=found.id, actor=current_user.display_name)
    session.commit()
    url = url_for(".run", org=organization.short_name, synchronization_id=found.id, number=wanted.number)
    return redirect(url, code=303)


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
    response = jsonify(as_document(read_report(get_session(), found)))
    name = f"{organization.short_name}-synchronization-{synchronization_id}-run-{number}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _render_run(template: str, organization: Organization, synchronization_id: int, number: int) -> str:
    found, shown = _run_or_404(organization, synchronization_id, number)
    wanted = ChangeFilter(
        kind=request.args.get("kind", ""),
        action=request.args.get("action", ""),
        text=request.args.get("text", "").strip(),
    )
    url = url_for(".run", org=organization.short_name, synchronization_id=found.id, number=number)
    return render_template(
        template,
        organization=organization,
        synchronization=found,
        run=shown,
        page=read_run_page(get_session(), shown, wanted, page=requested_page(), url=url),
    )


def _run_or_404(organization: Organization, synchronization_id: int, number: int) -> tuple[Synchronization, SyncRun]:
    found = synchronization_or_404(organization, synchronization_id)
    shown = find_run(get_session(), synchronization_id=found.id, number=number)
    return found, shown or abort(404)
