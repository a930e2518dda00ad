"""Let a browser into Setup Mode with the setup code."""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from accounts.blueprint import blueprint
from accounts.setup_access import Way
from accounts.setup_guard import is_setup_mode, let_in, unlock_page
from accounts.setup_state import redeem_setup_code
from models import utc_now
from web.database import get_session
from web.hosts import socket_peer
from web.limits import check_limit


@blueprint.post("/setup/unlock")
def unlock() -> ResponseReturnValue:
    """Take the code, which works once."""
    if not is_setup_mode():
        return redirect("/", code=303)
    check_limit("unlock", limit=10, by=request.remote_addr or socket_peer())
    session = get_session()
    is_right = redeem_setup_code(session, request.form.get("code", ""), now=utc_now())
    session.commit()
    if not is_right:
        problem = "This code is not valid: it works once, within 24 hours, and a newer one replaces it."
        return unlock_page(status=403, problem=problem)
    let_in(Way.CODE)
    return redirect("/setup", code=303)
