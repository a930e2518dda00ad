"""An installation with a fake GitLab beside it, in Setup Mode or after it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from accounts.setup_state import mint_setup_link
from config import Settings
from models import (
    Instance,
    InstanceState,
    Runtime,
    open_runtime,
)
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person, add_integration, make_app
from tests.functional.accounts.public_setup import PUBLIC, code_of, unlock


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


@pytest.fixture
def public_runtime(settings: Settings, gitlab: FakeGitLab) -> Iterator[Runtime]:
    """An instance on an open network."""
    runtime = open_runtime(
        replace(settings, base_url=PUBLIC, bind="0.0.0.0:8000", outbound_allow=(f"127.0.0.1:{gitlab.port}",))
    )
    yield runtime
    runtime.database.close()


@pytest.fixture
def public_app(public_runtime: Runtime, gitlab: FakeGitLab) -> Flask:
    """In Setup Mode on an open network, with one integration."""
    app = make_app(public_runtime)
    add_integration(public_runtime, gitlab)
    return app


@pytest.fixture
def stranger(public_app: Flask) -> Person:
    """A browser without a setup session."""
    return Person(public_app, PUBLIC, "eve")


@pytest.fixture
def owner(public_app: Flask, public_runtime: Runtime) -> Person:
    """A browser that used the setup link."""
    person = Person(public_app, PUBLIC, "ann")
    assert unlock(person, code_of(mint_setup_link(public_runtime))) == 303
    return person


@pytest.fixture
def other_gitlab(runtime: Runtime, gitlab: FakeGitLab) -> Iterator[FakeGitLab]:
    """A second host, on which Ann has another account."""
    with FakeGitLab() as other:
        other.add_user("ann", email="ann@other.example", more_emails=[("ann@home.example", False)])
        allowed = (*runtime.settings.outbound_allow, f"127.0.0.1:{other.port}")
        object.__setattr__(runtime.settings, "outbound_allow", allowed)
        add_integration(runtime, other, "other")
        yield other
