"""Browser pages to sign in (one button per person, no password) and to sign out, and the start page."""

from dataclasses import dataclass

from markupsafe import Markup
from werkzeug import Request, Response

from tests.fakes.parts.browser import BaseVisit, alert, button, find_session, paragraph, text_field

from .core import Core
from .model import EVERYWHERE, Place, User
from .rights import global_rank, is_licensed, principals, rank_of

SHOWN_USERS = 60


@dataclass(slots=True)
class Visit(BaseVisit[Core]):
    """One browser request."""

    brand = "Bitbucket"
    cookie = "BITBUCKETSESSIONID"

    @property
    def user(self) -> User | None:
        user = self.core.state.users.get(self.session.user_id or 0)
        return user if user is not None and is_licensed(self.core.state, user) else None

    @property
    def signed_in(self) -> str:
        return "" if self.user is None else f"{self.user.display_name} ({self.user.name})"

    @property
    def is_admin(self) -> bool:
        return self.user is not None and global_rank(self.core.state, self.user) >= rank_of("ADMIN")


def visit(core: Core, request: Request) -> Visit:
    return Visit(core, request, *find_session(core.state.sessions, request, Visit.cookie))


def start(visit: Visit) -> Response:
    if visit.user is None:
        return visit.go(f"{visit.core.base_url}/login")
    links = [("/plugins/servlet/access-tokens/add", "HTTP access tokens")]
    if visit.is_admin:
        links.append(("/plugins/servlet/applinks/listApplicationLinks", "Application links"))
    rows = [Markup("<p><a href='{}{}'>{}</a></p>").format(visit.core.prefix, *link) for link in links]
    return visit.page("Your work", *rows, visit.form("/logout", [button("Log out")]))


def sign_in_page(visit: Visit, problem: str = "") -> Response:
    people = [each for each in visit.core.state.users.values() if each.type == "NORMAL"][:SHOWN_USERS]
    fields = [Markup("<p>{} <span class=note>{}</span></p>").format(*_row(visit, each)) for each in people]
    other = [text_field("username", "Username"), button("Log in")]
    parts = [alert(problem)] if problem else []
    parts += [paragraph("Pick who you are. There are no passwords here."), visit.form("/login", fields)]
    return visit.page("Log in", *parts, visit.form("/login", other), status=422 if problem else 200)


def _row(visit: Visit, user: User) -> tuple[Markup, str]:
    """A button to be somebody, and what that somebody is."""
    state = visit.core.state
    who = principals(state, user)
    rights = [
        f"{granted[each]}{_where(visit, place)}"
        for place, granted in state.grants.items()
        for each in who
        if each in granted and granted[each] != "LICENSED_USER"
    ]
    remarks = [] if user.active else ["deactivated"]
    remarks += [] if is_licensed(state, user) or not user.active else ["no licence"]
    return button(f"Sign in as {user.display_name}", "username", user.name), ", ".join([*remarks, *rights])


def _where(visit: Visit, place: Place) -> str:
    state = visit.core.state
    if place == EVERYWHERE:
        return ""
    if place.kind == "project":
        return f" in {state.projects[place.id].key}"
    repository = state.repos[place.id]
    return f" in {state.project_of(repository).key}/{repository.slug}"


def sign_in(visit: Visit) -> Response:
    """Through the page somebody with too many failures gets in again."""
    if not visit.is_genuine:
        return too_old(visit)
    user = visit.core.state.user_by(visit.request.form.get("username", ""))
    if user is None or user.type == "SERVICE" or not user.active:
        return sign_in_page(visit, "Invalid username or password.")
    if not is_licensed(visit.core.state, user):
        return sign_in_page(visit, "You are not currently licensed to use Bitbucket.")
    visit.session.user_id, user.failed_logins = user.id, 0
    target, visit.session.return_to = visit.session.return_to or f"{visit.core.base_url}/", ""
    return visit.go(target)


def sign_out(visit: Visit) -> Response:
    if visit.is_genuine:
        visit.session.user_id = None
    return visit.go(f"{visit.core.base_url}/login")


def ask_to_sign_in(visit: Visit) -> Response:
    """Remember where the browser wanted to go, and send it to the page to log in."""
    visit.remember()
    return visit.go(f"{visit.core.base_url}/login")


def too_old(visit: Visit) -> Response:
    return visit.page("XSRF check failed", paragraph("Go back and try again."), status=403)
