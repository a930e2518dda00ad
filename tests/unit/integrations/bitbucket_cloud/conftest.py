"""A fake Bitbucket Cloud with one small workspace, and ways to open it as our driver does."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from integrations.authorizations import basic
from integrations.bitbucket_cloud.driver import open_bitbucket_cloud
from integrations.codehost import CodeHost
from integrations.http import Limits
from integrations.platform_parts import HostAccess
from integrations.request_count import RequestCount
from integrations.urls import parse_url
from tests.fakes.bitbucket_cloud import Account, FakeBitbucketCloud, Repo, Workspace
from tests.unit.integrations.clients import Naps, loopback_policy

CALLBACK = "http://localhost:8000/oauth/bitbucket/callback"


@dataclass(frozen=True, slots=True)
class Acme:
    """A workspace with an owner, a member with a grant, a repository, and a host opened with the owner's login."""

    home: Workspace
    owner: Account
    bob: Account
    logging: Repo
    host: CodeHost


@pytest.fixture
def fake() -> Iterator[FakeBitbucketCloud]:
    with FakeBitbucketCloud(prefix="/bitbucket") as server:
        yield server


@pytest.fixture
def acme(fake: FakeBitbucketCloud) -> Acme:
    olga = fake.add_user("olga", username="olga", more_emails=[("olga@home.test", False), ("olga@work.test", True)])
    bob = fake.add_user("bob")
    home = fake.add_workspace("acme", "Acme Ltd.")
    fake.add_member(home, olga, "owner")
    fake.add_member(home, bob)
    logging = fake.add_repository(home, "logging", "Logging")
    fake.commit(logging, {"composer.json": '{"name": "acme/logging"}', "lib/a b.php": "<?php"})
    fake.grant(logging, bob, "read")
    return Acme(home, olga, bob, logging, log_in(fake, olga))


def access_at(base_url: str, token: str, **options: Any) -> HostAccess:
    """Access to a loopback address with a token; nothing waits."""
    options.setdefault("timing", Naps().timing())
    options.setdefault("limits", Limits(read_seconds=5, call_seconds=10))
    return HostAccess(base_url, token, loopback_policy(parse_url(base_url).port), count=RequestCount(), **options)


def access_to(fake: FakeBitbucketCloud, token: str, **options: Any) -> HostAccess:
    """Access to the fake with a token."""
    return access_at(fake.base_url, token, **options)


def log_in(fake: FakeBitbucketCloud, who: Account, *scopes: str, **options: Any) -> CodeHost:
    """The host as somebody's login through a consumer sees it."""
    chosen = scopes or ("account", "email", "team", "repository", "webhook")
    client_id, _ = fake.application(redirect_uri=CALLBACK, scopes=chosen)
    token = str(fake.oauth_token(who, client_id)["access_token"])
    return open_bitbucket_cloud(access_to(fake, token, **options))


def open_with_api_token(fake: FakeBitbucketCloud, who: Account, token: str) -> CodeHost:
    """The host with an API token, as it is stored for an organization."""
    authorization = basic(who.primary_email, token)
    return open_bitbucket_cloud(
        access_to(fake, token, authorization=authorization, username="x-bitbucket-api-token-auth")
    )
