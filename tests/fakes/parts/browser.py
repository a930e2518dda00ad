"""What the browser pages share: the session cookie, the page frame, forms with an authenticity token."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup, escape
from werkzeug import Request, Response

from .model import BrowserSession, User
from .server_core import Core

COOKIE = "_gitlab_session"
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#222}"
    "button{font:inherit;padding:.4rem .9rem;margin:.15rem .3rem .15rem 0;cursor:pointer}"
    "input[type=text],textarea{font:inherit;width:100%;box-sizing:border-box}"
    "code{background:#f1f1f1;padding:.1rem .3rem}"
    "label{display:block;margin:.5rem 0 0}.note{color:#666}"
)


@dataclass(slots=True)
class Visit:
    """One browser request: the session behind it, and whether its cookie is new."""

    core: Core
    request: Request
    key: str
    session: BrowserSession
    is_new: bool

    @property
    def user(self) -> User | None:
        user = self.core.state.users.get(self.session.user_id or 0)
        return user if user is not None and user.is_active else None

    def page(self, title: str, *parts: Markup, status: int = 200) -> Response:
        who = _signed_in(self.user)
        body = Markup("").join([who, *parts])
        html = Markup(
            "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
            "<title>{0} · GitLab</title><style>{1}</style><main><p class=note>GitLab (a fake one, for trying things "
            "out)</p><h1>{0}</h1>{2}</main></html>"
        ).format(title, Markup(STYLE), body)
        return self.keep(Response(html, status, content_type="text/html; charset=utf-8"))

    def go(self, location: str) -> Response:
        return self.keep(Response(status=302, headers={"Location": location}))

    def keep(self, response: Response) -> Response:
        if self.is_new:
            path = self.core.prefix or "/"
            is_secure = self.core.base_url.startswith("https:")
            response.set_cookie(COOKIE, self.key, path=path, secure=is_secure, httponly=True, samesite="Lax")
        return response

    def form(self, path: str, fields: Iterable[Markup], values: dict[str, str] | None = None) -> Markup:
        hidden = {"authenticity_token": self.session.authenticity_token} | (values or {})
        rows = [Markup("<input type=hidden name='{}' value='{}'>").format(*pair) for pair in hidden.items()]
        action = f"{self.core.prefix}{path}"
        return Markup("<form method=post action='{}'>{}</form>").format(action, Markup("").join([*rows, *fields]))

    @property
    def is_genuine(self) -> bool:
        """Whether a posted form came from a page of this session."""
        sent = self.request.form.get("authenticity_token", "")
        return secrets.compare_digest(sent, self.session.authenticity_token)


def visit(core: Core, request: Request) -> Visit:
    key = request.cookies.get(COOKIE, "")
    session = core.state.sessions.get(key)
    if session is not None:
        return Visit(core, request, key, session, is_new=False)
    key, session = secrets.token_hex(16), BrowserSession(secrets.token_hex(16))
    core.state.sessions[key] = session
    return Visit(core, request, key, session, is_new=True)


def button(label: str, name: str = "", value: str = "") -> Markup:
    return Markup("<button name='{}' value='{}'>{}</button>").format(name, value, label)


def paragraph(text: str) -> Markup:
    return Markup("<p>{}</p>").format(text)


def checkbox(name: str, value: str, label: str, *, is_checked: bool = False) -> Markup:
    checked = Markup(" checked") if is_checked else Markup("")
    return Markup("<label><input type=checkbox name='{}' value='{}'{}> {}</label>").format(name, value, checked, label)


def text_field(name: str, label: str) -> Markup:
    return Markup("<label for='{0}'>{1}</label><input type=text id='{0}' name='{0}'>").format(name, label)


def text_area(name: str, label: str) -> Markup:
    return Markup("<label for='{0}'>{1}</label><textarea id='{0}' name='{0}' rows=2></textarea>").format(name, label)


def code(element_id: str, label: str, value: str) -> Markup:
    return Markup("<p>{} <code id='{}'>{}</code></p>").format(label, element_id, value)


def alert(text: str) -> Markup:
    return Markup("<p role=alert>{}</p>").format(escape(text))


def _signed_in(user: User | None) -> Markup:
    if user is None:
        return Markup("")
    return Markup("<p class=note>Signed in as {} (@{})</p>").format(user.name, user.username)
