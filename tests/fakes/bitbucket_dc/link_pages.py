"""Browser pages where an administrator makes application links, and where anybody makes an HTTP access token."""

import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from markupsafe import Markup
from werkzeug import Response

from tests.fakes.parts.browser import alert, button, checkbox, code, paragraph, text_area, text_field

from .api_tokens import ALL_PERMISSIONS, make_token
from .consent import SCOPES
from .core import Core
from .model import Consumer, IncomingLink, Scope
from .state import digest
from .visits import Visit, ask_to_sign_in, too_old

LINKS = "/plugins/servlet/applinks/listApplicationLinks"
LINKS_1 = "/plugins/servlet/applinks/incomingAuthentication"
TOKENS = "/plugins/servlet/access-tokens/add"


def create_link(
    core: Core,
    *,
    name: str,
    redirect_uris: Iterable[str],
    scopes: Iterable[str],
    client_id: str | None = None,
    secret: str | None = None,
) -> tuple[IncomingLink, str]:
    """The incoming link and its secret, which is not kept."""
    shown = secret or secrets.token_hex(32)
    uid, number = client_id or secrets.token_hex(16), core.state.next_id("links")
    link = IncomingLink(number, name, uid, digest(shown), tuple(redirect_uris), frozenset(scopes))
    core.state.links[uid] = link
    return link, shown


def links_page(visit: Visit, problem: str = "") -> Response:
    """GET: the links with the forms for new ones. Administrators only."""
    if visit.user is None:
        return ask_to_sign_in(visit)
    if not visit.is_admin:
        return visit.page("You are not permitted to access this resource", status=401)
    state = visit.core.state
    rows = [each.name for each in state.links.values()] + [each.name for each in state.consumers.values()]
    listing = Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(each) for each in rows))
    forms = [_form_1(visit)]
    if visit.core.has_oauth2:
        forms.insert(0, _form_2(visit))
    parts = [alert(problem)] if problem else []
    return visit.page("Application links", *parts, *forms, listing, status=422 if problem else 200)


def _form_2(visit: Visit) -> Markup:
    fields = [
        Markup("<h2>External application, incoming</h2>"),
        text_field("name", "Name"),
        text_field("redirect_url", "Redirect URL"),
        Markup("<p class=note>Several are separated by commas</p><fieldset><legend>Application permissions</legend>"),
        *(checkbox("scopes", key, text) for key, text in SCOPES.items() if key != Scope.PUBLIC_REPOS),
        Markup("</fieldset>"),
        button("Save"),
    ]
    return visit.form(LINKS, fields)


def _form_1(visit: Visit) -> Markup:
    fields = [
        Markup("<h2>Atlassian product (OAuth 1): incoming authentication</h2>"),
        text_field("consumer_key", "Consumer key"),
        text_field("consumer_name", "Consumer name"),
        text_area("public_key", "Public key"),
        text_field("consumer_callback", "Consumer callback URL"),
        checkbox("impersonate", "1", "Allow 2-legged OAuth with impersonation"),
        button("Save incoming authentication"),
    ]
    return visit.form(LINKS_1, fields)


def save_link(visit: Visit) -> Response:
    """POST: shows the client's id and secret."""
    if not visit.is_admin or not visit.is_genuine or not visit.core.has_oauth2:
        return too_old(visit)
    form = visit.request.form
    uris = [each.strip() for each in form.get("redirect_url", "").split(",") if each.strip()]
    scopes = form.getlist("scopes")
    problem = _problem(visit.core, form.get("name", "").strip(), uris, scopes)
    if problem:
        return links_page(visit, problem)
    link, secret = create_link(visit.core, name=form["name"].strip(), redirect_uris=uris, scopes=scopes)
    return visit.page(
        f"Credentials: {link.name}",
        code("client_id", "Client ID", link.client_id),
        code("client_secret", "Client secret", secret),
        code("redirect_url", "Redirect URL", ", ".join(link.redirect_uris)),
        code("scopes", "Permissions", " ".join(sorted(link.scopes))),
    )


def _problem(core: Core, name: str, uris: list[str], scopes: list[str]) -> str:
    if not name:
        return "A name is required."
    allowed = {"https"} if core.requires_https else {"http", "https"}
    if not uris or any(urlsplit(uri).scheme not in allowed or not urlsplit(uri).netloc for uri in uris):
        return "The redirect URL is not valid."
    return "" if set(scopes) <= set(Scope) else "Unknown permission."


def save_consumer(visit: Visit) -> Response:
    """POST: the consumer's key and public key."""
    if not visit.is_admin or not visit.is_genuine:
        return too_old(visit)
    form = visit.request.form
    key, name = form.get("consumer_key", "").strip(), form.get("consumer_name", "").strip()
    public_key = form.get("public_key", "").strip()
    if not key or not name or key in visit.core.state.consumers:
        return links_page(visit, "A consumer key of its own and a name are required.")
    if not _is_public_key(public_key):
        return links_page(visit, "The public key is not valid.")
    consumer = Consumer(key, name, public_key, form.get("consumer_callback", "").strip(), "impersonate" in form)
    visit.core.state.consumers[key] = consumer
    return visit.page("Incoming authentication", code("consumer_key", "Consumer key", key), paragraph("Saved."))


def _is_public_key(text: str) -> bool:
    try:
        return isinstance(load_pem_public_key(text.encode()), RSAPublicKey)
    except ValueError:
        return False


def tokens_page(visit: Visit, problem: str = "") -> Response:
    """GET: the form for a new HTTP access token."""
    if visit.user is None:
        return ask_to_sign_in(visit)
    fields = [
        text_field("name", "Token name"),
        Markup("<fieldset><legend>Permissions</legend>"),
        *(checkbox("permissions", key, key) for key in ALL_PERMISSIONS),
        Markup("</fieldset>"),
        button("Create"),
    ]
    parts = [alert(problem)] if problem else []
    return visit.page("Create HTTP access token", *parts, visit.form(TOKENS, fields), status=422 if problem else 200)


def save_token(visit: Visit) -> Response:
    """POST: shows the token, this once."""
    if visit.user is None or not visit.is_genuine:
        return too_old(visit)
    form = visit.request.form
    name = form.get("name", "").strip()
    if not name:
        return tokens_page(visit, "A name is required.")
    try:
        _, secret = make_token(visit.core, name, frozenset(form.getlist("permissions")), user=visit.user)
    except ValueError as problem:
        return tokens_page(visit, str(problem))
    return visit.page("New HTTP access token", code("token", "Token", secret))
