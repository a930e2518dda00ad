"""What the tests of the fake talk with: an API client, a browser without a screen, and a receiver of webhooks."""

import json
import re
import threading
from dataclasses import dataclass
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from tests.fakes.gitlab import FakeGitLab, Group, Level, Project, User
from tests.fakes.gitlab.building import ClientCredentials

DATA = Path(__file__).parents[2] / "data" / "gitlab"
CALLBACK = "http://localhost:8000/oauth/gitlab/callback"


def facts(name: str) -> Any:
    """A file of published facts."""
    return json.loads((DATA / name).read_text())


@dataclass(frozen=True, slots=True)
class Acme:
    """A group with an owner and a library."""

    group: Group
    library: Project
    owner: User


def build_acme(fake: FakeGitLab) -> Acme:
    owner, group = fake.add_user("ann", "Ann Almond"), fake.add_group("acme", "Acme")
    fake.add_member(group, owner, Level.OWNER)
    library = fake.add_project(group, "logging", "Logging")
    fake.commit(library, {"composer.json": '{"name": "acme/logging"}', "src/Log.php": "<?php\n"})
    fake.tag(library, "v1.0.0")
    return Acme(group, library, owner)


class ApiClient:
    """Requests below /api/v4 with one token, or with none."""

    def __init__(self, fake: FakeGitLab, token: str | None) -> None:
        self._fake = fake
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.send("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.send("POST", path, **options)

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = self._headers | options.pop("headers", {})
        url = f"{self._fake.api_url}{path}"
        return requests.request(method, url, headers=headers, timeout=10, allow_redirects=False, **options)


class Browser:
    """Fills in the forms of the pages."""

    def __init__(self, fake: FakeGitLab) -> None:
        self._fake = fake
        self._session = requests.Session()

    def close(self) -> None:
        self._session.close()

    def open(self, path: str) -> requests.Response:
        return self._session.get(f"{self._fake.base_url}{path}", timeout=10)

    def submit(self, page: requests.Response, path: str, **fields: Any) -> requests.Response:
        hidden = dict(re.findall(r"type=hidden name='(\w+)' value='([^']*)'", page.text))
        return self.post(path, **{name: unescape(value) for name, value in hidden.items()} | fields)

    def post(self, path: str, **fields: Any) -> requests.Response:
        url = f"{self._fake.base_url}{path}"
        return self._session.post(url, data=fields, timeout=10, allow_redirects=False)

    def sign_in(self, username: str) -> requests.Response:
        return self.submit(self.open("/users/sign_in"), "/users/sign_in", username=username)

    def authorize(self, **query: str) -> requests.Response:
        return self.open(f"/oauth/authorize?{urlencode(query)}")

    def redirected(self, **query: str) -> str:
        """Where the authorize page sends a browser at once; empty when it shows a page."""
        url = f"{self._fake.base_url}/oauth/authorize?{urlencode(query)}"
        return self._session.get(url, timeout=10, allow_redirects=False).headers.get("Location", "")

    def decide(self, page: requests.Response, decision: str) -> dict[str, str]:
        """The parameters with which the browser comes back to the application."""
        answer = self.submit(page, "/oauth/authorize", decision=decision)
        return {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def authorization(client: ClientCredentials, **changes: str) -> dict[str, str]:
    query = {"client_id": client.client_id, "redirect_uri": CALLBACK, "response_type": "code", "scope": "read_user"}
    return query | changes


def exchange(fake: FakeGitLab, client: ClientCredentials, **fields: str) -> requests.Response:
    body = {"client_id": client.client_id, "client_secret": client.secret, "redirect_uri": CALLBACK} | fields
    return requests.post(f"{fake.base_url}/oauth/token", data=body, timeout=10)


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery as it came in."""

    headers: dict[str, str]
    body: bytes


class Receiver:
    """An HTTP server that remembers what is posted to it and answers `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.received: list[Received] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hooks/1"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append(Received(dict(self.headers.items()), body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Silence."""

        return Handler
