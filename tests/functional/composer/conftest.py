"""A registry beside a fake GitLab."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from config import Settings
from models import open_runtime
from tests.fakes.gitlab import FakeGitLab, Level
from tests.functional.composer.registry import Registry
from tests.functional.rows import (
    add_credential,
    add_instance,
    add_integration,
    add_organization,
    add_synchronization,
    add_user,
)
from wsgi import create_app


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    """A GitLab with the group "acme", owned by ann."""
    with FakeGitLab() as server:
        ann = server.add_user("ann")
        server.add_member(server.add_group("acme"), ann, Level.OWNER)
        yield server


@pytest.fixture
def registry(settings: Settings, fake: FakeGitLab) -> Iterator[Registry]:
    """The organization "acme", fed with the credential of ann."""
    yield from open_registry(settings, fake)


def open_registry(settings: Settings, fake: FakeGitLab) -> Iterator[Registry]:
    """For settings of a test's own."""
    runtime = open_runtime(replace(settings, outbound_allow=(f"127.0.0.1:{fake.port}",)))
    group = fake.group("acme")
    with runtime.database.write() as session:
        add_instance(session, runtime.secret_box)
        integration = add_integration(session, runtime.secret_box, base_url=fake.base_url)
        ann = add_user(session, integration, "ann")
        token = fake.personal_token(fake.user("ann"))
        credential = add_credential(session, runtime.secret_box, ann.identities[0], token=token)
        organization = add_organization(session)
        synchronization = add_synchronization(
            session, organization, integration, remote_id=str(group.id), credential=credential
        )
        ids = organization.id, synchronization.id, integration.id
    yield Registry(fake, group, runtime, create_app(runtime=runtime), *ids)
    runtime.database.close()
