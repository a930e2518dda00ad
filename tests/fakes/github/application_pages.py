"""Browser pages where OAuth applications are made: of a person and of an organization."""

from urllib.parse import urlsplit

from markupsafe import Markup
from werkzeug import Response

from tests.fakes.parts.browser import alert, button, code, paragraph, text_field

from .browser import Visit
from .issuing import new_application, new_secret
from .model import OAuthApplication, Organization, User
from .rights import is_owner

FIELDS = {
    "name": "Application name",
    "url": "Homepage URL",
    "description": "Application description",
    "callback_url": "Authorization callback URL",
}
NEW, OWN_LIST = "/settings/applications/new", "/settings/developers"


def is_application_path(path: str) -> bool:
    return path == OWN_LIST or path.startswith("/settings/applications") or _organization_login(path) is not None


def _organization_login(path: str) -> str | None:
    parts = path.strip("/").split("/")
    is_ours = parts[0] == "organizations" and len(parts) > 3 and parts[2:4] == ["settings", "applications"]
    return parts[1] if is_ours else None


def answer(visit: Visit, path: str) -> Response:
    """The list, the form, a new application (POST), its page, or a new secret of it (POST)."""
    owner = _owner(visit, path)
    if owner is None:
        return visit.page("Page not found", status=404)
    base = _base(owner)
    if path == f"{base}/new":
        return _form(visit, owner)
    if path in {base, OWN_LIST}:
        return _create(visit, owner) if visit.request.method == "POST" else _list(visit, owner)
    found = _found(visit, path.removeprefix(f"{base}/").split("/")[0], owner)
    if found is None:
        return visit.page("Page not found", status=404)
    if visit.request.method == "POST" and path.endswith("/secret") and visit.is_genuine:
        return _show(visit, owner, found, new_secret(found))
    return _show(visit, owner, found)


def _base(owner: User | Organization) -> str:
    is_organization = isinstance(owner, Organization)
    return f"/organizations/{owner.login}/settings/applications" if is_organization else "/settings/applications"


def _owner(visit: Visit, path: str) -> User | Organization | None:
    """None where the visitor has no business."""
    login = _organization_login(path)
    if login is None:
        return visit.user
    home = visit.core.state.organization_by(login)
    return home if home is not None and is_owner(visit.core.state, home, visit.user) else None


def _found(visit: Visit, key: str, owner: User | Organization) -> OAuthApplication | None:
    found = visit.core.state.applications.get(int(key)) if key.isdigit() else None
    return found if found is not None and found.owner_id == owner.id else None


def _list(visit: Visit, owner: User | Organization) -> Response:
    rows = [each for each in visit.core.state.applications.values() if each.owner_id == owner.id]
    link = "<li><a href='{}{}/{}'>{}</a></li>"
    base = visit.core.prefix, _base(owner)
    items = Markup("").join(Markup(link).format(*base, each.id, each.name) for each in rows)
    new = Markup("<p><a href='{}{}/new'>New OAuth app</a></p>").format(*base)
    return visit.page("OAuth apps", new, Markup("<ul>{}</ul>").format(items))


def _form(visit: Visit, owner: User | Organization, *parts: Markup) -> Response:
    """The parameters `oauth_application[…]` of the address fill the fields."""
    sent = visit.request.form or visit.request.args
    names = {key: f"oauth_application[{key}]" for key in FIELDS}
    fields = [text_field(names[key], label, sent.get(names[key], "")) for key, label in FIELDS.items()]
    fields.append(button("Register application"))
    form = visit.form(_base(owner), fields)
    return visit.page("Register a new OAuth app", *parts, form, status=422 if parts else 200)


def _create(visit: Visit, owner: User | Organization) -> Response:
    form = {key: visit.request.form.get(f"oauth_application[{key}]", "").strip() for key in FIELDS}
    problem = _problem(form) if visit.is_genuine else "The form is too old."
    if problem:
        return _form(visit, owner, alert(problem))
    made = new_application(
        visit.core, name=form["name"], callback_url=form["callback_url"], url=form["url"], owner_id=owner.id
    )
    made.description = form["description"]
    return visit.go(f"{visit.core.base_url}{_base(owner)}/{made.id}")


def _problem(form: dict[str, str]) -> str:
    for key in ("name", "url", "callback_url"):
        if not form[key]:
            return f"{FIELDS[key]} can't be blank"
    for key in ("url", "callback_url"):
        parts = urlsplit(form[key])
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.fragment:
            return f"{FIELDS[key]} must be a valid URL"
    return ""


def _show(visit: Visit, owner: User | Organization, found: OAuthApplication, secret: str = "") -> Response:
    """A secret is shown once, when it is new."""
    own = visit.form(f"{_base(owner)}/{found.id}/secret", [button("Generate a new client secret")])
    parts = [code("client_id", "Client ID", found.client_id)]
    if secret:
        parts += [
            code("client_secret", "Client secret", secret),
            paragraph("Make sure to copy your new client secret now. You won't be able to see it again."),
        ]
    parts += [own, code("callback_url", "Authorization callback URL", found.callback_url)]
    return visit.page(found.name, *parts)
