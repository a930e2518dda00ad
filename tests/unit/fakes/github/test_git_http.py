"""git itself clones, fetches and pushes."""

from pathlib import Path

import pytest
import requests

from tests.fakes.github import FakeGitHub
from tests.unit.fakes.git_client import git
from tests.unit.fakes.github.clients import Acme, ApiClient
from tests.unit.fakes.github.test_apps import jwt, token


def url(fake: FakeGitHub, secret: str | None, username: str = "x-access-token", path: str = "acme/logging") -> str:
    address = f"{fake.base_url}/{path}.git"
    return address if secret is None else address.replace("://", f"://{username}:{secret}@", 1)


@pytest.mark.parametrize("username", ["x-access-token", "anything"])
def test_a_token_clones(github: FakeGitHub, acme: Acme, tmp_path: Path, username: str) -> None:
    address = url(github, github.personal_token(acme.eve, ["repo"]), username)

    assert git(tmp_path, "clone", address, "here").returncode == 0
    assert (tmp_path / "here" / "composer.json").exists()


def test_the_token_may_stand_in_front(github: FakeGitHub, acme: Acme, tmp_path: Path) -> None:
    address = url(github, "x-oauth-basic", github.personal_token(acme.eve, ["repo"]))

    assert git(tmp_path, "ls-remote", address).returncode == 0


def test_without_the_scope_or_the_right_nothing_is_there(github: FakeGitHub, acme: Acme, tmp_path: Path) -> None:
    stranger = github.personal_token(github.add_user("zoe"))
    narrow = github.personal_token(acme.ann, ["read:org"])

    for secret in (stranger, narrow):
        assert "not found" in git(tmp_path, "ls-remote", url(github, secret)).stderr
    assert git(tmp_path, "ls-remote", url(github, "ghp_wrong")).returncode != 0
    assert git(tmp_path, "ls-remote", url(github, None)).returncode != 0


def test_public_code_is_for_everybody(github: FakeGitHub, acme: Acme, tmp_path: Path) -> None:
    github.update_repo(acme.library, visibility="public")

    assert git(tmp_path, "ls-remote", url(github, None)).returncode == 0


def test_pushing_needs_the_role_and_tells_hooks(
    github: FakeGitHub, acme: Acme, owner: ApiClient, tmp_path: Path
) -> None:
    config = {"url": "http://127.0.0.1:9/", "content_type": "json"}
    owner.send("POST", f"{acme.repo}/hooks", json={"config": config, "events": ["push"]})
    git(tmp_path, "clone", url(github, github.personal_token(acme.bob, ["repo"])), "here")
    here = tmp_path / "here"
    git(here, "commit", "--allow-empty", "-m", "More")

    refused = git(here, "push", url(github, github.personal_token(acme.eve, ["repo"])), "HEAD")
    assert git(here, "push", "origin", "HEAD").returncode == 0

    assert "Write access to repository not granted" in refused.stderr
    push = github.wait_for_deliveries()[-1].payload
    assert (push["ref"], push["pusher"]) == ("refs/heads/main", {"name": "bob", "email": "bob@example.com"})


def test_archived_and_disabled_repositories(github: FakeGitHub, acme: Acme, tmp_path: Path) -> None:
    address = url(github, github.personal_token(acme.bob, ["repo"]))
    git(tmp_path, "clone", address, "here")
    github.update_repo(acme.library, archived=True)
    assert "archived" in git(tmp_path / "here", "push", "origin", "HEAD:x").stderr

    github.update_repo(acme.library, disabled=True)

    assert "disabled" in git(tmp_path, "ls-remote", address).stderr


def test_a_former_name_leads_on(github: FakeGitHub, acme: Acme, tmp_path: Path) -> None:
    github.rename_repo(acme.library, "logs")

    assert git(tmp_path, "ls-remote", url(github, github.personal_token(acme.ann))).returncode == 0


def test_an_installation_clones(github: FakeGitHub, acme: Acme, tmp_path: Path) -> None:
    made = github.add_app(acme.organization)
    installed = github.install_app(made.app, acme.organization)
    app = ApiClient(github, jwt(made))
    secret = token(app, installed.id).json()["token"]
    blind = token(app, installed.id, permissions={"metadata": "read"}).json()["token"]

    assert git(tmp_path, "ls-remote", url(github, secret)).returncode == 0
    assert git(tmp_path, "ls-remote", url(github, blind)).returncode != 0


def test_suspended_people_and_saml_are_refused(github: FakeGitHub, acme: Acme, tmp_path: Path) -> None:
    secret = github.personal_token(acme.bob)
    github.enforce_saml(acme.organization)
    assert "SAML" in git(tmp_path, "ls-remote", url(github, secret)).stderr

    github.suspend(acme.bob)

    assert "suspended" in git(tmp_path, "ls-remote", url(github, secret)).stderr


def test_the_dumb_protocol_is_refused(github: FakeGitHub, acme: Acme) -> None:
    assert requests.get(f"{github.base_url}/acme/logging.git/info/refs", timeout=10).status_code == 403
