"""Logging in and out: the login page, the start of every visit to a code host, one-time login links."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from accounts.administrators import redeem_login_link
from accounts.answers import answer_page, host_refused
from accounts.blueprint import blueprint
from accounts.current import current_user, current_user_row
from accounts.departures import Departure, check_departure, depart
from accounts.flows import VisitTaken
from accounts.guards import login_required
from accounts.setup_guard import is_setup_mode
from accounts.visits import HostRefused, find_way, named_twice
from integrations.service import UnknownIntegration, get_integration, list_login_integrations
from models import FlowPurpose, Integration, Organization, Synchronization, record_audit, utc_now
from web.database import close_session, get_session
from web.limits import limited
from web.login import log_in
from web.login import log_out as end_session
from web.redirects import safe_next
from web.runtime import current_runtime


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    """One button per integration."""
    return _login_page(list_login_integrations(get_session()))


@blueprint.get("/login/<org>")
def login_to_organization(org: str) -> ResponseReturnValue:
    """Only the integrations of one organization; all of them when it has none, or does not exist."""
    session = get_session()
    integrations = list_login_integrations(session)
    used = set(
        session.scalars(
            select(Synchronization.integration_id)
            .join(Synchronization.organization)
            .where(Organization.short_name == org)
        )
    )
    own = [integration for integration in integrations if integration.id in used]
    return _login_page(own or integrations, default_next=f"/orgs/{org}")


@blueprint.post("/login/<slug>")
@limited("login", limit=30)
def start_login(slug: str) -> ResponseReturnValue:
    """Begin a visit to a code host. The form says the purpose, and where to go afterwards."""
    integration = _integration_or_404(get_session(), slug)
    next_path = safe_next(request.form.get("next"), default="")
    departure = Departure(integration, _purpose_or_404(), next_path)
    check_departure(get_session(), departure)
    close_session()  # the host may be asked now
    try:
        way = find_way(current_runtime(), integration, now=utc_now())
    except HostRefused as error:
        return host_refused(error, integration)
    session = get_session()
    try:
        response = depart(session, departure, way)
    except VisitTaken:
        return host_refused(named_twice(integration), integration)
    session.commit()
    return response


@blueprint.post("/logout")
def log_out() -> ResponseReturnValue:
    """End this session. The code host still knows the person, and the page says so."""
    session = get_session()
    if current_user.is_authenticated:
        name, user_id = current_user.display_name, current_user.id
        record_audit(session, actor=name, actor_user_id=user_id, action="logged_out", target=f"{name} (id {user_id})")
    end_session(session)
    session.commit()
    flash("You are logged out here. You are still logged in at your code host.", "info")
    return redirect(url_for("accounts.login"), code=303)


@blueprint.get("/profile/confirm")
@login_required
def confirm_login() -> ResponseReturnValue:
    """Prove again who you are, before something sensitive."""
    user = current_user_row(get_session())
    integrations = {identity.integration_id: identity.integration for identity in user.identities}
    usable = [item for item in integrations.values() if item.deleted_at is None]
    next_path = safe_next(request.args.get("next"), default=url_for("accounts.profile"))
    return render_template("accounts/confirm_login.html", integrations=usable, next_path=next_path)


@blueprint.get("/login/-/link")
def login_link() -> ResponseReturnValue:
    """Where a one-time login link leads: its secret is in the fragment, and sent by a button."""
    return render_template("accounts/login_link.html")


@blueprint.post("/login/-/link")
@limited("login_link", limit=10)
def use_login_link() -> ResponseReturnValue:
    """Log in with a one-time link that was made on the host's command line."""
    session = get_session()
    user = redeem_login_link(session, request.form.get("code", ""), now=utc_now())
    if user is None:
        return answer_page(
            "This link can not be used",
            "It was used before, is older than ten minutes, or is not complete.",
            "Make a new one on the server with: repertory admin login-link USER",
        )
    log_in(session, user_id=user.id)
    session.commit()
    return redirect("/", code=303)


def _login_page(integrations: list[Integration], default_next: str = "") -> ResponseReturnValue:
    if is_setup_mode():
        return redirect("/setup", code=303)
    next_path = safe_next(request.args.get("next"), default=safe_next(default_next))
    if current_user.is_authenticated:
        return redirect(next_path, code=303)
    return render_template("accounts/login.html", integrations=integrations, next_path=next_path)


def _integration_or_404(session: Session, slug: str) -> Integration:
    try:
        return get_integration(session, slug)
    except UnknownIntegration as error:
        raise NotFound from error


def _purpose_or_404() -> FlowPurpose:
    text = request.form.get("purpose", FlowPurpose.LOGIN)
    if text not in set(FlowPurpose):
        raise NotFound
    return FlowPurpose(text)
