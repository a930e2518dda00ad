"""The authorize page of OAuth: checks, consent, and the way back to the application."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup
from werkzeug import Response

from tests.fakes.parts.browser import button, paragraph

from .browser import Visit
from .issuing import live_tokens
from .model import AuthorizationCode, OAuthApplication, User
from .oauth_tokens import REFUSALS, may_return_to
from .scopes import DESCRIPTIONS, expanded, normalized
from .state import digest

FIELDS = ("client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
DENIED = "The user has denied your application access."


@dataclass(frozen=True, slots=True)
class Wish:
    """A checked authorization request. `redirect_uri` is None when none was named."""

    application: OAuthApplication
    redirect_uri: str | None
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None

    def answer(self, **values: str) -> str:
        """The callback address with `values` and the state."""
        query = values | ({"state": self.state} if self.state is not None else {})
        target = self.redirect_uri or self.application.callback_url
        return f"{target}{'&' if '?' in target else '?'}{urlencode(query)}"


def authorize_page(visit: Visit) -> Response:
    """GET: who authorized these scopes before goes straight back."""
    return _proceed(visit, dict(visit.request.args.items()), is_decided=False)


def decide(visit: Visit) -> Response:
    """POST from the consent page."""
    if visit.user is None or not visit.is_genuine:
        return visit.page("The form is too old", paragraph("Go back and try again."), status=422)
    return _proceed(visit, dict(visit.request.form.items()), is_decided=True)


def _proceed(visit: Visit, sent: dict[str, str], *, is_decided: bool) -> Response:
    assert visit.user is not None
    application = visit.core.state.application_by(sent.get("client_id", ""))
    if application is None:
        return visit.page("Page not found", status=404)
    wish = _read(visit, visit.user, application, sent)
    if wish.redirect_uri is not None and not may_return_to(application, wish.redirect_uri):
        back = Wish(application, None, (), wish.state, None)
        return visit.go(_refusal(back, "redirect_uri_mismatch", REFUSALS["redirect_uri_mismatch"]))
    if wish.challenge is not None and sent.get("code_challenge_method") != "S256":
        return visit.go(_refusal(wish, "invalid_request", "The code_challenge_method must be S256."))
    if is_decided and sent.get("authorize") != "1":
        return visit.go(_refusal(wish, "access_denied", DENIED))
    if is_decided or _is_known(visit, visit.user, wish):
        return visit.go(_grant(visit, visit.user, wish))
    return _consent(visit, wish, sent)


def _refusal(wish: Wish, error: str, description: str) -> str:
    return wish.answer(error=error, error_description=description)


def _read(visit: Visit, user: User, application: OAuthApplication, sent: dict[str, str]) -> Wish:
    """Without scopes it is about all that were ever granted."""
    asked = sent.get("scope", "").replace(",", " ").split()
    if not asked:
        asked = [scope for each in live_tokens(visit.core, application, user.id) for scope in each.scopes]
    scopes = normalized(asked, is_server=visit.core.is_server)
    challenge = sent.get("code_challenge") if visit.core.checks_pkce else None
    return Wish(application, sent.get("redirect_uri") or None, scopes, sent.get("state"), challenge)


def _is_known(visit: Visit, user: User, wish: Wish) -> bool:
    tokens = live_tokens(visit.core, wish.application, user.id)
    granted = expanded(scope for each in tokens for scope in each.scopes)
    return bool(tokens) and set(wish.scopes) <= granted


def _grant(visit: Visit, user: User, wish: Wish) -> str:
    secret = secrets.token_hex(10)
    code = AuthorizationCode(
        digest(secret),
        wish.application.id,
        user.id,
        wish.redirect_uri,
        wish.scopes,
        wish.challenge,
        visit.core.clock.now(),
    )
    visit.core.state.codes[code.digest] = code
    return wish.answer(code=secret)


def _consent(visit: Visit, wish: Wish, sent: dict[str, str]) -> Response:
    name = wish.application.name
    rows = [
        Markup("<li><code>{}</code> {}</li>").format(scope, DESCRIPTIONS.get(scope, "Site administration"))
        for scope in wish.scopes
    ]
    target = wish.redirect_uri or wish.application.callback_url
    owner = visit.core.state.organizations.get(wish.application.owner_id)
    by = f" by {owner.login}" if owner is not None else ""
    buttons = [button("Cancel", "authorize", "0"), button(f"Authorize {name}", "authorize", "1")]
    return visit.page(
        f"Authorize {name}",
        paragraph(f"{name}{by} wants to access your account. Authorizing will redirect to {target.partition('?')[0]}."),
        Markup("<ul>{}</ul>").format(Markup("").join(rows)),
        visit.form("/login/oauth/authorize", buttons, {key: sent[key] for key in FIELDS if key in sent}),
    )
