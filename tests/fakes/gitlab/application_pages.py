"""Browser pages where OAuth applications are made: of a user, a group and the instance."""

import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from markupsafe import Markup
from werkzeug import Response

from tests.fakes.parts.browser import alert, button, checkbox, code, text_area, text_field

from .browser import Visit
from .consent import SCOPES
from .model import Application, Level
from .rights import level_in
from .server_core import Core
from .sign_in import ask_to_sign_in
from .state import digest

USER_PATHS = ("/-/user_settings/applications", "/user_settings/applications", "/-/profile/applications")
ADMIN_PATH = "/admin/applications"
GROUP_ENDING = "/-/settings/applications"


def is_application_path(path: str) -> bool:
    return path in (*USER_PATHS, ADMIN_PATH) or (path.startswith("/groups/") and path.endswith(GROUP_ENDING))


def applications(visit: Visit, path: str) -> Response:
    """The list with the form (GET), or a new application (POST)."""
    if visit.user is None:
        return ask_to_sign_in(visit)
    if not _may_enter(visit, path):
        return visit.page("Page not found", status=404)
    if visit.request.method == "POST":
        return _create(visit, path)
    return _list(visit, path)


def create_application(
    core: Core,
    *,
    name: str,
    redirect_uris: Iterable[str],
    scopes: Iterable[str],
    trusted: bool = False,
    confidential: bool = True,
    owner_id: int | None = None,
    uid: str | None = None,
    secret: str | None = None,
) -> tuple[Application, str]:
    """The application and its secret, which is not kept."""
    secret = secret or f"gloas-{secrets.token_hex(32)}"
    application = Application(
        id=core.state.next_id("applications"),
        name=name,
        uid=uid or secrets.token_hex(32),
        secret_digest=digest(secret),
        redirect_uris=tuple(redirect_uris),
        scopes=frozenset(scopes),
        trusted=trusted,
        confidential=confidential,
        owner_id=owner_id,
    )
    core.state.applications[application.id] = application
    return application, secret


def _may_enter(visit: Visit, path: str) -> bool:
    assert visit.user is not None
    if path == ADMIN_PATH:
        return visit.user.is_admin
    if not path.startswith("/groups/"):
        return True
    group = visit.core.state.group_by(path.removeprefix("/groups/").removesuffix(GROUP_ENDING))
    if group is None:
        return False
    return level_in(visit.core.state, group.source, visit.user, visit.core.clock.today()) >= Level.OWNER


def _list(visit: Visit, path: str, *parts: Markup, status: int = 200) -> Response:
    rows = [
        Markup("<li><strong>{}</strong>: {}</li>").format(each.name, ", ".join(each.redirect_uris))
        for each in visit.core.state.applications.values()
    ]
    fields = [
        text_field("name", "Name"),
        text_area("redirect_uri", "Redirect URI"),
        Markup("<p class=note>Use one line per URI</p>"),
        checkbox("trusted", "1", "Trusted") if path == ADMIN_PATH else Markup(""),
        checkbox("confidential", "1", "Confidential", is_checked=True),
        Markup("<fieldset><legend>Scopes</legend>"),
        *(checkbox("scopes", key, f"{key}: {text}") for key, text in SCOPES.items()),
        Markup("</fieldset>"),
        button("Save application"),
    ]
    listing = Markup("<ul>{}</ul>").format(Markup("").join(rows))
    return visit.page("Add new application", *parts, visit.form(path, fields), listing, status=status)


def _create(visit: Visit, path: str) -> Response:
    form = visit.request.form
    uris, scopes = form.get("redirect_uri", "").split(), form.getlist("scopes")
    problem = _problem(form.get("name", "").strip(), uris, scopes) if visit.is_genuine else "The form is too old."
    if problem:
        return _list(visit, path, alert(problem), status=422)
    assert visit.user is not None
    application, secret = create_application(
        visit.core,
        name=form["name"].strip(),
        redirect_uris=uris,
        scopes=scopes,
        trusted=path == ADMIN_PATH and "trusted" in form,
        confidential="confidential" in form,
        owner_id=visit.user.id,
    )
    return visit.page(
        f"Application: {application.name}",
        code("application_id", "Application ID", application.uid),
        code("secret", "Secret", secret),
        Markup("<p>This is the only time when the secret is shown.</p>"),
        code("callback_url", "Callback URL", " ".join(application.redirect_uris)),
        code("scopes", "Scopes", " ".join(sorted(application.scopes))),
    )


def _problem(name: str, uris: list[str], scopes: list[str]) -> str:
    if not name:
        return "Name can't be blank"
    if not uris:
        return "Redirect URI can't be blank"
    if any(not _is_absolute(uri) for uri in uris):
        return "Redirect URI must be an absolute URI."
    return "" if scopes and set(scopes) <= SCOPES.keys() else "Scopes can't be blank"


def _is_absolute(uri: str) -> bool:
    parts = urlsplit(uri)
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and not parts.fragment
