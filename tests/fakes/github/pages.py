"""Browser pages: signing in (one button per person, no password), the start page, bare pages that links lead to."""

from collections.abc import Callable

from markupsafe import Markup
from werkzeug import Request, Response

from tests.fakes.parts.browser import alert, button, paragraph, text_field

from . import application_pages, consent
from .browser import Visit, visit
from .model import User
from .rights import reads, sees_team
from .server_core import Core

SHOWN_USERS = 60


def answer(core: Core, request: Request, path: str) -> Response:
    """Any page."""
    seen = visit(core, request)
    page = PAGES.get((request.method, path))
    if page is not None:
        return page(seen)
    if application_pages.is_application_path(path):
        return application_pages.answer(seen, path) if seen.user is not None else _ask_to_sign_in(seen)
    return _named_page(seen, path)


def _start(seen: Visit) -> Response:
    if seen.user is None:
        return seen.go(f"{seen.core.base_url}/login")
    link = Markup("<p><a href='{}/settings/developers'>OAuth apps</a></p>").format(seen.core.prefix)
    return seen.page("Dashboard", link, seen.form("/logout", [button("Sign out")]))


def _sign_in_page(seen: Visit, problem: str = "") -> Response:
    people = [each for each in seen.core.state.users.values() if not each.is_bot][:SHOWN_USERS]
    fields = [Markup("<p>{} <span class=note>{}</span></p>").format(*_row(seen, each)) for each in people]
    other = [text_field("login", "Username or email address"), button("Sign in")]
    parts = [alert(problem)] if problem else []
    parts += [paragraph("Pick who you are. There are no passwords here."), seen.form("/session", fields)]
    return seen.page("Sign in", *parts, seen.form("/session", other), status=422 if problem else 200)


def _row(seen: Visit, user: User) -> tuple[Markup, str]:
    """A button to be somebody, and what that somebody is."""
    state = seen.core.state
    names = {"admin": "Owner", "member": "Member"}
    remarks = ["Suspended"] * (not user.is_active) + ["Site administrator"] * user.is_site_admin
    for home in state.organizations.values():
        row = state.membership(home.id, user.id)
        if row is not None:
            remarks.append(f"{names[row.role]} of {home.login}")
    return button(f"Sign in as {user.name}", "login", user.login), ", ".join(remarks)


def _sign_in(seen: Visit) -> Response:
    if not seen.is_genuine:
        return seen.page("The form is too old", paragraph("Go back and try again."), status=422)
    user = seen.core.state.user_by(seen.request.form.get("login", ""))
    if user is None or user.is_bot:
        return _sign_in_page(seen, "Incorrect username or password.")
    if not user.is_active:
        return _sign_in_page(seen, "Your account has been suspended.")
    seen.session.user_id = user.id
    target, seen.session.return_to = seen.session.return_to or f"{seen.core.base_url}/", ""
    return seen.go(target)


def _sign_out(seen: Visit) -> Response:
    if seen.is_genuine:
        seen.session.user_id = None
    return seen.go(f"{seen.core.base_url}/login")


def _ask_to_sign_in(seen: Visit) -> Response:
    seen.remember()
    return seen.go(f"{seen.core.base_url}/login")


def _authorize(seen: Visit) -> Response:
    return consent.authorize_page(seen) if seen.user is not None else _ask_to_sign_in(seen)


def _named_page(seen: Visit, path: str) -> Response:
    """A bare page for people, organizations, teams and repositories that other programs link to."""
    state, parts = seen.core.state, path.strip("/").split("/")
    if parts[0] == "orgs" and len(parts) >= 4 and parts[2] == "teams":
        home = state.organization_by(parts[1])
        team = state.team_by(home.id, parts[3]) if home is not None else None
        return seen.page(team.name) if team is not None and sees_team(state, team, seen.user) else _nothing(seen)
    if parts[0] == "orgs" and len(parts) > 1:
        parts = parts[1:2]
    if len(parts) == 1:
        owner = state.organization_by(parts[0]) or state.user_by(parts[0])
        return seen.page(owner.name) if owner is not None else _nothing(seen)
    repo = state.repo_by("/".join(parts[:2]))
    is_shown = repo is not None and reads(seen.core, repo, seen.user)
    return seen.page(state.full_name(repo)) if repo is not None and is_shown else _nothing(seen)


def _nothing(seen: Visit) -> Response:
    return seen.page("Page not found", status=404)


PAGES: dict[tuple[str, str], Callable[[Visit], Response]] = {
    ("GET", "/"): _start,
    ("GET", "/login"): _sign_in_page,
    ("POST", "/session"): _sign_in,
    ("POST", "/logout"): _sign_out,
    ("GET", "/login/oauth/authorize"): _authorize,
    ("POST", "/login/oauth/authorize"): consent.decide,
}
