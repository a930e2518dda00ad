"""A fake GitLab with one owner, one group and one library."""

from collections.abc import Iterator

import pytest

from tests.fakes.gitlab import FakeGitLab
from tests.unit.fakes.clients import Acme, ApiClient, Receiver, build_acme


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    with FakeGitLab() as running:
        yield running


@pytest.fixture
def acme(fake: FakeGitLab) -> Acme:
    return build_acme(fake)


@pytest.fixture
def owner(fake: FakeGitLab, acme: Acme) -> ApiClient:
    """The API as the owner's personal token with every scope sees it."""
    return ApiClient(fake, fake.personal_token(acme.owner))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()
