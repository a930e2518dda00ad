"""A person with a browser: our pages through Flask's test client, the fake GitLab's pages over HTTP."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import web
from accounts.guards import (
    administrator_or_setup_required,
    administrator_required,
    current_user,
    login_required,
    organization_role_required,
    recent_login_required,
    setup_required,
)
from accounts.setup_guard import SetupSwitch
from accounts.views import blueprint
from composer.access import Role
from models import Integration, LoginPolicy, Organization, Runtime
from models.start import prepare_instance
from tests.fakes.gitlab import FakeGitLab

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
HOST_FORM = re.compile(r"<form[^>]*action=['\"]([^'\"]+)['\"][^>]*>(.*?)</form>", re.DOTALL)
HOST_FIELD = re.compile(r"<input[^>]*type=['\"]?hidden['\"]?[^>]*>")
ATTRIBUTE = re.compile(r"(name|value)=['\"]([^'\"]*)['\"]")
HOST_BUTTON = re.compile(r"<button name=['\"]([^'\"]*)['\"] value=['\"]([^'\"]*)['\"]>([^<]*)</button>")
DENIALS = frozenset({"Deny", "Cancel"})


def make_app(runtime: Runtime) -> Flask:
    """The accounts pages, with a few guarded ones around them."""
    prepare_instance(runtime)
    app = Flask("repertory", root_path=__file__.partition("/tests/")[0], static_folder=None)
    app.testing = True
    web.init_app(app, runtime)
    app.register_blueprint(blueprint)
    _add_pages(app)
    return app


def restart(app: Flask, runtime: Runtime) -> Flask:
    """The same installation in a new process."""
    del app
    return make_app(runtime)


def setup_switch(app: Flask) -> SetupSwitch:
    """What the process remembers about Setup Mode."""
    switch: SetupSwitch = app.extensions["repertory_setup"]
    return switch


def add_integration(runtime: Runtime, gitlab: FakeGitLab, slug: str = "gitlab", **changes: object) -> None:
    """An integration with a real application at the fake host."""
    uri = f"{runtime.settings.base_url}/oauth/{slug}/callback"
    client = gitlab.application(redirect_uri=uri)
    with runtime.database.write() as session:
        integration = Integration(
            slug=slug,
            name=f"GitLab {slug}",
            platform="gitlab_self_managed",
            base_url=gitlab.base_url,
            login_policy=LoginPolicy.EVERYONE,
            client_id=client.client_id,
        )
        for name, value in changes.items():
            setattr(integration, name, value)
        integration.seal_client_secret(runtime.secret_box, client.secret)
        session.add(integration)


@dataclass
class Person:
    """One browser. `host_login` is who it signs in as at the code host."""

    app: Flask
    base_url: str
    host_login: str = "ann"
    decision: str = "authorize"
    client: FlaskClient = field(init=False)
    host: requests.Session = field(init=False)
    _token: tuple[str, str] = ("", "")  # the session it belongs to, and itself

    def __post_init__(self) -> None:
        self.client = self.app.test_client()
        self.host = requests.Session()
        self.host.trust_env = False

    def get(self, path: str, **options: object) -> TestResponse:
        """Open one of our pages."""
        answer = self.client.get(path, base_url=self.base_url, **options)
        found = CSRF.search(answer.get_data(as_text=True)) if answer.mimetype == "text/html" else None
        if found:
            self._token = self._session_cookie(), html.unescape(found[1])
        return answer

    def post(self, path: str, data: dict[str, str] | None = None, **options: object) -> TestResponse:
        """Send a form of ours, with the token of this browser."""
        form = {"csrf_token": self.csrf_token(), **(data or {})}
        return self.client.post(path, base_url=self.base_url, data=form, **options)

    def csrf_token(self) -> str:
        """A token as the theme form on every page carries it; a new one after the browser got another session."""
        for path in ("/page", "/login/-/link", "/setup"):
            if self._has_token():
                break
            self.get(path)
        assert self._has_token(), "no form with a token on any page"
        return self._token[1]

    def start(self, slug: str = "gitlab", purpose: str = "login", next_path: str = "") -> TestResponse:
        """Press a button that leads to the code host."""
        return self.post(f"/login/{slug}", {"purpose": purpose, "next": next_path})

    def host_url(self, response: TestResponse) -> str:
        """Where the page that leaves for the host leads."""
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.headers["Refresh"].partition("url=")[2]

    def walk_at_host(self, url: str) -> str:
        """Sign in and decide at the host. The callback URL to which it sends the browser."""
        answer = self.host.get(url, allow_redirects=False)
        for _ in range(6):
            if answer.is_redirect:
                location = answer.headers["Location"]
                if location.startswith(self.base_url):
                    return location
                answer = self.host.get(location, allow_redirects=False)
            else:
                answer = self._submit_host_form(answer)
        raise AssertionError(f"the host does not send the browser back: {answer.status_code} {answer.text[:400]}")

    def travel(self, slug: str = "gitlab", purpose: str = "login", next_path: str = "") -> str:
        """Start, and do everything at the host; the callback URL is not opened yet."""
        return self.walk_at_host(self.host_url(self.start(slug, purpose, next_path)))

    def come_back(self, callback: str) -> TestResponse:
        """Open a callback URL."""
        parts = urlsplit(callback)
        return self.get(f"{parts.path}?{parts.query}")

    def log_in(self, slug: str = "gitlab", purpose: str = "login", next_path: str = "") -> TestResponse:
        """The whole round trip."""
        return self.come_back(self.travel(slug, purpose, next_path))

    def who(self) -> str:
        """Who the application says is logged in."""
        return self.get("/who").get_data(as_text=True)

    def _has_token(self) -> bool:
        return bool(self._token[1]) and self._token[0] == self._session_cookie()

    def _session_cookie(self) -> str:
        host = urlsplit(self.base_url).hostname or ""
        cookies = (self.client.get_cookie(name, host) for name in ("rpt", "__Host-rpt"))
        return "".join(cookie.value for cookie in cookies if cookie)

    def _submit_host_form(self, answer: requests.Response) -> requests.Response:
        """Press the one button on a page of the host that signs in as this person, or decides as they do."""
        for action, body in HOST_FORM.findall(answer.text):
            for name, value, label in HOST_BUTTON.findall(body):
                if self._presses(html.unescape(label)):
                    root = f"{urlsplit(answer.url).scheme}://{urlsplit(answer.url).netloc}"
                    url = action if action.startswith("http") else root + action
                    fields = {**dict(_hidden_fields(body)), name: html.unescape(value)}
                    return self.host.post(url, data=fields, allow_redirects=False)
        raise AssertionError(f"no form at the host for {self.host_login}: {answer.text[:600]}")

    def _presses(self, label: str) -> bool:
        if label.startswith("Sign in as"):
            return label.casefold() == f"sign in as {self.host_login}".casefold()
        if label.startswith(("Authorize", "Allow", "Grant")):
            return self.decision == "authorize"
        return label in DENIALS and self.decision != "authorize"


def _hidden_fields(body: str) -> Iterator[tuple[str, str]]:
    for tag in HOST_FIELD.findall(body):
        attributes = dict(ATTRIBUTE.findall(tag))
        yield attributes["name"], html.unescape(attributes.get("value", ""))


@contextmanager
def quiet_errors(app: Flask) -> Iterator[None]:
    """Let the application answer for its own crashes, as it does outside of tests."""
    app.testing, app.config["PROPAGATE_EXCEPTIONS"] = False, False
    yield
    app.testing, app.config["PROPAGATE_EXCEPTIONS"] = True, None


def _add_pages(app: Flask) -> None:
    @app.get("/page")
    def page_with_form() -> str:
        return _render()

    @app.get("/")
    def home() -> str:
        return "home"

    @app.get("/setup")
    @setup_required
    def setup() -> str:
        return _render()

    @app.get("/who")
    def who() -> str:
        return current_user.login if current_user.is_authenticated else "nobody"

    @app.get("/private")
    @login_required
    def private() -> str:
        return "private"

    @app.get("/admin")
    @administrator_required
    def admin() -> str:
        return "admin"

    @app.route("/admin/integrations/new", methods=["GET", "POST"])
    @administrator_or_setup_required
    @recent_login_required
    def new_integration() -> str:
        return "new integration"

    @app.get("/orgs/<org>")
    @organization_role_required(Role.MEMBER)
    def overview(organization: Organization) -> str:
        return organization.name

    @app.get("/orgs/<org>/settings")
    @organization_role_required(Role.ADMIN)
    def organization_settings(organization: Organization) -> str:
        return organization.name


def _render() -> str:
    return render_template_string("{% extends 'base.html' %}{% block title %}Page{% endblock %}")
