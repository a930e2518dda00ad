"""GitHub Apps: their JWTs, installations and tokens, and their own webhook."""

import base64
import json
import time

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.fakes.github import AppCredentials, FakeGitHub
from tests.unit.fakes.clients import Receiver
from tests.unit.fakes.github.clients import Acme, ApiClient


def encoded(part: dict[str, object] | bytes) -> bytes:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def jwt(made: AppCredentials, *, alg: str = "RS256", **changes: object) -> str:
    now = int(time.time())
    claims: dict[str, object] = {"iss": str(made.app.id), "iat": now - 60, "exp": now + 300}
    text = encoded({"alg": alg, "typ": "JWT"}) + b"." + encoded(claims | changes)
    key = load_pem_private_key(made.private_key.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    return (text + b"." + encoded(key.sign(text, PKCS1v15(), SHA256()))).decode()


@pytest.fixture
def made(github: FakeGitHub, acme: Acme) -> AppCredentials:
    return github.add_app(acme.organization)


@pytest.fixture
def app(github: FakeGitHub, made: AppCredentials) -> ApiClient:
    return ApiClient(github, jwt(made))


def token(app: ApiClient, number: int, **body: object) -> requests.Response:
    return app.send("POST", f"/app/installations/{number}/access_tokens", json=body)


def test_an_app_shows_itself_by_its_jwt(github: FakeGitHub, app: ApiClient, made: AppCredentials) -> None:
    assert app.get("/app").json()["client_id"] == made.app.client_id
    assert ApiClient(github, jwt(made, iss=made.app.client_id)).get("/app").status_code == 200
    assert app.get("/user").status_code == 403


@pytest.mark.parametrize(
    "changes",
    [{"iss": "99"}, {"exp": 1}, {"exp": int(time.time()) + 9999}, {"iat": int(time.time()) + 999}, {"alg": "none"}],
)
def test_a_wrong_jwt_is_refused(github: FakeGitHub, made: AppCredentials, changes: dict[str, str]) -> None:
    assert ApiClient(github, jwt(made, **changes)).get("/app").status_code == 401


def test_a_jwt_of_another_key_is_refused(github: FakeGitHub, acme: Acme, made: AppCredentials) -> None:
    other = github.add_app(acme.organization, "Other")
    forged = jwt(other, iss=str(made.app.id))

    assert ApiClient(github, forged).get("/app").status_code == 401
    assert ApiClient(github, "eyJ.x.y").get("/app").status_code == 401


def test_installations_are_found(github: FakeGitHub, acme: Acme, app: ApiClient, made: AppCredentials) -> None:
    assert app.get("/orgs/acme/installation").status_code == 404
    installed = github.install_app(made.app, acme.organization)

    assert app.get("/orgs/acme/installation").json()["id"] == installed.id
    assert [each["target_id"] for each in app.get("/app/installations").json()] == [acme.organization.id]
    assert app.get(f"/app/installations/{installed.id}").json()["permissions"]["members"] == "read"
    assert app.get("/app/installations/99").status_code == 404


def test_an_installations_token_reads_for_an_hour(
    github: FakeGitHub, acme: Acme, app: ApiClient, made: AppCredentials
) -> None:
    installed = github.install_app(made.app, acme.organization)

    answer = token(app, installed.id)
    api = ApiClient(github, answer.json()["token"])

    assert (answer.status_code, answer.json()["repository_selection"]) == (201, "all")
    assert [each["id"] for each in api.get("/installation/repositories").json()["repositories"]] == [acme.library.id]
    assert api.logins("/orgs/acme/members") == ["ann", "bob"]
    assert api.get(f"{acme.repo}/contents/composer.json").status_code == 200
    assert api.logins(f"{acme.repo}/collaborators") == ["ann", "bob", "eve"]
    assert [each["slug"] for each in api.rows("/orgs/acme/teams")] == ["back-end"]
    assert [each["id"] for each in api.rows(f"{acme.team}/repos")] == [acme.library.id]
    assert api.get("/user").status_code == 403
    assert api.get("/orgs/acme/hooks").status_code == 403
    query = '{ organization(login: "acme") { teams(first: 9) { nodes { members(first: 9) { totalCount } } } } }'
    assert api.ask(query)["data"]["organization"]["teams"]["nodes"] == [{"members": {"totalCount": 1}}]
    github.clock.advance(minutes=61)
    assert api.get("/installation/repositories").status_code == 401


def test_tokens_can_be_narrower(github: FakeGitHub, acme: Acme, app: ApiClient, made: AppCredentials) -> None:
    other = github.add_repo(acme.organization, "other")
    installed = github.install_app(made.app, acme.organization)

    narrow = token(app, installed.id, repository_ids=[other.id], permissions={"metadata": "read"})
    api = ApiClient(github, narrow.json()["token"])

    assert [each["name"] for each in narrow.json()["repositories"]] == ["other"]
    assert api.get(acme.repo).status_code == 404
    assert api.get("/repos/acme/other").status_code == 200
    assert api.get("/repos/acme/other/contents/x").status_code == 403
    assert api.logins("/orgs/acme/public_members") == []
    assert token(app, installed.id, permissions={"contents": "write"}).status_code == 422
    assert token(app, installed.id, permissions={"secrets": "read"}).status_code == 422
    assert token(app, installed.id, repositories=["none"]).status_code == 422


def test_some_repositories_can_be_chosen(github: FakeGitHub, acme: Acme, app: ApiClient, made: AppCredentials) -> None:
    github.add_repo(acme.organization, "other")
    installed = github.install_app(made.app, acme.organization, [acme.library])

    api = ApiClient(github, token(app, installed.id).json()["token"])

    body = api.get("/installation/repositories").json()
    assert (body["total_count"], body["repository_selection"]) == (1, "selected")
    assert [each["name"] for each in api.rows("/orgs/acme/repos")] == ["logging"]


def test_suspended_and_removed_installations_have_no_token(
    github: FakeGitHub, acme: Acme, app: ApiClient, made: AppCredentials
) -> None:
    installed = github.install_app(made.app, acme.organization)
    api = ApiClient(github, token(app, installed.id).json()["token"])

    github.suspend_installation(installed)
    assert api.get("/installation/repositories").status_code == 403
    assert token(app, installed.id).status_code == 403

    github.uninstall_app(installed)
    assert api.get("/installation/repositories").status_code == 401
    assert token(app, installed.id).status_code == 404


def test_the_base_permission_needs_a_permission(github: FakeGitHub, acme: Acme) -> None:
    found = []
    for level in ({}, {"organization_administration": "read"}):
        made = github.add_app(acme.organization, f"App {len(level)}", permissions={"metadata": "read"} | level)
        installed = github.install_app(made.app, acme.organization)
        api = ApiClient(github, token(ApiClient(github, jwt(made)), installed.id).json()["token"])
        found.append(api.get("/orgs/acme").json().get("default_repository_permission"))

    assert found == [None, "none"]


def test_an_app_has_its_own_webhook(github: FakeGitHub, acme: Acme, receiver: Receiver) -> None:
    made = github.add_app(acme.organization, events=["push"])
    app = ApiClient(github, jwt(made))
    github.install_app(made.app, acme.organization)
    config = {"url": receiver.url, "content_type": "json", "secret": "geheim"}

    assert app.send("PATCH", "/app/hook/config", json=config).json()["secret"] == "********"
    github.commit(acme.library, {"x": "y"})
    github.tag(acme.library, "v2")
    github.wait_for_deliveries()

    assert [each.headers["X-GitHub-Event"] for each in receiver.received] == ["push", "push"]
    got = json.loads(receiver.received[0].body)
    assert got["installation"]["id"] == 1
    assert receiver.received[0].headers["X-GitHub-Hook-Installation-Target-Type"] == "integration"
    [_, first] = app.get("/app/hook/deliveries").json()
    assert app.get(f"/app/hook/deliveries/{first['id']}").json()["request"]["payload"] == got
    assert app.send("POST", f"/app/hook/deliveries/{first['id']}/attempts").status_code == 202
    assert app.get("/app/hook/config").json()["url"] == receiver.url


def test_installing_is_told_to_the_app(github: FakeGitHub, acme: Acme, receiver: Receiver) -> None:
    made = github.add_app(acme.organization, webhook_url=receiver.url, webhook_secret="geheim")

    github.uninstall_app(github.install_app(made.app, acme.organization))

    events = [(each.event, each.payload["action"]) for each in github.wait_for_deliveries()]
    assert events == [("installation", "created"), ("installation", "deleted")]
    assert all("X-Hub-Signature-256" in each.headers for each in receiver.received)
