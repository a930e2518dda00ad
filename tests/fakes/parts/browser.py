"""What the browser pages share: the page frame, the session's cookie, forms with an authenticity token."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from markupsafe import Markup, escape
from werkzeug import Request, Response

from .core import BaseCore

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem;color:#222}"
    "button{font:inherit;padding:.4rem .9rem;margin:.15rem .3rem .15rem 0;cursor:pointer}"
    "input[type=text],textarea{font:inherit;width:100%;box-sizing:border-box}"
    "code{background:#f1f1f1;padding:.1rem .3rem}"
    "label{display:block;margin:.5rem 0 0}.note{color:#666}"
)


@dataclass(slots=True)
class BrowserSession:
    """Who is signed in in one browser, and where to go after signing in."""

    authenticity_token: str = field(repr=False)
    user_id: int | None = None
    return_to: str = ""


CoreT = TypeVar("CoreT", bound=BaseCore[Any])


@dataclass(slots=True)
class BaseVisit(Generic[CoreT]):
    """One browser request: the session behind it, and whether its cookie is new."""

    brand: ClassVar[str] = ""
    cookie: ClassVar[str] = ""

    core: CoreT
    request: Request
    key: str
    session: BrowserSession
    is_new: bool

    @property
    def signed_in(self) -> str:
        """The name and the handle of who is signed in; empty when nobody is."""
        return ""

    def page(self, title: str, *parts: Markup, status: int = 200) -> Response:
        who = Markup("<p class=note>Signed in as {}</p>").format(self.signed_in) if self.signed_in else Markup("")
        body = Markup("").join([who, *parts])
        html = Markup(
            "<!DOCTYPE html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
            "<title>{0} · {3}</title><style>{1}</style><main><p class=note>{3} (a fake one, for trying things "
            "out)</p><h1>{0}</h1>{2}</main></html>"
        ).format(title, Markup(STYLE), body, self.brand)
        return self.keep(Response(html, status, content_type="text/html; charset=utf-8"))

    def go(self, location: str) -> Response:
        return self.keep(Response(status=302, headers={"Location": location}))

    def keep(self, response: Response) -> Response:
        if self.is_new:
            path = self.core.prefix or "/"
            is_secure = self.core.base_url.startswith("https:")
            response.set_cookie(self.cookie, self.key, path=path, secure=is_secure, httponly=True, samesite="Lax")
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

    def remember(self) -> None:
        """Where the browser wanted to go before it was asked to sign in."""
        query = self.request.query_string.decode()
        path = self.request.path.removeprefix(self.core.prefix)
        self.session.return_to = f"{self.core.base_url}{path}" + (f"?{query}" if query else "")


def find_session(
    sessions: dict[str, BrowserSession], request: Request, cookie: str
) -> tuple[str, BrowserSession, bool]:
    """The session of a browser's cookie, or a new one: key, session, whether it is new."""
    key = request.cookies.get(cookie, "")
    session = sessions.get(key)
    if session is not None:
        return key, session, False
    key, session = secrets.token_hex(16), BrowserSession(secrets.token_hex(16))
    sessions[key] = session
    return key, session, True


def button(label: str, name: str = "", value: str = "") -> Markup:
    return Markup("<button name='{}' value='{}'>{}</button>").format(name, value, label)


def paragraph(text: str) -> Markup:
    return Markup("<p>{}</p>").format(text)


def checkbox(name: str, value: str, label: str, *, is_checked: bool = False) -> Markup:
    checked = Markup(" checked") if is_checked else Markup("")
    return Markup("<label><input type=checkbox name='{}' value='{}'{}> {}</label>").format(name, value, checked, label)


def text_field(name: str, label: str, value: str = "") -> Markup:
    row = "<label for='{0}'>{1}</label><input type=text id='{0}' name='{0}' value='{2}'>"
    return Markup(row).format(name, label, value)


def text_area(name: str, label: str) -> Markup:
    return Markup("<label for='{0}'>{1}</label><textarea id='{0}' name='{0}' rows=2></textarea>").format(name, label)


def code(element_id: str, label: str, value: str) -> Markup:
    return Markup("<p>{} <code id='{}'>{}</code></p>").format(label, element_id, value)


def alert(text: str) -> Markup:
    return Markup("<p role=alert>{}</p>").format(escape(text))
