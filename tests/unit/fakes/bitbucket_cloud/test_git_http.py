"""Real git clients clone, fetch and push, and are let in by Bitbucket's rules."""

from pathlib import Path

import pytest
import requests

from tests.fakes.bitbucket_cloud import Account, FakeBitbucketCloud
from tests.unit.fakes.bitbucket_cloud.clients import CALLBACK, Acme, ApiClient
from tests.unit.fakes.clients import Receiver
from tests.unit.fakes.git_client import git

API_TOKEN, ACCESS_TOKEN = "x-bitbucket-api-token-auth", "x-token-auth"


def url(cloud: FakeBitbucketCloud, user: str, token: str, path: str = "acme/logging") -> str:
    return f"http://{user}:{token}@127.0.0.1:{cloud.port}/{path}.git"


def test_a_clone_has_the_history(cloud: FakeBitbucketCloud, acme: Acme, tmp_path: Path) -> None:
    cloud.tag(acme.library, "v1.1.0", message="Annotated")
    token = cloud.personal_token(acme.owner)

    done = git(tmp_path, "clone", "-q", url(cloud, API_TOKEN, token), "copy")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "copy" / "src" / "Log.php").read_text() == "<?php\n"
    assert git(tmp_path / "copy", "tag").stdout.split() == ["v1.0.0", "v1.1.0"]


def status(cloud: FakeBitbucketCloud, user: str, password: str, service: str = "git-upload-pack") -> int:
    target = f"{cloud.base_url}/acme/logging.git/info/refs?service={service}"
    return requests.get(target, auth=(user, password) if user else None, timeout=10).status_code


def test_every_kind_of_token_has_its_user_name(cloud: FakeBitbucketCloud, acme: Acme, bob: Account) -> None:
    bob.username = "bob_birch"
    cloud.grant(acme.library, bob, "read")
    consumer = cloud.application(redirect_uri=CALLBACK)
    api, oauth = cloud.personal_token(bob), str(cloud.oauth_token(bob, consumer.client_id)["access_token"])
    access = cloud.access_token(acme.library)

    assert [status(cloud, name, api) for name in (API_TOKEN, "bob_birch", ACCESS_TOKEN, "bob")] == [200, 200, 401, 401]
    assert [status(cloud, name, oauth) for name in (ACCESS_TOKEN, API_TOKEN)] == [200, 401]
    assert [status(cloud, name, access) for name in (ACCESS_TOKEN, "git")] == [200, 401]


def test_strangers_and_nobody_get_nothing(cloud: FakeBitbucketCloud, acme: Acme, bob: Account) -> None:
    assert status(cloud, "", "") == 401
    assert status(cloud, API_TOKEN, cloud.personal_token(bob)) == 404
    assert status(cloud, API_TOKEN, cloud.personal_token(acme.owner, ["read:user:bitbucket"])) == 403
    assert status(cloud, ACCESS_TOKEN, cloud.access_token(cloud.add_repository(acme.project, "other"))) == 404
    token = cloud.personal_token(acme.owner)
    cloud.revoke_token(token)
    assert status(cloud, API_TOKEN, token) == 401
    assert status(cloud, API_TOKEN, cloud.personal_token(acme.owner), service="none") == 403


def test_app_passwords_are_gone(cloud: FakeBitbucketCloud, acme: Acme, tmp_path: Path) -> None:
    done = git(tmp_path, "ls-remote", url(cloud, "ann", cloud.app_password()))

    assert "App passwords are deprecated" in done.stderr
    assert status(cloud, "ann", cloud.app_password()) == 410


def test_public_code_is_for_everybody(cloud: FakeBitbucketCloud, acme: Acme) -> None:
    assert status(cloud, "", "") == 401

    cloud.update_repository(acme.library, is_private=False)

    assert status(cloud, "", "") == 200
    assert status(cloud, "", "", service="git-receive-pack") == 401


@pytest.mark.parametrize("grant", ["read", "write"])
def test_only_writers_push_and_the_hooks_hear_of_it(
    cloud: FakeBitbucketCloud,
    acme: Acme,
    bob: Account,
    owner: ApiClient,
    receiver: Receiver,
    tmp_path: Path,
    grant: str,
) -> None:
    cloud.grant(acme.library, bob, grant)
    body = {"description": "", "url": receiver.url, "events": ["repo:push"]}
    assert owner.post(f"{acme.path}/hooks", json=body).status_code == 201
    consumer = cloud.application(redirect_uri=CALLBACK, scopes=["repository:write"])
    token = str(cloud.oauth_token(bob, consumer.client_id)["access_token"])
    git(tmp_path, "clone", "-q", url(cloud, ACCESS_TOKEN, token), "copy")
    git(tmp_path / "copy", "commit", "-q", "--allow-empty", "-m", "Pushed")

    pushed = git(tmp_path / "copy", "push", "-q", "origin", "main", "main:refs/tags/v9.0.0").returncode == 0

    assert pushed == (grant == "write")
    [*records] = cloud.wait_for_deliveries()
    assert len(records) == (1 if pushed else 0)
    if pushed:
        names = [each["new"]["name"] for each in records[0].payload["push"]["changes"]]  # type: ignore[index]
        assert sorted(names) == ["main", "v9.0.0"]
        assert records[0].payload["actor"]["uuid"] == bob.uuid  # type: ignore[index]
