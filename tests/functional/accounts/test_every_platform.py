"""Logging in at each platform, with its own way of giving tokens, scopes and errors."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from models import Credential, Identity, Instance, InstanceState, Integration, Runtime, User
from tests.fakes.bitbucket_cloud import FakeBitbucketCloud
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.fakes.github import FakeGitHub
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person, add_integration

STARTS: dict[str, Callable[[], Any]] = {
    "bitbucket": FakeBitbucketCloud,
    "bitbucket_data_center": FakeBitbucketDataCenter,
    "github_enterprise_server": FakeGitHub,
    "gitlab_self_managed": FakeGitLab,
}
TOKENS = {
    "bitbucket": "/site/oauth2/access_token",
    "bitbucket_data_center": "/rest/oauth2/latest/token",
    "github_enterprise_server": "/login/oauth/access_token",
    "gitlab_self_managed": "/oauth/token",
}


@dataclass(frozen=True, slots=True)
class Host:
    """A fake of one platform that Ann has an account at, connected as the integration "host"."""

    platform: str
    fake: Any


@pytest.fixture(params=STARTS)
def host(request: pytest.FixtureRequest, app: Flask, runtime: Runtime) -> Iterator[Host]:
    """One of each."""
    with STARTS[request.param]() as fake:
        fake.add_user("ann")
        allowed = (*runtime.settings.outbound_allow, f"127.0.0.1:{fake.port}")
        object.__setattr__(runtime.settings, "outbound_allow", allowed)
        add_integration(runtime, fake, "host", platform=request.param, name="Host")
        yield Host(request.param, fake)


def test_a_person_logs_in_by_their_immutable_id(host: Host, ann: Person, runtime: Runtime) -> None:
    answer = ann.log_in("host")

    assert answer.status_code == 303, answer.get_data(as_text=True)
    with runtime.database.read() as session:
        identity = session.scalars(select(Identity)).one()
    assert identity.login == "ann"
    assert identity.remote_id not in {"ann", "Ann"}
    again = Person(ann.app, ann.base_url, "ann")
    assert again.log_in("host").status_code == 303
    with runtime.database.read() as session:
        assert session.scalars(select(Identity.id)).all() == [identity.id]


def test_a_trial_with_all_scopes_lacks_nothing_and_keeps_nothing(host: Host, app: Flask, runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.get_one(Instance, 1).state = InstanceState.ACTIVE
    person = Person(app, runtime.settings.base_url, "ann")
    assert person.log_in("host").status_code == 303
    with runtime.database.write() as session:
        session.scalars(select(User)).one().is_administrator = True
        kept = session.scalars(select(Credential.version)).all()

    page = person.get(person.log_in("host", "test").headers["Location"]).get_data(as_text=True)

    assert "The login works" in page
    assert "missing" not in page
    with runtime.database.read() as session:
        integration = session.scalars(select(Integration).where(Integration.slug == "host")).one()
        assert integration.tried_at is not None
        assert session.scalars(select(Credential.version)).all() == kept
    revoked = [it.path for it in host.fake.requests if it.method == "DELETE"]
    if host.platform == "github_enterprise_server":  # it takes ten tokens of a kind, and then drops the oldest
        assert revoked == [f"/api/v3/applications/{integration.client_id}/token"]


def test_a_refused_consent_leads_to_a_page_that_says_so(host: Host, app: Flask, runtime: Runtime) -> None:
    person = Person(app, runtime.settings.base_url, "ann", decision="deny")

    answer = person.log_in("host")

    assert answer.status_code == 403
    assert "declined" in answer.get_data(as_text=True)


def test_a_wrong_secret_is_named(host: Host, ann: Person, runtime: Runtime) -> None:
    with runtime.database.write() as session:
        integration = session.scalars(select(Integration).where(Integration.slug == "host")).one()
        integration.seal_client_secret(runtime.secret_box, "wrong")

    answer = ann.log_in("host")

    assert answer.status_code == 403
    assert "the secret is wrong" in answer.get_data(as_text=True)


def test_a_code_is_good_once_and_only_soon(host: Host, ann: Person) -> None:
    callback = ann.travel("host")
    host.fake.clock.advance(minutes=11)

    answer = ann.come_back(callback)

    assert answer.status_code == 403
    assert "too long" in answer.get_data(as_text=True)
    assert ann.come_back(callback).status_code == 400


def test_everything_is_sent_as_the_host_wants_it(host: Host, ann: Person) -> None:
    url = ann.host_url(ann.start("host"))
    ann.come_back(ann.walk_at_host(url))

    query, is_cloud = parse_qs(urlsplit(url).query), host.platform == "bitbucket"
    (asked,) = [it for it in host.fake.requests if it.path.endswith(TOKENS[host.platform])]
    assert query["state"]
    assert [name in query for name in ("code_challenge", "scope")] == [not is_cloud, not is_cloud]
    assert [name in asked.request_body for name in (b"client_secret", b"code_verifier")] == [not is_cloud, not is_cloud]
