"""Who may see a view. Each decorator decides before the view runs; the Setup Mode guard has run before that.

    @blueprint.get("/orgs/<org>/packages")
    @organization_role_required(Role.MEMBER)      # the view gets `organization` in place of `org`; else 404
    def packages(organization: Organization) -> ...

Views that change something sensitive add `@recent_login_required` below the guard that needs the login.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import abort, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from accounts.current import CurrentUser, current_user, current_user_row
from accounts.setup_guard import is_setup_mode, setup_session
from composer.access import Role, find_role
from models import Organization, utc_now
from web.database import get_session
from web.login import is_recently_authenticated
from web.redirects import safe_next

__all__ = [
    "CurrentUser",
    "Role",
    "administrator_or_setup_required",
    "administrator_required",
    "current_role",
    "current_user",
    "current_user_row",
    "is_setup_mode",
    "login_required",
    "organization_role_required",
    "recent_login_required",
    "setup_required",
]

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


def login_required(view: View[P]) -> View[P]:
    """Only for people who are logged in; others are asked to, and come back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        return _ask_for_login() or view(*args, **kwargs)

    return guarded


def administrator_required(view: View[P]) -> View[P]:
    """Only for administrators of the instance."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        return _ask_for_administrator() or view(*args, **kwargs)

    return guarded


def administrator_or_setup_required(view: View[P]) -> View[P]:
    """For administrators, and in Setup Mode for the browser that was let in."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if setup_session() is not None:
            return view(*args, **kwargs)
        return _ask_for_administrator() or view(*args, **kwargs)

    return guarded


def setup_required(view: View[P]) -> View[P]:
    """Only in Setup Mode: there is no such page once it has ended."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if setup_session() is None:
            abort(404)
        return view(*args, **kwargs)

    return guarded


def recent_login_required(view: View[P]) -> View[P]:
    """Only within 15 minutes of the last login: others confirm at their code host who they are. Not in Setup Mode."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if setup_session() is not None or is_recently_authenticated():
            return view(*args, **kwargs)
        if request.method != "GET":
            flash("Your login is older than 15 minutes. Confirm that it is you, then repeat the last step.", "info")
        return redirect(url_for("accounts.confirm_login", next=_way_back()), code=303)

    return guarded


def organization_role_required(role: Role) -> Callable[[Callable[..., ResponseReturnValue]], View[...]]:
    """Only for people with this role (or a higher one) in the organization that the address names as `org`.

    An organization that does not exist and one that the person is not in answer alike: 404.
    """

    def decorate(view: Callable[..., ResponseReturnValue]) -> View[...]:
        @wraps(view)
        def guarded(*args: object, org: str, **kwargs: object) -> ResponseReturnValue:
            asked = _ask_for_login()
            if asked is not None:
                return asked
            organization = _organization_or_404(org)
            if current_role() < role:
                abort(403)
            return view(*args, organization=organization, **kwargs)

        return guarded

    return decorate


def current_role() -> Role:
    """The role of the person in the organization of this request, after `organization_role_required`."""
    role: Role = g.role
    return role


def _organization_or_404(short_name: str) -> Organization:
    session = get_session()
    organization = session.scalar(select(Organization).where(Organization.short_name == short_name))
    if organization is None:
        abort(404)
    role = find_role(session, user_id=current_user.id, organization_id=organization.id, today=utc_now().date())
    if role is None:
        abort(404)
    g.role, g.organization = role, organization
    return organization


def _ask_for_administrator() -> ResponseReturnValue | None:
    asked = _ask_for_login()
    if asked is None and not current_user.is_administrator:
        abort(403, "This page is for administrators of this installation.")
    return asked


def _ask_for_login() -> ResponseReturnValue | None:
    """None when somebody is logged in; else where to go first."""
    if is_setup_mode():
        return redirect("/setup", code=303)
    if current_user.is_authenticated:
        return None
    if request.method not in {"GET", "HEAD"}:
        abort(401)
    return redirect(url_for("accounts.login", next=_way_back()), code=303)


def _way_back() -> str:
    """This page, or the one that a form was on."""
    return safe_next(request.full_path.rstrip("?") if request.method == "GET" else request.path)
