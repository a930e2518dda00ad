"""What the tests of the fake talk with: an API client, and a browser without a screen."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import requests

from tests.fakes.bitbucket_cloud import Account, FakeBitbucketCloud, Project, Repo, Workspace

CALLBACK = "http://localhost:8000/oauth/bitbucket/callback"


@dataclass(frozen=True, slots=True)
class Acme:
    """A workspace with an owner and a library."""

    workspace: Workspace
    project: Project
    library: Repo
    owner: Account

    @property
    def path(self) -> str:
        """Of the workspace, by uuid."""
        return f"/workspaces/{quote(self.workspace.uuid)}"

    @property
    def repository(self) -> str:
        """The path of the library, by uuid."""
        return f"/repositories/{quote(self.workspace.uuid)}/{quote(self.library.uuid)}"


def build_acme(fake: FakeBitbucketCloud) -> Acme:
    owner, workspace = fake.add_user("ann", "Ann Almond"), fake.add_workspace("acme", "Acme")
    fake.add_member(workspace, owner, "owner")
    project = fake.add_project(workspace, "BACK", "Backend")
    library = fake.add_repository(project, "logging", "Logging")
    fake.commit(library, {"composer.json": '{"name": "acme/logging"}', "src/Log.php": "<?php\n"})
    fake.tag(library, "v1.0.0")
    return Acme(workspace, project, library, owner)


class ApiClient:
    """Requests below the API's root with an e-mail address and an API token, with another token, or with none."""

    def __init__(self, fake: FakeBitbucketCloud, token: str | None = None, *, email: str | None = None) -> None:
        self._fake = fake
        self._basic = (email, token) if email is not None and token is not None else None
        self._headers = {} if token is None or email is not None else {"Authorization": f"Bearer {token}"}

    @classmethod
    def of(cls, fake: FakeBitbucketCloud, who: Account) -> "ApiClient":
        """With an API token that has every scope."""
        return cls(fake, fake.personal_token(who), email=who.primary_email)

    @classmethod
    def through(cls, fake: FakeBitbucketCloud, who: Account, *scopes: str) -> "ApiClient":
        """With an OAuth token of a consumer with these scopes."""
        consumer = fake.application(redirect_uri=CALLBACK, scopes=scopes)
        return cls(fake, str(fake.oauth_token(who, consumer.client_id)["access_token"]))

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.send("GET", path, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.send("POST", path, **options)

    def groups(self, path: str) -> requests.Response:
        """Of the 1.0 API."""
        return self._ask("GET", f"{self._fake.base_url}/!api/1.0/groups/{path}")

    def values(self, path: str, **params: str) -> Any:
        """All rows of all pages."""
        answer = self.get(path, params=params).json()
        rows = answer["values"]
        while "next" in answer:
            answer = self._ask("GET", answer["next"]).json()
            rows += answer["values"]
        return rows

    def follow(self, url: str) -> requests.Response:
        return self._ask("GET", url)

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._ask(method, f"{self._fake.api_url}{path}", **options)

    def _ask(self, method: str, url: str, **options: Any) -> requests.Response:
        headers = self._headers | options.pop("headers", {})
        options = {"timeout": 10, "allow_redirects": False, "auth": self._basic} | options
        return requests.request(method, url, headers=headers, **options)


class Browser:
    """Fills in the forms of the pages."""

    def __init__(self, fake: FakeBitbucketCloud) -> None:
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

    def sign_in(self, person: str) -> requests.Response:
        return self.submit(self.open("/account/signin/"), "/account/signin/", person=person)

    def authorize(self, **query: str) -> requests.Response:
        return self.open(f"/site/oauth2/authorize?{urlencode(query)}")

    def redirected(self, **query: str) -> str:
        """Where the authorize page sends a browser at once; empty when it shows a page."""
        url = f"{self._fake.base_url}/site/oauth2/authorize?{urlencode(query)}"
        return self._session.get(url, timeout=10, allow_redirects=False).headers.get("Location", "")

    def decide(self, page: requests.Response, decision: str) -> dict[str, str]:
        """The parameters with which the browser comes back to the application."""
        answer = self.submit(page, "/site/oauth2/authorize", decision=decision)
        return parameters(answer.headers["Location"])


def parameters(url: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
