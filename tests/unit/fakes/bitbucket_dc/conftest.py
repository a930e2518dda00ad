"""A fake Bitbucket with one project, and who asks it."""

from collections.abc import Iterator

import pytest

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.unit.fakes.bitbucket_dc.clients import Acme, Browser, Client, build_acme
from tests.unit.fakes.clients import Receiver


@pytest.fixture
def fake() -> Iterator[FakeBitbucketDataCenter]:
    with FakeBitbucketDataCenter() as running:
        yield running


@pytest.fixture
def acme(fake: FakeBitbucketDataCenter) -> Acme:
    return build_acme(fake)


@pytest.fixture
def ann(fake: FakeBitbucketDataCenter, acme: Acme) -> Client:
    """The API as the project's administrator's HTTP token sees it."""
    return Client(fake, fake.personal_token(acme.ann))


@pytest.fixture
def bob(fake: FakeBitbucketDataCenter, acme: Acme) -> Client:
    """As somebody sees it who may read one repository."""
    return Client(fake, fake.personal_token(acme.bob))


@pytest.fixture
def browser(fake: FakeBitbucketDataCenter) -> Iterator[Browser]:
    running = Browser(fake)
    yield running
    running.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()
