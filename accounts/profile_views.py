"""The profile: connected accounts, e-mail addresses, sessions."""

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.addresses import choose_default_address, list_addresses
from accounts.answers import login_refused
from accounts.arrivals import account_taken
from accounts.blueprint import blueprint
from accounts.browsers import describe_browser
from accounts.connections import LastAccount, count_synchronizations_through, disconnect_identity
from accounts.current import current_user, current_user_row
from accounts.guards import login_required, recent_login_required
from accounts.identities import IdentityTaken, LoginRefused, link_identity
from accounts.notes import find_pending_link, forget_pending_link
from integrations.service import list_login_integrations
from models import Identity, Integration, record_audit, utc_now
from web.database import get_session
from web.login import (
    browser_session,
    is_recently_authenticated,
    list_sessions,
    renew_session_id,
    revoke_session,
    revoke_sessions_of_user,
)
from web.redirects import safe_next
from web.runtime import current_runtime


@blueprint.get("/profile")
@login_required
def profile() -> ResponseReturnValue:
    """Who I am here, and at which code hosts."""
    session = get_session()
    user = current_user_row(session)
    mine = {identity.integration_id for identity in user.identities}
    return render_template(
        "accounts/profile.html",
        user=user,
        others=[item for item in list_login_integrations(session) if item.id not in mine],
        addresses=list_addresses(session, user.id),
        is_recent=is_recently_authenticated(),
    )


@blueprint.get("/profile/connect")
@login_required
def connect() -> ResponseReturnValue:
    """The last question before an account is connected."""
    link = find_pending_link(now=utc_now())
    if link is None:
        return redirect(url_for("accounts.profile"), code=303)
    integration = get_session().get_one(Integration, link.integration_id)
    return render_template("accounts/connect.html", link=link, integration=integration)


@blueprint.post("/profile/connect")
@login_required
@recent_login_required
def confirm_connection() -> ResponseReturnValue:
    """Connect the account that its owner has just proved to own."""
    session, link = get_session(), find_pending_link(now=utc_now())
    if link is None:
        return redirect(url_for("accounts.profile"), code=303)
    integration = session.get_one(Integration, link.integration_id)
    try:
        link_identity(session, current_user_row(session), integration=integration, account=link.account, now=utc_now())
    except IdentityTaken:
        return account_taken(integration, link.account.login)
    except LoginRefused as error:
        return login_refused(error, integration, link.account)
    renew_session_id(session)
    session.commit()
    forget_pending_link()
    flash(f"{link.account.login} at {integration.name} is connected.", "success")
    return redirect(safe_next(link.next_path, default=url_for("accounts.profile")), code=303)


@blueprint.get("/profile/accounts/<int:identity_id>/disconnect")
@login_required
def ask_to_disconnect(identity_id: int) -> ResponseReturnValue:
    """What disconnecting an account will do."""
    identity = _own_identity_or_404(identity_id)
    count = count_synchronizations_through(get_session(), identity.id)
    return render_template("accounts/disconnect.html", identity=identity, synchronizations=count)


@blueprint.post("/profile/accounts/<int:identity_id>/disconnect")
@login_required
@recent_login_required
def disconnect(identity_id: int) -> ResponseReturnValue:
    """Take an account away from this person; never the last one."""
    session, identity = get_session(), _own_identity_or_404(identity_id)
    row = browser_session().row
    try:
        disconnect_identity(
            session,
            current_runtime().secret_box,
            identity=identity,
            keep_session_id=row.id if row else 0,
            now=utc_now(),
        )
    except LastAccount:
        flash("This is your last account: without it you could not log in any more.", "error")
        return redirect(url_for("accounts.profile"), code=303)
    session.commit()
    flash(f"{identity.login} at {identity.integration.name} is disconnected.", "success")
    return redirect(url_for("accounts.profile"), code=303)


@blueprint.post("/profile/addresses/<int:address_id>/default")
@login_required
def choose_address(address_id: int) -> ResponseReturnValue:
    """Show this address as the person's own."""
    session = get_session()
    if not choose_default_address(session, user_id=current_user.id, address_id=address_id):
        abort(404)
    session.commit()
    return redirect(url_for("accounts.profile"), code=303)


@blueprint.get("/profile/sessions")
@login_required
def sessions() -> ResponseReturnValue:
    """Where I am logged in."""
    row = browser_session().row
    found = list_sessions(get_session(), user_id=current_user.id)
    return render_template(
        "accounts/sessions.html",
        sessions=found,
        current_id=row.id if row else 0,
        describe_browser=describe_browser,
    )


@blueprint.post("/profile/sessions/<int:session_id>/end")
@login_required
def end_session(session_id: int) -> ResponseReturnValue:
    """Log out another browser."""
    session = get_session()
    if not revoke_session(session, session_id=session_id, user_id=current_user.id):
        abort(404)
    _record_ended(session)
    session.commit()
    flash("The session is ended.", "success")
    return redirect(url_for("accounts.sessions"), code=303)


@blueprint.post("/profile/sessions/end-others")
@login_required
def end_other_sessions() -> ResponseReturnValue:
    """Log out everywhere but here."""
    session, row = get_session(), browser_session().row
    revoke_sessions_of_user(session, user_id=current_user.id, except_id=row.id if row else None)
    _record_ended(session)
    session.commit()
    flash("All other sessions are ended.", "success")
    return redirect(url_for("accounts.sessions"), code=303)


def _record_ended(session: Session) -> None:
    name, user_id = current_user.display_name, current_user.id
    target = f"{name} (id {user_id})"
    record_audit(session, actor=name, actor_user_id=user_id, action="sessions_ended", target=target)


def _own_identity_or_404(identity_id: int) -> Identity:
    query = select(Identity).where(Identity.id == identity_id, Identity.user_id == current_user.id)
    identity = get_session().scalar(query)
    if identity is None:
        abort(404)
    return identity
