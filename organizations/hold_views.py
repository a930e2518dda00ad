"""Removals that are held: look at them by name, let them happen, or keep what is there."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import Role, current_user_row, organization_role_required
from models import Hold, Organization, Synchronization
from organizations.blueprint import blueprint
from organizations.holds import Decide, NotAsShown, decide_as_shown, read_hold_page
from organizations.request_rows import synchronization_or_404
from sync.holds import approve_hold, decline_hold, reopen_hold
from sync.jobs import request_run_now
from web.database import get_session
from web.inputs import row_id


@blueprint.get("/orgs/<org>/synchronizations/<int:synchronization_id>/held")
@organization_role_required(Role.ADMIN)
def hold(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """What waits, why, and what each decision would do."""
    return _page(organization, synchronization_or_404(organization, synchronization_id))


@blueprint.post("/orgs/<org>/synchronizations/<int:synchronization_id>/held/remove")
@organization_role_required(Role.ADMIN)
def confirm_removals(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """Let the next run, which starts at once, remove what was shown."""
    return _remove(organization, synchronization_id, approve_hold)


@blueprint.post("/orgs/<org>/synchronizations/<int:synchronization_id>/held/keep")
@organization_role_required(Role.ADMIN)
def decline_removals(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """Leave what was shown as it is."""
    found = synchronization_or_404(organization, synchronization_id)
    try:
        kept = _decide(found, decline_hold)
    except NotAsShown as error:
        return _page(organization, found, problem=str(error)), 409
    get_session().commit()
    flash(f"Kept. Nothing of these {len(kept.removals):,} is removed, and you are not asked about it again.", "success")
    return redirect(url_for(".hold", org=organization.short_name, synchronization_id=found.id), code=303)


@blueprint.post("/orgs/<org>/synchronizations/<int:synchronization_id>/held/remove-after-all")
@organization_role_required(Role.ADMIN)
def remove_after_all(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """Take the decision to keep something back."""
    return _remove(organization, synchronization_id, reopen_hold)


def _remove(organization: Organization, synchronization_id: int, decide: Decide) -> ResponseReturnValue:
    found, session = synchronization_or_404(organization, synchronization_id), get_session()
    try:
        _decide(found, decide)
    except NotAsShown as error:
        return _page(organization, found, problem=str(error)), 409
    name = current_user_row(session).display_name
    wanted = request_run_now(session, synchronization_id=found.id, reason="confirmed removals", actor=name)
    session.commit()
    flash("Confirmed. This run removes what you have seen and is still missing at the host.", "success")
    url = url_for(".run", org=organization.short_name, synchronization_id=found.id, number=wanted.number)
    return redirect(url, code=303)


def _decide(synchronization: Synchronization, decide: Decide) -> Hold:
    """Raises NotAsShown."""
    session = get_session()
    return decide_as_shown(
        session,
        decide,
        synchronization=synchronization,
        hold_id=request.form.get("hold", 0, type=row_id),
        digest=request.form.get("digest", ""),
        user=current_user_row(session),
    )


def _page(organization: Organization, synchronization: Synchronization, *, problem: str = "") -> str:
    text = request.args.get("text", "").strip()
    return render_template(
        "organizations/hold.html",
        organization=organization,
        synchronization=synchronization,
        page=read_hold_page(get_session(), synchronization, text=text),
        text=text,
        problem=problem,
    )
