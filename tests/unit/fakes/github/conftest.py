"""A fake GitHub with one organization."""

from collections.abc import Iterator

import pytest

from tests.fakes.github import ClientCredentials, FakeGitHub
from tests.unit.fakes.clients import Receiver
from tests.unit.fakes.github.clients import CALLBACK, Acme, ApiClient, Browser, build_acme


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        yield running


@pytest.fixture
def acme(github: FakeGitHub) -> Acme:
    return build_acme(github)


@pytest.fixture
def owner(github: FakeGitHub, acme: Acme) -> ApiClient:
    """The API as the owner's personal token with every scope sees it."""
    return ApiClient.of(github, acme.ann)


@pytest.fixture
def client(github: FakeGitHub, acme: Acme) -> ClientCredentials:
    """An OAuth application of the organization."""
    return github.application(redirect_uri=CALLBACK, owner=acme.organization)


@pytest.fixture
def browser(github: FakeGitHub) -> Iterator[Browser]:
    running = Browser(github)
    yield running
    running.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()
