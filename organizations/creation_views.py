"""New organization, and one more synchronization: choose a remote organization, and watch the first run."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import Role, current_user, current_user_row, login_required, organization_role_required
from integrations.errors import CodeHostError
from models import Organization, SyncRun
from organizations.blueprint import blueprint
from organizations.candidates import HostCandidates, NotOwned
from organizations.choice import Choice, Taken, ask_hosts, explain_refusal, is_nested, read_choice, refuse_if_taken
from organizations.creation import Wish, create_as_wished, may_create_empty_ones, may_create_organizations
from organizations.forms import AddSynchronizationForm, NewOrganizationForm
from sync.creation import ShortNameRefused, add_synchronization, suggest_short_name
from web.database import get_session


@blueprint.get("/orgs/new")
@login_required
def new_organization() -> ResponseReturnValue:
    """What the person owns at the code hosts, and a form to make an organization of it."""
    return _new_page(NewOrganizationForm())


@blueprint.post("/orgs/new")
@login_required
def create() -> ResponseReturnValue:
    """Create the organization and, when it follows a remote one, ask for the first run."""
    form = NewOrganizationForm()
    if not may_create_organizations(get_session(), current_user_row(get_session())):
        abort(403, "Only administrators of this installation may create organizations.")
    choice, refusal = _choose_new(form.remote.data or "")
    _fill_in(form, choice)
    if not form.validate() or refusal:
        form.remote.errors = [refusal] if refusal else []
        return _new_page(form), 422
    session = get_session()
    try:
        _look_again(choice)
        organization, run = create_as_wished(session, user=current_user_row(session), wish=_wish(form, choice))
    except (ShortNameRefused, Taken) as error:
        _refuse(form, error)
        return _new_page(form), 422
    session.commit()
    flash(f"Organization created: “{organization.name}”", "success")
    return redirect(_next_page(organization, run), code=303)


@blueprint.get("/orgs/<org>/settings/synchronizations/add")
@organization_role_required(Role.ADMIN)
def new_synchronization(organization: Organization) -> ResponseReturnValue:
    """What else this organization could follow."""
    return _addition_page(organization, AddSynchronizationForm())


@blueprint.post("/orgs/<org>/settings/synchronizations/add")
@organization_role_required(Role.ADMIN)
def add(organization: Organization) -> ResponseReturnValue:
    """Follow one more remote organization, and ask for the first run."""
    form = AddSynchronizationForm()
    choice, refusal = _choose(form.remote.data or "")
    if choice is None:
        form.remote.errors = [refusal or "Choose what the organization is to follow."]
        return _addition_page(organization, form), 422
    session = get_session()
    try:
        _look_again(choice)
    except Taken as error:
        form.remote.errors = [explain_refusal(error)]
        return _addition_page(organization, form), 422
    run = add_synchronization(
        session,
        organization=session.get_one(Organization, organization.id),
        remote=choice.remote,
        credential=choice.credential,
        user_id=current_user.id,
        actor=current_user.display_name,
    )
    session.commit()
    flash(f"{choice.remote.path} is being synchronized.", "success")
    return redirect(_next_page(organization, run), code=303)


def _new_page(form: NewOrganizationForm) -> str:
    session = get_session()
    if not may_create_organizations(session, current_user_row(session)):
        return render_template("organizations/new_forbidden.html")
    may_be_empty = may_create_empty_ones(current_user_row(session))
    hosts = ask_hosts()
    _choose_only_one(form, hosts)
    return render_template(
        "organizations/new.html", form=form, hosts=hosts, nested=is_nested(), may_be_empty=may_be_empty
    )


def _addition_page(organization: Organization, form: AddSynchronizationForm) -> str:
    hosts = ask_hosts()
    return render_template(
        "organizations/synchronization_new.html", organization=organization, form=form, hosts=hosts, nested=is_nested()
    )


def _choose(value: str) -> tuple[Choice | None, str]:
    """What was chosen, or the reason why it can not be; neither for an empty organization."""
    if not value:
        return None, ""
    try:
        return read_choice(value), ""
    except (NotOwned, Taken, CodeHostError) as error:
        return None, explain_refusal(error)


def _choose_new(value: str) -> tuple[Choice | None, str]:
    """As `_choose`; choosing nothing is for those who may make an empty organization."""
    if not value and not may_create_empty_ones(current_user_row(get_session())):
        return None, "Choose one that you administer. Only administrators of this installation make empty ones."
    return _choose(value)


def _look_again(choice: Choice | None) -> None:
    if choice is not None:
        refuse_if_taken(get_session(), choice)


def _refuse(form: NewOrganizationForm, error: Exception) -> None:
    if isinstance(error, ShortNameRefused):
        form.short_name.errors = [str(error)]
    else:
        form.remote.errors = [explain_refusal(error)]


def _fill_in(form: NewOrganizationForm, choice: Choice | None) -> None:
    """Names that were left out follow from the remote organization."""
    if choice is None:
        return
    form.name.data = (form.name.data or "").strip() or choice.remote.name
    form.short_name.data = (form.short_name.data or "").strip() or suggest_short_name(choice.remote.path)


def _wish(form: NewOrganizationForm, choice: Choice | None) -> Wish:
    name, short_name = form.name.data.strip(), form.short_name.data.strip()
    return Wish(name, short_name, choice.remote, choice.credential) if choice else Wish(name, short_name)


def _choose_only_one(form: NewOrganizationForm, hosts: list[HostCandidates]) -> None:
    """Before anything was typed: when one remote organization is free, it is meant."""
    free = [(host, candidate.remote) for host in hosts for candidate in host.candidates if not candidate.taken_by]
    if form.is_submitted() or len(free) != 1:
        return
    host, remote = free[0]
    form.remote.data = f"{host.integration.slug}:{remote.remote_id}"
    form.name.data, form.short_name.data = remote.name, suggest_short_name(remote.path)


def _next_page(organization: Organization, run: SyncRun | None) -> str:
    if run is None:
        return url_for("organizations.overview", org=organization.short_name)
    return url_for(
        "organizations.run",
        org=organization.short_name,
        synchronization_id=run.synchronization_id,
        number=run.number,
    )
