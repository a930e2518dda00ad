"""Settings of an organization: general, synchronizations, credentials."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import Role, current_role, current_user, current_user_row, organization_role_required
from integrations.errors import CodeHostError
from models import Organization, Synchronization
from organizations.blueprint import blueprint
from organizations.candidates import NotOwned, read_owned_organization
from organizations.choice import connection_for
from organizations.credential_facts import Fitness, judge, list_credentials
from organizations.credential_store import list_stored
from organizations.forms import NameForm
from organizations.runs import find_synchronization, list_synchronizations, synchronization_status
from organizations.settings import (
    PrefixRefused,
    own_prefixes,
    rename,
    suggest_prefixes,
    use_credential,
)
from web.database import close_session, get_session
from web.runtime import current_runtime


@blueprint.get("/orgs/<org>/settings")
@organization_role_required(Role.ADMIN)
def settings(organization: Organization) -> ResponseReturnValue:
    """The first tab."""
    return redirect(url_for("organizations.general", org=organization.short_name))


@blueprint.get("/orgs/<org>/settings/general")
@organization_role_required(Role.ADMIN)
def general(organization: Organization) -> ResponseReturnValue:
    """Name, address and vendor names."""
    return _general_page(organization, NameForm(name=organization.name))


@blueprint.post("/orgs/<org>/settings/general")
@organization_role_required(Role.OWNER)
def change_name(organization: Organization) -> ResponseReturnValue:
    """Rename."""
    session, form = get_session(), NameForm()
    if not form.validate_on_submit():
        return _general_page(organization, form), 422
    rename(session, organization, name=form.name.data.strip(), user=current_user_row(session))
    session.commit()
    flash("The name is saved.", "success")
    return redirect(url_for("organizations.general", org=organization.short_name), code=303)


@blueprint.post("/orgs/<org>/settings/prefixes")
@organization_role_required(Role.ADMIN)
def change_prefixes(organization: Organization) -> ResponseReturnValue:
    """Confirm vendor names."""
    session, typed = get_session(), request.form.get("other", "")
    wanted = [*request.form.getlist("prefix"), *typed.replace(",", " ").split()]
    try:
        own_prefixes(session, organization, wanted, user=current_user_row(session))
    except PrefixRefused as error:
        return _general_page(organization, NameForm(name=organization.name), typed=typed, problem=str(error)), 422
    session.commit()
    flash("The vendor names are saved.", "success")
    return redirect(url_for("organizations.general", org=organization.short_name), code=303)


@blueprint.get("/orgs/<org>/settings/synchronizations")
@organization_role_required(Role.ADMIN)
def synchronizations(organization: Organization) -> ResponseReturnValue:
    """What this organization follows."""
    return render_template(
        "organizations/synchronizations.html",
        organization=organization,
        synchronizations=list_synchronizations(get_session(), organization_id=organization.id),
        status_of=synchronization_status,
    )


@blueprint.get("/orgs/<org>/settings/credentials")
@organization_role_required(Role.ADMIN)
def credentials(organization: Organization) -> ResponseReturnValue:
    """Whose accounts the synchronizations use."""
    session = get_session()
    return render_template(
        "organizations/credentials.html",
        organization=organization,
        credentials=list_credentials(session, organization_id=organization.id, user_id=current_user.id),
        stored=list_stored(session, organization_id=organization.id),
    )


@blueprint.post("/orgs/<org>/synchronizations/<int:synchronization_id>/credential")
@organization_role_required(Role.ADMIN)
def take_over(organization: Organization, synchronization_id: int) -> ResponseReturnValue:
    """Let a synchronization use my account, after asking the host whether I own what it follows."""
    synchronization = _synchronization_or_404(organization, synchronization_id)
    connection = connection_for(get_session(), synchronization.integration_id, user_id=current_user.id)
    close_session()  # the host takes its time: no transaction is open meanwhile
    back = redirect(url_for("organizations.credentials", org=organization.short_name), code=303)
    if connection is None or connection.credential is None:
        flash("Your account there is not connected. Authorize it first.", "error")
        return back
    if judge(connection.integration, connection.credential) is not Fitness.READY:
        flash(f"Your account {connection.login} does not allow enough yet. Authorize it first.", "error")
        return back
    try:
        read_owned_organization(current_runtime(), connection, synchronization.remote_id)
    except (NotOwned, CodeHostError) as error:
        flash(_why_not(error, synchronization, connection.login), "error")
        return back
    session = get_session()
    found = session.get_one(Synchronization, synchronization.id)
    use_credential(session, found, connection.credential, user=current_user_row(session))
    session.commit()
    flash(f"{synchronization.remote_path} now uses your account {connection.login}. A run is starting.", "success")
    return back


def _general_page(organization: Organization, form: NameForm, *, typed: str = "", problem: str = "") -> str:
    return render_template(
        "organizations/general.html",
        organization=organization,
        form=form,
        is_owner=current_role() >= Role.OWNER,
        typed=typed,
        problem=problem,
        prefixes=suggest_prefixes(get_session(), organization),
        repository_url=f"{current_runtime().settings.base_url}/{organization.short_name}/",
    )


def _why_not(error: Exception, synchronization: Synchronization, login: str) -> str:
    if isinstance(error, NotOwned):
        return f"Your account {login} does not own {synchronization.remote_path}, so it can not take over."
    return f"The host could not be asked: {error}"


def _synchronization_or_404(organization: Organization, synchronization_id: int) -> Synchronization:
    found = find_synchronization(get_session(), organization_id=organization.id, synchronization_id=synchronization_id)
    return found or abort(404)
