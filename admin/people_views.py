"""People: who has an account here, who is administrator, who is kept out."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from accounts.administrators import LastAdministrator, grant_to_user, revoke_administrator
from accounts.guards import (
    administrator_or_setup_required,
    administrator_required,
    current_user,
    recent_login_required,
)
from admin.blueprint import blueprint
from admin.people import disable_person, enable_person, end_sessions, people_query
from admin.saving import who_acts
from models import User, utc_now
from web.database import get_session
from web.login import browser_session
from web.paging import load_page, requested_page


@blueprint.get("/users")
@administrator_or_setup_required
def users() -> ResponseReturnValue:
    """Everybody, by name."""
    text = request.args.get("q", "").strip()
    page = load_page(get_session(), people_query(text), number=requested_page())
    return render_template("admin/users.html", page=page, text=text)


@blueprint.post("/users/<int:user_id>/<action>")
@administrator_required
@recent_login_required
def change_user(user_id: int, action: str) -> ResponseReturnValue:
    """Make somebody administrator, or take that back; keep somebody out, or let them in; end their sessions."""
    session = get_session()
    user = session.get(User, user_id)
    if user is None or action not in DONE:
        abort(404)
    try:
        _change(session, user, action)
    except LastAdministrator:
        flash("This is the last administrator. Make somebody else administrator first.", "error")
        return redirect(url_for("admin.users"), code=303)
    session.commit()
    flash(DONE[action].format(name=user.display_name), "success")
    is_own = user.id == current_user.id
    return redirect("/" if is_own and action in {"revoke", "disable"} else url_for("admin.users"), code=303)


DONE = {
    "grant": "{name} is an administrator now.",
    "revoke": "{name} is no longer an administrator.",
    "disable": "{name} is kept out: sessions have ended, and tokens no longer work.",
    "enable": "{name} can log in again.",
    "end-sessions": "All sessions of {name} have ended.",
}


def _change(session: Session, user: User, action: str) -> None:
    (actor, _), own_id = who_acts(), current_user.id
    if action == "grant":
        grant_to_user(session, user, actor=actor, actor_user_id=own_id, now=utc_now())
    elif action == "revoke" and user.is_administrator:
        revoke_administrator(session, user_id=user.id, actor=actor, actor_user_id=own_id)
    elif action == "disable":
        disable_person(session, user, actor=actor, actor_user_id=own_id, now=utc_now())
    elif action == "enable":
        enable_person(session, user, actor=actor, actor_user_id=own_id)
    elif action == "end-sessions":
        row = browser_session().row
        end_sessions(session, user, keep_id=row.id if row else None, actor=actor, actor_user_id=own_id)
