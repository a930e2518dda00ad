"""One synchronization: how it is doing, and a run of it at once."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import Role, current_user, organization_role_required
from models import Organization
from organizations.blueprint import blueprint
from organizations.credential_facts import read_credential
from organizations.request_rows import synchronization_or_404
from organizations.run_list import load_run_list
from organizations.runs import synchronization_status
from organizations.synchronization_page import read_synchronization_page
from sync.jobs import request_run_now
from web.database import get_session
from web.paging import requested_page


@blueprint.get("/orgs/<org>/synchronizations/<int:synchronization_id>")
@organization_role_required(Role.ADMIN)
def synchronization(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """How one synchronization is doing: state, credential, runs."""
    found = synchronization_or_404(organization, synchronization_id)
    wanted = {"kind": request.args.get("kind", ""), "result": request.args.get("result", "")}
    return render_template(
        "organizations/synchronization.html",
        organization=organization,
        synchronization=found,
        state=synchronization_status(found),
        page=read_synchronization_page(get_session(), found),
        credential=read_credential(get_session(), found, user_id=current_user.id),
        runs=load_run_list(get_session(), found, page=requested_page(), **wanted),
    )


@blueprint.post("/orgs/<org>/synchronizations/<int:synchronization_id>/run")
@organization_role_required(Role.ADMIN)
def synchronize_now(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """Ask for a run now."""
    found = synchronization_or_404(organization, synchronization_id)
    session = get_session()
    wanted = request_run_now(session, synchronization_id=found.id, reason="button", actor=current_user.display_name)
    session.commit()
    flash("Synchronization started.", "success")
    url = url_for(".run", org=organization.short_name, synchronization_id=found.id, number=wanted.number)
    return redirect(url, code=303)
