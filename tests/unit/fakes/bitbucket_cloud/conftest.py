"""A fake Bitbucket Cloud with one owner, one workspace and one library."""

from collections.abc import Iterator

import pytest

from tests.fakes.bitbucket_cloud import Account, FakeBitbucketCloud
from tests.unit.fakes.bitbucket_cloud.clients import Acme, ApiClient, Browser, build_acme
from tests.unit.fakes.clients import Receiver


@pytest.fixture
def cloud() -> Iterator[FakeBitbucketCloud]:
    with FakeBitbucketCloud(allow_local_hooks=True) as running:
        yield running


@pytest.fixture
def acme(cloud: FakeBitbucketCloud) -> Acme:
    return build_acme(cloud)


@pytest.fixture
def bob(cloud: FakeBitbucketCloud, acme: Acme) -> Account:
    """Somebody without any right."""
    return cloud.add_user("bob", "Bob Birch")


@pytest.fixture
def owner(cloud: FakeBitbucketCloud, acme: Acme) -> ApiClient:
    """The API as the owner's API token with every scope sees it."""
    return ApiClient.of(cloud, acme.owner)


@pytest.fixture
def browser(cloud: FakeBitbucketCloud) -> Iterator[Browser]:
    running = Browser(cloud)
    yield running
    running.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.close()
