"""Git over HTTP: which credentials open which repository."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.unit.fakes.bitbucket_dc.clients import CALLBACK, IN_LOGGING, Acme, Client
from tests.unit.fakes.git_client import git


def url(fake: FakeBitbucketDataCenter, name: str = "", secret: str = "", path: str = "acme/logging") -> str:
    login = f"{quote(name, safe='')}:{quote(secret, safe='')}@" if name else ""
    return fake.base_url.replace("://", f"://{login}") + f"/scm/{path}.git"


def opens(folder: Path, address: str, *options: str) -> bool:
    return git(folder, *options, "ls-remote", address).returncode == 0


def test_names_and_secrets_open_code(fake: FakeBitbucketDataCenter, acme: Acme, tmp_path: Path) -> None:
    token, link = fake.personal_token(acme.bob, ["REPO_READ"]), fake.application(redirect_uri=CALLBACK)
    oauth = str(fake.oauth_token(acme.bob, link.client_id, ["REPO_READ"])["access_token"])

    assert opens(tmp_path, url(fake, "bob@birch", acme.bob.password))
    assert opens(tmp_path, url(fake, "bob@birch", token))
    assert opens(tmp_path, url(fake, "x-token-auth", oauth))
    assert not opens(tmp_path, url(fake, "ann", token))
    assert not opens(tmp_path, url(fake, "bob@birch", "wrong"))
    assert not opens(tmp_path, url(fake))


def test_a_header_opens_code(fake: FakeBitbucketDataCenter, acme: Acme, tmp_path: Path) -> None:
    good, bad = (f"http.extraHeader=Authorization: Bearer {each}" for each in (fake.personal_token(acme.bob), "x"))

    assert opens(tmp_path, url(fake), "-c", good)
    assert not opens(tmp_path, url(fake), "-c", bad)


def test_tokens_of_places_have_no_name(fake: FakeBitbucketDataCenter, acme: Acme, tmp_path: Path) -> None:
    fake.add_repository(acme.project, "other")
    of_project, of_repository = fake.project_token(acme.project), fake.repository_token(acme.logging, ["REPO_READ"])

    assert opens(tmp_path, url(fake, "x-token-auth", of_project))
    assert opens(tmp_path, url(fake, "x-token-auth", of_repository))
    assert not opens(tmp_path, url(fake, "ann", of_project))
    assert not opens(tmp_path, url(fake, "x-token-auth", of_repository, "acme/other"))


def test_scopes_and_licences_count(fake: FakeBitbucketDataCenter, acme: Acme, tmp_path: Path) -> None:
    link = fake.application(redirect_uri=CALLBACK)
    narrow = str(fake.oauth_token(acme.bob, link.client_id, ["PUBLIC_REPOS"])["access_token"])
    token = fake.personal_token(acme.bob)
    assert not opens(tmp_path, url(fake, "x-token-auth", narrow))

    fake.set_licensed(acme.bob, False)

    assert not opens(tmp_path, url(fake, "bob@birch", token))


def test_hidden_and_missing_look_the_same(fake: FakeBitbucketDataCenter, acme: Acme, tmp_path: Path) -> None:
    token = fake.personal_token(acme.carla)

    said = [
        git(tmp_path, "ls-remote", url(fake, "carla", token, path)).stderr for path in ("acme/logging", "acme/none")
    ]

    assert all("Repository not found" in each for each in said)


def test_public_code_is_for_anybody(fake: FakeBitbucketDataCenter, acme: Acme, tmp_path: Path) -> None:
    fake.update_repository(acme.logging, public=True)

    assert opens(tmp_path, url(fake))
    fake.core.falls_back_to_anonymous = True
    assert opens(tmp_path, url(fake), "-c", "http.extraHeader=Authorization: Bearer x")


def test_a_push_tells_the_hooks_who_pushed(fake: FakeBitbucketDataCenter, acme: Acme, tmp_path: Path) -> None:
    fake.grant(acme.logging, acme.bob, "REPO_WRITE")
    token = fake.personal_token(acme.bob)
    hook = {"name": "x", "url": "http://127.0.0.1:1/", "events": ["repo:refs_changed"]}
    Client(fake, fake.personal_token(acme.ann)).send("POST", f"{IN_LOGGING}/webhooks", json=hook)
    address = url(fake, "bob@birch", token)
    assert git(tmp_path, "clone", "-q", address, "here").returncode == 0
    here = tmp_path / "here"
    (here / "NEWS").write_text("1\n")
    git(here, "add", "NEWS")
    git(here, "commit", "-q", "-m", "News")

    pushed = git(here, "push", "-q", "origin", "HEAD:main")

    assert pushed.returncode == 0, pushed.stderr
    body: Any = fake.wait_for_deliveries()[0].payload
    assert body["actor"]["name"] == "bob@birch"
    assert body["changes"][0]["toHash"] == fake.repository(acme.logging).resolve("main")


@pytest.mark.parametrize("reason", ["right", "archive"])
def test_who_may_not_write_does_not_push(
    fake: FakeBitbucketDataCenter, acme: Acme, tmp_path: Path, reason: str
) -> None:
    who = acme.bob if reason == "right" else acme.ann
    fake.update_repository(acme.logging, archived=reason == "archive")
    address = url(fake, who.name, fake.personal_token(who))
    assert git(tmp_path, "clone", "-q", address, "here").returncode == 0

    pushed = git(tmp_path / "here", "push", "-q", "origin", "HEAD:refs/heads/new")

    assert pushed.returncode != 0
    assert "refs/heads/new" not in fake.repository(acme.logging).refs


def test_an_old_address_redirects(fake: FakeBitbucketDataCenter, acme: Acme, tmp_path: Path) -> None:
    token = fake.personal_token(acme.bob)
    fake.rename_repository(acme.logging, "logs")

    assert opens(tmp_path, url(fake, "bob@birch", token))
    assert opens(tmp_path, url(fake, "bob@birch", token, "ACME/logs"))


def test_code_that_is_not_there_yet_is_unavailable(fake: FakeBitbucketDataCenter, acme: Acme, tmp_path: Path) -> None:
    fake.update_repository(acme.logging, state="INITIALISING")

    assert not opens(tmp_path, url(fake, "bob@birch", fake.personal_token(acme.bob)))


def test_code_counts_among_the_requests(fake: FakeBitbucketDataCenter, acme: Acme, tmp_path: Path) -> None:
    token = fake.personal_token(acme.bob)
    fake.limit_rate(1, fill_rate=0.001)

    first, second = (opens(tmp_path, url(fake), "-c", f"http.extraHeader=Authorization: Bearer {token}") for _ in "ab")

    assert not first  # two requests make one answer
    assert not second
