"""The pages on which somebody lets an application in: OAuth 2 and OAuth 1.0a."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from markupsafe import Markup
from werkzeug import Response

from tests.fakes.parts.browser import alert, button, paragraph

from .model import AuthorizationCode, IncomingLink, Scope
from .oauth1 import pending_token
from .state import digest
from .visits import Visit, ask_to_sign_in, too_old

AUTHORIZE = "/rest/oauth2/latest/authorize"
AUTHORIZE_1 = "/plugins/servlet/oauth/authorize"
LEVELS = (Scope.PUBLIC_REPOS, Scope.REPO_READ, Scope.REPO_WRITE, Scope.REPO_ADMIN, Scope.PROJECT_ADMIN)
SCOPES = {
    Scope.PUBLIC_REPOS: "Public repositories",
    Scope.ACCOUNT_WRITE: "Account: Write",
    Scope.REPO_READ: "Repositories: Read",
    Scope.REPO_WRITE: "Repositories: Write",
    Scope.REPO_ADMIN: "Repositories: Admin",
    Scope.PROJECT_ADMIN: "Projects: Admin",
    Scope.ADMIN_WRITE: "Admin: Write",
    Scope.SYSTEM_ADMIN: "System admin: Write",
}


class Refusal(Exception):
    """Shown on Bitbucket's own page: the browser does not come back to the application."""


class SentBack(Exception):
    """An error that the application hears of."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A checked authorization request."""

    link: IncomingLink
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None
    challenge_method: str

    @property
    def fields(self) -> dict[str, str]:
        """The request again, for the form."""
        values = {
            "client_id": self.link.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": " ".join(self.scopes),
        }
        values |= {"state": self.state} if self.state is not None else {}
        if self.challenge is None:
            return values
        return values | {"code_challenge": self.challenge, "code_challenge_method": self.challenge_method}


def implied(scopes: frozenset[str]) -> frozenset[str]:
    """Each level holds those below it."""
    ranks = {scope: rank for rank, scope in enumerate([*LEVELS, Scope.ADMIN_WRITE, Scope.SYSTEM_ADMIN])}
    highest = max((ranks[Scope(each)] for each in scopes if Scope(each) in ranks), default=0)
    return scopes | {scope for scope, rank in ranks.items() if rank <= highest}


def authorize_page(visit: Visit) -> Response:
    """GET: ask whoever is signed in."""
    if visit.user is None:
        return ask_to_sign_in(visit)
    try:
        wish = _read(visit, dict(visit.request.args.items()))
    except Refusal as refusal:
        return _refuse(visit, str(refusal))
    except SentBack as back:
        return visit.go(str(back))
    return _consent(visit, wish)


def decide(visit: Visit) -> Response:
    """POST from the page."""
    if visit.user is None or not visit.is_genuine:
        return too_old(visit)
    try:
        wish = _read(visit, dict(visit.request.form.items()))
    except (Refusal, SentBack) as refusal:
        return _refuse(visit, str(refusal))
    if visit.request.form.get("decision") != "allow":
        description = "The resource owner or authorization server denied the request"
        return visit.go(answer(wish.redirect_uri, wish.state, error="access_denied", error_description=description))
    secret = secrets.token_hex(24)
    code = AuthorizationCode(
        digest(secret),
        wish.link.client_id,
        visit.user.id,
        wish.redirect_uri,
        wish.scopes,
        wish.challenge,
        wish.challenge_method,
        visit.core.clock.now(),
    )
    visit.core.state.codes[code.digest] = code
    return visit.go(answer(wish.redirect_uri, wish.state, code=secret))


def _read(visit: Visit, sent: dict[str, str]) -> Wish:
    link = visit.core.state.links.get(sent.get("client_id", ""))
    if link is None:
        raise Refusal("The client is unknown.")
    redirect_uri, state = sent.get("redirect_uri", ""), sent.get("state")
    if redirect_uri not in link.redirect_uris:
        raise Refusal("The redirect URL is not one of those that were entered.")
    if visit.core.requires_https and urlsplit(redirect_uri).scheme != "https":
        raise Refusal("The redirect URL must be https.")
    if sent.get("response_type") != "code":
        raise _back(redirect_uri, state, "unsupported_response_type")
    scopes = tuple(sent.get("scope", "").split()) or (Scope.PUBLIC_REPOS.value,)
    if not set(scopes) <= implied(link.scopes):
        raise _back(redirect_uri, state, "invalid_scope")
    method = sent.get("code_challenge_method", "plain")
    if method not in {"plain", "S256"}:
        raise _back(redirect_uri, state, "invalid_request")
    return Wish(link, redirect_uri, scopes, state, sent.get("code_challenge"), method)


def _back(redirect_uri: str, state: str | None, error: str) -> SentBack:
    return SentBack(answer(redirect_uri, state, error=error))


def answer(redirect_uri: str, state: str | None, **values: str) -> str:
    """The callback URL with `values` and the state."""
    query = values | ({"state": state} if state is not None else {})
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(query)}"


def _refuse(visit: Visit, reason: str) -> Response:
    return visit.page("Something went wrong", alert(reason), status=400)


def _consent(visit: Visit, wish: Wish) -> Response:
    rows = Markup("").join(Markup("<li>{}</li>").format(SCOPES[Scope(key)]) for key in wish.scopes)
    parts = [Markup("<ul>{}</ul>").format(rows), visit.form(AUTHORIZE, _buttons(), wish.fields)]
    return _asking(visit, wish.link.name, wish.redirect_uri, *parts)


def _buttons() -> list[Markup]:
    return [button("Allow", "decision", "allow"), button("Deny", "decision", "deny")]


def _asking(visit: Visit, name: str, callback: str, *parts: Markup) -> Response:
    host = urlsplit(callback).netloc
    text = f"An application called {name} asks for access to your Bitbucket account. You go back to {host}."
    return visit.page(f"Allow {name} to use your account?", paragraph(text), *parts)


def authorize_page_1(visit: Visit) -> Response:
    """GET of OAuth 1.0a: ask whoever is signed in."""
    if visit.user is None:
        return ask_to_sign_in(visit)
    token = pending_token(visit.core, visit.request.args.get("oauth_token", ""))
    if token is None:
        return _refuse(visit, "The request token is unknown, used or too old.")
    form = visit.form(AUTHORIZE_1, _buttons(), {"oauth_token": token.token})
    return _asking(visit, visit.core.state.consumers[token.consumer_key].name, token.callback, form)


def decide_1(visit: Visit) -> Response:
    """POST from the page: back with a verifier, which is `denied` when nothing was allowed."""
    token = pending_token(visit.core, visit.request.form.get("oauth_token", ""))
    if visit.user is None or token is None or not visit.is_genuine:
        return too_old(visit)
    is_allowed = visit.request.form.get("decision") == "allow"
    verifier = secrets.token_urlsafe(6) if is_allowed else "denied"
    if is_allowed:
        token.user_id, token.verifier = visit.user.id, verifier
    else:
        del visit.core.state.oauth1_tokens[token.token]
    if token.callback == "oob":
        return visit.page("Access allowed", paragraph(f"Your verification code is {verifier}"))
    return visit.go(answer(token.callback, None, oauth_token=token.token, oauth_verifier=verifier))
