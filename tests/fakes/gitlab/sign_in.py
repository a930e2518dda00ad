"""Browser pages to sign in (one button per person, no password) and to sign out, and the start page."""

from markupsafe import Markup
from werkzeug import Response

from tests.fakes.parts.browser import alert, button, paragraph, text_field

from .browser import Visit
from .model import LEVEL_NAMES, Membership, User

SHOWN_USERS = 60


def start(visit: Visit) -> Response:
    if visit.user is None:
        return visit.go(f"{visit.core.base_url}/users/sign_in")
    links = [("/-/user_settings/applications", "Your applications")]
    if visit.user.is_admin:
        links.append(("/admin/applications", "Applications of the instance"))
    rows = [Markup("<p><a href='{}{}'>{}</a></p>").format(visit.core.prefix, *link) for link in links]
    return visit.page("Projects", *rows, visit.form("/users/sign_out", [button("Sign out")]))


def sign_in_page(visit: Visit, problem: str = "") -> Response:
    people = [each for each in visit.core.state.users.values() if not each.bot][:SHOWN_USERS]
    fields = [Markup("<p>{} <span class=note>{}</span></p>").format(*_row(visit, each)) for each in people]
    other = [text_field("username", "Username"), button("Sign in")]
    parts = [alert(problem)] if problem else []
    parts += [paragraph("Pick who you are. There are no passwords here."), visit.form("/users/sign_in", fields)]
    return visit.page("Sign in", *parts, visit.form("/users/sign_in", other), status=422 if problem else 200)


def _row(visit: Visit, user: User) -> tuple[Markup, str]:
    """A button to be somebody, and what that somebody is."""
    state = visit.core.state
    roles = [
        f"{LEVEL_NAMES.get(each.level, 'Member')} of {_name(visit, each)}"
        for each in state.memberships.values()
        if each.user_id == user.id
    ]
    remarks = [user.state] if not user.is_active else []
    remarks += ["Administrator"] * user.is_admin + ["External"] * user.external + roles
    return button(f"Sign in as {user.name}", "username", user.username), ", ".join(remarks)


def _name(visit: Visit, membership: Membership) -> str:
    state, source = visit.core.state, membership.source
    if source.kind == "project":
        return state.project_path(state.projects[source.id])
    return state.full_path(state.groups[source.id])


def sign_in(visit: Visit) -> Response:
    if not visit.is_genuine:
        return visit.page("The form is too old", paragraph("Go back and try again."), status=422)
    user = visit.core.state.user_by(visit.request.form.get("username", ""))
    if user is None or user.bot:
        return sign_in_page(visit, "Invalid login or password.")
    if not user.is_active:
        return sign_in_page(visit, "Your account has been blocked.")
    visit.session.user_id = user.id
    target, visit.session.return_to = visit.session.return_to or f"{visit.core.base_url}/", ""
    return visit.go(target)


def sign_out(visit: Visit) -> Response:
    if visit.is_genuine:
        visit.session.user_id = None
    return visit.go(f"{visit.core.base_url}/users/sign_in")


def ask_to_sign_in(visit: Visit) -> Response:
    """Remember where the browser wanted to go, and send it to the sign-in page."""
    visit.remember()
    return visit.go(f"{visit.core.base_url}/users/sign_in")
