"""The organization "acme" without a host behind it, and a company at a fake GitLab."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask import Flask

from config import Settings
from models import Runtime, Team, TeamKind, open_runtime
from tests.fakes.company import small_company
from tests.fakes.gitlab import FakeGitLab
from tests.functional.organizations.storing import Hosts
from tests.functional.organizations.world import World, fill_organization, join
from tests.functional.rows import (
    add_credential,
    add_instance,
    add_integration,
    add_organization,
    add_synchronization,
    add_user,
)
from wsgi import create_app

ENOUGH_SCOPES = ["read_user", "read_api", "read_repository", "api"]


@pytest.fixture
def world(runtime: Runtime) -> World:
    """The organization with its people and packages."""
    with runtime.database.write() as session:
        add_instance(session, runtime.secret_box)
        integration = add_integration(session, runtime.secret_box)
        users = {login: add_user(session, integration, login) for login in ("ann", "bob", "carla", "eve")}
        organization = add_organization(session)
        credential = add_credential(session, runtime.secret_box, users["ann"].identities[0])
        synchronization = add_synchronization(session, organization, integration, credential=credential)
        fill_organization(session, organization, synchronization)
        teams = {team.kind: team for team in session.query(Team).filter_by(organization_id=organization.id)}
        join(session, users["ann"], teams[TeamKind.OWNERS], synchronization)
        join(session, users["bob"], teams[TeamKind.ADMINS], synchronization)
        join(session, users["carla"], teams[TeamKind.SYNCHRONIZED], synchronization)
        ids = {login: user.id for login, user in users.items()}
        organization_id, synchronization_id = organization.id, synchronization.id
    return World(_app(runtime), runtime, ids, organization_id, synchronization_id)


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    """The company "acme" at a fake GitLab."""
    with FakeGitLab() as server:
        small_company(server)
        yield server


@pytest.fixture
def fresh(settings: Settings, fake: FakeGitLab) -> Iterator[World]:
    """No organization yet. ann owns the group "acme" at the host and has connected it; mia owns nothing there."""
    runtime = open_runtime(replace(settings, outbound_allow=(urlsplit(fake.base_url).netloc,)))
    with runtime.database.write() as session:
        add_instance(session, runtime.secret_box)
        integration = add_integration(session, runtime.secret_box, base_url=fake.base_url)
        users = {login: add_user(session, integration, login) for login in ("ann", "mia", "bob")}
        for login, user in users.items():
            user.identities[0].remote_id = str(fake.user(login).id)
        for login in ("ann", "mia"):
            token = fake.personal_token(fake.user(login))
            add_credential(session, runtime.secret_box, users[login].identities[0], token=token).scopes = ENOUGH_SCOPES
        ids = {login: user.id for login, user in users.items()}
    yield World(_app(runtime), runtime, ids)
    runtime.database.close()


@pytest.fixture
def hosts(settings: Settings) -> Iterator[Hosts]:
    """Fakes that end with the test."""
    made = Hosts(settings)
    with made.stack:
        yield made


def _app(runtime: Runtime) -> Flask:
    app = create_app(runtime=runtime)
    app.testing = True
    return app
