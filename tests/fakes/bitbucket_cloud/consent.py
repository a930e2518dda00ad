"""The authorize page of OAuth: checks, consent, and the way back to the application."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup
from werkzeug import Response

from tests.fakes.parts.browser import alert, button, paragraph

from .browser import Visit
from .model import Account, AuthorizationCode, Consumer
from .scopes import OAUTH
from .sign_in import ask_to_sign_in
from .state import digest

PATH = "/site/oauth2/authorize"


class Refusal(Exception):
    """Shown on Bitbucket's own page: the browser does not come back to the application."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A checked authorization request. Scopes are not its business."""

    consumer: Consumer
    redirect_uri: str | None
    state: str | None

    @property
    def fields(self) -> dict[str, str]:
        """The request again, for the consent form."""
        optional = {"redirect_uri": self.redirect_uri, "state": self.state}
        given = {key: value for key, value in optional.items() if value is not None}
        return {"client_id": self.consumer.key, "response_type": "code"} | given

    def answer(self, **values: str) -> str:
        """The callback URL with `values` and the state."""
        query = values | ({"state": self.state} if self.state is not None else {})
        target = self.redirect_uri or self.consumer.callback_url
        return f"{target}{'&' if '?' in target else '?'}{urlencode(query)}"


def authorize_page(visit: Visit) -> Response:
    """GET: asks once for each person and consumer."""
    if visit.account is None:
        return ask_to_sign_in(visit)
    try:
        wish = _read(visit, dict(visit.request.args.items()))
    except Refusal as refusal:
        return _refuse(visit, str(refusal))
    if _is_granted(visit, visit.account, wish):
        return visit.go(_grant(visit, visit.account, wish))
    return _consent(visit, wish)


def decide(visit: Visit) -> Response:
    """POST from the consent form."""
    if visit.account is None or not visit.is_genuine:
        return visit.page("The form is too old", paragraph("Go back and try again."), status=403)
    try:
        wish = _read(visit, dict(visit.request.form.items()))
    except Refusal as refusal:
        return _refuse(visit, str(refusal))
    if visit.request.form.get("decision") != "approve":
        return visit.go(wish.answer(error="access_denied", error_description="The user did not grant access."))
    return visit.go(_grant(visit, visit.account, wish))


def _read(visit: Visit, sent: dict[str, str]) -> Wish:
    consumer = visit.core.state.consumers.get(sent.get("client_id", ""))
    if consumer is None:
        raise Refusal("Invalid client_id")
    if sent.get("response_type") != "code":
        raise Refusal("Invalid response_type")
    redirect_uri = sent.get("redirect_uri")
    if redirect_uri is not None and not redirect_uri.startswith(consumer.callback_url):
        raise Refusal("Invalid redirect_uri: it must begin with the callback URL of the consumer")
    return Wish(consumer, redirect_uri, sent.get("state"))


def _is_granted(visit: Visit, who: Account, wish: Wish) -> bool:
    rows = visit.core.state.refresh_tokens.values()
    return any((each.consumer, each.account) == (wish.consumer.key, who.uuid) and not each.is_revoked for each in rows)


def _grant(visit: Visit, who: Account, wish: Wish) -> str:
    secret, now = secrets.token_urlsafe(18), visit.core.clock.now()
    code = AuthorizationCode(digest(secret), wish.consumer.key, who.uuid, wish.redirect_uri, now)
    visit.core.state.codes[code.digest] = code
    return wish.answer(code=secret)


def _refuse(visit: Visit, reason: str) -> Response:
    return visit.page("Invalid request", alert(reason), status=400)


def _consent(visit: Visit, wish: Wish) -> Response:
    name = wish.consumer.name
    rows = Markup("").join(Markup("<li>{}</li>").format(OAUTH[key]) for key in wish.consumer.scopes)
    target = wish.redirect_uri or wish.consumer.callback_url
    host = target.partition("://")[2].partition("/")[0]
    buttons = [button("Grant access", "decision", "approve"), button("Cancel", "decision", "deny")]
    return visit.page(
        f"Confirm access to your account: {name}",
        paragraph(f"{name} is requesting access to the following. You go back to {host}."),
        Markup("<ul>{}</ul>").format(rows),
        visit.form(PATH, buttons, wish.fields),
    )
