"""What the tests of the fake talk with: an API client and a browser without a screen."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter, Group, Project, Repo, User

CALLBACK = "http://localhost:8000/oauth/dc/callback"
AUTHORIZE = "/rest/oauth2/latest/authorize"
TOKEN = "/rest/oauth2/latest/token"
IN_LOGGING = "/projects/ACME/repos/logging"


@dataclass(frozen=True, slots=True)
class Acme:
    """A project with an administrator, a group that reads one library, and somebody else."""

    project: Project
    logging: Repo
    ann: User
    bob: User
    carla: User
    team: Group


def build_acme(fake: FakeBitbucketDataCenter) -> Acme:
    ann, bob, carla = (fake.add_user(name) for name in ("ann", "bob@birch", "carla"))
    project = fake.add_project("ACME", "Acme")
    fake.grant(project, ann, "PROJECT_ADMIN")
    logging = fake.add_repository(project, "logging")
    team = fake.add_group("Größe & Co", bob)
    fake.grant(logging, team, "REPO_READ")
    fake.commit(logging, {"composer.json": '{"name": "acme/logging"}', "src/Log.php": "<?php\n"})
    fake.tag(logging, "v1.0.0")
    return Acme(project, logging, ann, bob, carla, team)


class Client:
    """Requests below /rest/api/latest with one credential, or with none."""

    def __init__(self, fake: FakeBitbucketDataCenter, token: str | None = None, **headers: str) -> None:
        self._fake = fake
        self._headers = headers | ({} if token is None else {"Authorization": f"Bearer {token}"})

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.send("GET", path, **options)

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        base = self._fake.base_url if path.startswith(("/rest/", "/plugins/")) else self._fake.api_url
        headers = {"Accept": "application/json"} | self._headers | options.pop("headers", {})
        return requests.request(method, f"{base}{path}", headers=headers, timeout=10, allow_redirects=False, **options)

    def values(self, path: str) -> list[Any]:
        """The first page."""
        answer = self.get(path)
        answer.raise_for_status()
        rows: list[Any] = answer.json()["values"]
        return rows


def problem(answer: requests.Response) -> tuple[int, str]:
    """The status and the last part of the exception's name."""
    name = answer.json()["errors"][0]["exceptionName"] or ""
    return answer.status_code, name.rpartition(".")[2]


class Browser:
    """Fills in the forms of the pages."""

    def __init__(self, fake: FakeBitbucketDataCenter) -> None:
        self._fake = fake
        self._session = requests.Session()

    def close(self) -> None:
        self._session.close()

    def open(self, path: str, **query: str) -> requests.Response:
        url = f"{self._fake.base_url}{path}" + (f"?{urlencode(query)}" if query else "")
        return self._session.get(url, timeout=10)

    def sent_to(self, path: str, **query: str) -> str:
        """Where a page sends the browser at once; empty when it shows itself."""
        url = f"{self._fake.base_url}{path}?{urlencode(query)}"
        return self._session.get(url, timeout=10, allow_redirects=False).headers.get("Location", "")

    def submit(self, page: requests.Response, path: str, **fields: Any) -> requests.Response:
        """The first form of the page that goes to `path`, with these fields."""
        form = page.text.partition(f"action='{urlsplit(self._fake.base_url).path}{path}'")[2].partition("</form>")[0]
        hidden = dict(re.findall(r"type=hidden name='(\w+)' value='([^']*)'", form))
        values = {name: unescape(value) for name, value in hidden.items()} | fields
        url = f"{self._fake.base_url}{path}"
        return self._session.post(url, data=values, timeout=10, allow_redirects=False)

    def sign_in(self, name: str) -> requests.Response:
        return self.submit(self.open("/login"), "/login", username=name)


def parameters(answer: requests.Response) -> dict[str, str]:
    """What the browser brings back to the application."""
    found = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {key: values[0] for key, values in found.items()}
