"""The authorize page of OAuth: checks, consent, and the way back to the application."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup
from werkzeug import Response

from tests.fakes.parts.browser import alert, button, paragraph

from .browser import Visit
from .model import Application, AuthorizationCode, User
from .oauth_tokens import INVALID_CLIENT, live_tokens
from .sign_in import ask_to_sign_in
from .state import digest

SCOPES = {
    "api": "Access the authenticated user's API",
    "read_api": "Read API",
    "read_user": "Read your personal information",
    "read_repository": "Allows read-only access to the repository",
    "write_repository": "Allows read-write access to the repository",
    "openid": "Authenticate using OpenID Connect",
    "profile": "Allows read-only access to the user's personal information",
    "email": "Allows read-only access to the user's primary email address",
    "sudo": "Perform API actions as any user in the system",
    "admin_mode": "Admin Mode is a part of the API scope",
}


class Refusal(Exception):
    """Shown on GitLab's own page: the browser does not come back to the application."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A checked authorization request."""

    application: Application
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None

    @property
    def fields(self) -> dict[str, str]:
        """The request again, for the consent form."""
        values = {
            "client_id": self.application.uid,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": " ".join(self.scopes),
        }
        optional = {"state": self.state, "code_challenge": self.challenge}
        values |= {key: value for key, value in optional.items() if value is not None}
        return values | ({"code_challenge_method": "S256"} if self.challenge else {})

    def answer(self, **values: str) -> str:
        """The callback URL with `values` and the state."""
        query = values | ({"state": self.state} if self.state is not None else {})
        joint = "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{joint}{urlencode(query)}"


def authorize_page(visit: Visit) -> Response:
    """GET /oauth/authorize. A trusted application, and one that holds a token of the same scopes, asks nothing."""
    if visit.user is None:
        return ask_to_sign_in(visit)
    try:
        wish = _read(visit, dict(visit.request.args.items()))
    except Refusal as refusal:
        return _refuse(visit, str(refusal))
    if wish.application.trusted or _is_known(visit, visit.user, wish):
        return visit.go(_grant(visit, visit.user, wish))
    return _consent(visit, wish)


def decide(visit: Visit) -> Response:
    """POST /oauth/authorize from the consent form."""
    if visit.user is None or not visit.is_genuine:
        return visit.page("The form is too old", paragraph("Go back and try again."), status=422)
    try:
        wish = _read(visit, dict(visit.request.form.items()))
    except Refusal as refusal:
        return _refuse(visit, str(refusal))
    if visit.request.form.get("decision") != "authorize":
        description = "The resource owner or authorization server denied the request."
        return visit.go(wish.answer(error="access_denied", error_description=description))
    return visit.go(_grant(visit, visit.user, wish))


def _read(visit: Visit, sent: dict[str, str]) -> Wish:
    application = visit.core.state.application_by(sent.get("client_id", ""))
    if application is None:
        raise Refusal(INVALID_CLIENT)
    if sent.get("redirect_uri", "") not in application.redirect_uris:
        raise Refusal("The redirect URI included is not valid.")
    if sent.get("response_type") != "code":
        raise Refusal("The authorization server does not support this response type.")
    scopes = tuple(sent.get("scope", "").split()) or ("api",)
    if not set(scopes) <= application.scopes:
        raise Refusal("The requested scope is invalid, unknown, or malformed.")
    challenge = sent.get("code_challenge")
    if challenge is not None and sent.get("code_challenge_method") != "S256":
        raise Refusal("The code_challenge_method must be S256.")
    if challenge is None and not application.confidential:
        raise Refusal("Code challenge is required.")
    return Wish(application, sent["redirect_uri"], scopes, sent.get("state"), challenge)


def _is_known(visit: Visit, user: User, wish: Wish) -> bool:
    tokens = live_tokens(visit.core, wish.application, user.id)
    return wish.application.confidential and any(set(each.scopes) == set(wish.scopes) for each in tokens)


def _grant(visit: Visit, user: User, wish: Wish) -> str:
    secret = secrets.token_hex(32)
    now = visit.core.clock.now()
    code = AuthorizationCode(
        digest(secret), wish.application.id, user.id, wish.redirect_uri, wish.scopes, wish.challenge, now
    )
    visit.core.state.codes[code.digest] = code
    return wish.answer(code=secret)


def _refuse(visit: Visit, reason: str) -> Response:
    return visit.page("An error has occurred", alert(reason), status=401 if reason == INVALID_CLIENT else 400)


def _consent(visit: Visit, wish: Wish) -> Response:
    name = wish.application.name
    rows = Markup("").join(Markup("<li><code>{}</code> {}</li>").format(key, SCOPES[key]) for key in wish.scopes)
    host = wish.redirect_uri.partition("://")[2].partition("/")[0]
    buttons = [button(f"Authorize {name}", "decision", "authorize"), button("Deny", "decision", "deny")]
    return visit.page(
        f"Authorize {name} to use your account?",
        paragraph(f"An application called {name} is requesting access to your GitLab account. You go back to {host}."),
        Markup("<ul>{}</ul>").format(rows),
        visit.form("/oauth/authorize", buttons, wish.fields),
    )
