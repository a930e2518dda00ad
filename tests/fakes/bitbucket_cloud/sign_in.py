"""Browser pages to sign in (one button per person, no password) and to sign out, and the start page."""

from markupsafe import Markup
from werkzeug import Response

from tests.fakes.parts.browser import alert, button, paragraph, text_field

from .browser import Visit
from .model import Account

SHOWN_PEOPLE = 60
PATH = "/account/signin/"


def start(visit: Visit) -> Response:
    """The workspaces of whoever is signed in, with the pages of their OAuth consumers."""
    state, who = visit.core.state, visit.account
    if who is None:
        return ask_to_sign_in(visit)
    homes = [each for each in state.workspaces.values() if state.role_in(each.uuid, who.uuid)]
    row = "<p><a href='{0}/{1}/workspace/settings/oauth-consumers'>OAuth consumers of {2}</a></p>"
    rows = [Markup(row).format(visit.core.prefix, each.slug, each.name) for each in homes]
    return visit.page("Your work", *rows, visit.form("/account/signout/", [button("Log out")]))


def sign_in_page(visit: Visit, problem: str = "") -> Response:
    people = list(visit.core.state.accounts.values())[:SHOWN_PEOPLE]
    fields = [Markup("<p>{} <span class=note>{}</span></p>").format(*_row(visit, each)) for each in people]
    other = [text_field("person", "Email or nickname"), button("Continue")]
    parts = [alert(problem)] if problem else []
    parts += [paragraph("Pick who you are. There are no passwords here."), visit.form(PATH, fields)]
    return visit.page("Log in to continue", *parts, visit.form(PATH, other), status=400 if problem else 200)


def _row(visit: Visit, each: Account) -> tuple[Markup, str]:
    """A button to be somebody, and what that somebody is."""
    state = visit.core.state
    remarks = [str(each.account_status)] if not each.is_active else []
    for home in state.workspaces.values():
        role = state.role_in(home.uuid, each.uuid)
        remarks += [f"{role} of {home.name}"] if role else []
    return button(f"Sign in as {each.display_name}", "person", each.uuid), ", ".join(remarks)


def sign_in(visit: Visit) -> Response:
    if not visit.is_genuine:
        return visit.page("The form is too old", paragraph("Go back and try again."), status=403)
    wanted = visit.request.form.get("person", "")
    found = visit.core.state.account_by(wanted) or _by_nickname(visit, wanted)
    if found is None:
        return sign_in_page(visit, "Incorrect email address and / or password.")
    if not found.is_active:
        return sign_in_page(visit, "Your account has been deactivated.")
    visit.session.user_id = found.number
    target, visit.session.return_to = visit.session.return_to or f"{visit.core.base_url}/", ""
    return visit.go(target)


def _by_nickname(visit: Visit, nickname: str) -> Account | None:
    """Only when nobody else calls himself so."""
    rows = [each for each in visit.core.state.accounts.values() if each.nickname == nickname]
    return rows[0] if len(rows) == 1 else None


def sign_out(visit: Visit) -> Response:
    if visit.is_genuine:
        visit.session.user_id = None
    return visit.go(f"{visit.core.base_url}{PATH}")


def ask_to_sign_in(visit: Visit) -> Response:
    """Remember where the browser wanted to go, and send it to the sign-in page."""
    visit.remember()
    return visit.go(f"{visit.core.base_url}{PATH}")
