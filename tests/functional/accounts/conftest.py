"""An installation with a fake GitLab beside it, in Setup Mode or after it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from config import Settings
from models import Instance, InstanceState, Runtime, open_runtime
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person, add_integration, make_app


@pytest.fixture
def gitlab() -> Iterator[FakeGitLab]:
    """A GitLab with three people."""
    with FakeGitLab() as fake:
        for login in ("ann", "bob", "eve"):
            fake.add_user(login)
        yield fake


@pytest.fixture
def runtime(settings: Settings, gitlab: FakeGitLab) -> Iterator[Runtime]:
    """A runtime that may reach the fake."""
    runtime = open_runtime(replace(settings, outbound_allow=(f"127.0.0.1:{gitlab.port}",)))
    yield runtime
    runtime.database.close()


@pytest.fixture
def setup_app(runtime: Runtime, gitlab: FakeGitLab) -> Flask:
    """In Setup Mode, with one integration."""
    app = make_app(runtime)
    add_integration(runtime, gitlab)
    return app


@pytest.fixture
def app(setup_app: Flask, runtime: Runtime) -> Flask:
    """After Setup Mode, with one integration and no people."""
    with runtime.database.write() as session:
        session.get_one(Instance, 1).state = InstanceState.ACTIVE
    return setup_app


@pytest.fixture
def ann(app: Flask, runtime: Runtime) -> Person:
    """Ann's browser."""
    return Person(app, runtime.settings.base_url, "ann")


@pytest.fixture
def bob(app: Flask, runtime: Runtime) -> Person:
    """Bob's browser."""
    return Person(app, runtime.settings.base_url, "bob")
