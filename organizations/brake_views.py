"""The numbers above which removals of a synchronization wait for a person."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import Role, current_user_row, organization_role_required
from models import Organization, Synchronization
from organizations.blueprint import blueprint
from organizations.brakes import BrakesForm, save_brakes
from organizations.request_rows import synchronization_or_404
from web.database import get_session


@blueprint.get("/orgs/<org>/synchronizations/<int:synchronization_id>/brakes")
@organization_role_required(Role.ADMIN)
def brakes(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """The four numbers."""
    found = synchronization_or_404(organization, synchronization_id)
    return _page(organization, found, BrakesForm(obj=found))


@blueprint.post("/orgs/<org>/synchronizations/<int:synchronization_id>/brakes")
@organization_role_required(Role.ADMIN)
def change_brakes(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """Save them."""
    found, session, form = synchronization_or_404(organization, synchronization_id), get_session(), BrakesForm()
    if not form.validate_on_submit():
        return _page(organization, found, form), 422
    save_brakes(session, found, form, user=current_user_row(session))
    session.commit()
    flash("The brakes are saved. The next run obeys them.", "success")
    url = url_for("organizations.synchronization", org=organization.short_name, synchronization_id=found.id)
    return redirect(url, code=303)


def _page(organization: Organization, synchronization: Synchronization, form: BrakesForm) -> str:
    return render_template(
        "organizations/brakes.html", organization=organization, synchronization=synchronization, form=form
    )
