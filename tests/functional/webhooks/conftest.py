"""A registry whose fake GitLab delivers to our application on a real port."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from config import Settings
from tests.fakes.gitlab import FakeGitLab, Level
from tests.functional.composer.client import served
from tests.functional.composer.conftest import open_registry
from tests.functional.composer.registry import Registry
from tests.services import free_port


@pytest.fixture
def version() -> str:
    """The fake's version: from 19 on it signs."""
    return "18.5.0-ee"


@pytest.fixture
def fake(version: str) -> Iterator[FakeGitLab]:
    """A GitLab with the group "acme", owned by ann."""
    with FakeGitLab(version=version) as server:
        ann = server.add_user("ann")
        server.add_member(server.add_group("acme"), ann, Level.OWNER)
        yield server


@pytest.fixture
def registry(settings: Settings, fake: FakeGitLab) -> Iterator[Registry]:
    """The organization "acme" with the package acme/logging, on a port of its own."""
    port = free_port()
    with ExitStack() as stack:
        opened = open_registry(replace(settings, base_url=f"http://127.0.0.1:{port}"), fake)
        registry = next(opened)
        stack.callback(lambda: next(opened, None))
        registry.add_library("logging")
        registry.run_jobs()
        stack.enter_context(served(registry.app, port))
        yield registry
