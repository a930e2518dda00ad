"""What the tests of the fake talk with: an API client, and a browser without a screen."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from tests.fakes.github import ClientCredentials, FakeGitHub, Organization, Repo, Team, User

CALLBACK = "http://localhost:8000/oauth/github/callback"


@dataclass(frozen=True, slots=True)
class Acme:
    """An organization with an owner, a member in a team, somebody from outside, and a library of the team."""

    organization: Organization
    backend: Team
    library: Repo
    ann: User  # the owner
    bob: User  # in the team, which may push
    eve: User  # no member, may triage

    @property
    def path(self) -> str:
        return f"/organizations/{self.organization.id}"

    @property
    def team(self) -> str:
        return f"{self.path}/team/{self.backend.id}"

    @property
    def repo(self) -> str:
        return f"/repositories/{self.library.id}"


def build_acme(fake: FakeGitHub) -> Acme:
    ann, bob, eve = (fake.add_user(login) for login in ("ann", "bob", "eve"))
    acme = fake.add_organization("acme", "Acme", owner=ann, base_permission="none")
    fake.add_member(acme, bob)
    backend = fake.add_team(acme, "Back end", members=[bob])
    library = fake.add_repo(acme, "logging")
    fake.add_team_repo(backend, library, "push")
    fake.add_collaborator(library, eve, "triage")
    fake.commit(library, {"composer.json": '{"name": "acme/logging"}', "src/Log.php": "<?php\n"})
    fake.tag(library, "v1.0.0")
    return Acme(acme, backend, library, ann, bob, eve)


class ApiClient:
    """Requests below the API's root with a token, or with none."""

    def __init__(self, fake: FakeGitHub, token: str | None = None) -> None:
        self._fake = fake
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    @classmethod
    def of(cls, fake: FakeGitHub, user: User, *scopes: str) -> "ApiClient":
        """With a personal token; with every scope unless some are named."""
        return cls(fake, fake.personal_token(user, scopes) if scopes else fake.personal_token(user))

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.send("GET", path, **options)

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._ask(method, f"{self._fake.api_url}{path}", **options)

    def rows(self, path: str, **params: str) -> list[Any]:
        """All rows of all pages."""
        answer = self.get(path, params=params)
        found: list[Any] = answer.json()
        while "next" in answer.links:
            answer = self._ask("GET", answer.links["next"]["url"])
            found += answer.json()
        return found

    def logins(self, path: str, **params: str) -> list[str]:
        return [each["login"] for each in self.rows(path, **params)]

    def ask(self, query: str, **variables: object) -> Any:
        """The whole answer of GraphQL."""
        answer = self._ask("POST", self._fake.graphql_url, json={"query": query, "variables": variables})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def _ask(self, method: str, url: str, **options: Any) -> requests.Response:
        headers = self._headers | options.pop("headers", {})
        return requests.request(method, url, headers=headers, timeout=10, allow_redirects=False, **options)


class Browser:
    """Fills in the forms of the pages."""

    def __init__(self, fake: FakeGitHub) -> None:
        self._fake = fake
        self._session = requests.Session()

    def close(self) -> None:
        self._session.close()

    def open(self, path: str) -> requests.Response:
        return self._session.get(f"{self._fake.base_url}{path}", timeout=10)

    def submit(self, page: requests.Response, path: str, **fields: str) -> requests.Response:
        hidden = dict(re.findall(r"type=hidden name='(\w+)' value='([^']*)'", page.text))
        data = {name: unescape(value) for name, value in hidden.items()} | fields
        return self._session.post(f"{self._fake.base_url}{path}", data=data, timeout=10, allow_redirects=False)

    def sign_in(self, login: str) -> requests.Response:
        return self.submit(self.open("/login"), "/session", login=login)

    def authorize(self, **query: str) -> requests.Response:
        return self.open(f"/login/oauth/authorize?{urlencode(query)}")

    def redirected(self, **query: str) -> dict[str, str]:
        """With what the authorize page sends a browser straight back."""
        url = f"{self._fake.base_url}/login/oauth/authorize?{urlencode(query)}"
        return parameters(self._session.get(url, timeout=10, allow_redirects=False).headers["Location"])

    def decide(self, page: requests.Response, decision: str = "1") -> dict[str, str]:
        """The parameters with which the browser comes back to the application."""
        return parameters(self.submit(page, "/login/oauth/authorize", authorize=decision).headers["Location"])


def parameters(url: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}


def wish(client: ClientCredentials, **changes: str) -> dict[str, str]:
    """The parameters of an authorize page."""
    return {"client_id": client.client_id, "redirect_uri": CALLBACK, "scope": "repo", "state": "s"} | changes


def exchange(fake: FakeGitHub, client: ClientCredentials, code: str, **changes: str) -> Any:
    """The answer of the token endpoint, which is 200 whatever happens."""
    body = {"client_id": client.client_id, "client_secret": client.secret, "code": code, "redirect_uri": CALLBACK}
    answer = requests.post(
        f"{fake.base_url}/login/oauth/access_token",
        data=body | changes,
        headers={"Accept": "application/json"},
        timeout=10,
    )
    assert answer.status_code == 200
    return answer.json()
