"""A fake Bitbucket Data Center with one small project, and ways to open it as our driver does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from integrations.bitbucket_dc.driver import open_bitbucket_dc
from integrations.codehost import CodeHost, HookInstaller, OwnAccess
from integrations.http import Limits
from integrations.platform_parts import HostAccess
from integrations.request_count import RequestCount
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter, Project, Repo, User
from tests.unit.integrations.clients import Naps, loopback_policy

Open = Callable[[str], CodeHost]


@pytest.fixture
def fake() -> Iterator[FakeBitbucketDataCenter]:
    with FakeBitbucketDataCenter(prefix="/bitbucket") as server:
        yield server


@dataclass(frozen=True, slots=True)
class Company:
    """A project that Olga administers, with one repository."""

    owner: User
    project: Project
    repository: Repo
    host: CodeHost

    @property
    def project_id(self) -> str:
        return str(self.project.id)

    @property
    def repository_id(self) -> str:
        return str(self.repository.id)


@pytest.fixture
def company(fake: FakeBitbucketDataCenter) -> Company:
    return make_company(fake)


def make_company(fake: FakeBitbucketDataCenter) -> Company:
    """The smallest company that works, opened with a token of its owner."""
    owner = fake.add_user("olga")
    project = fake.add_project("ACME", "Acme")
    fake.grant(project, owner, "PROJECT_ADMIN")
    repository = fake.add_repository(project, "Logging")
    return Company(owner, project, repository, open_fake(fake, fake.personal_token(owner)))


def access_to(fake: FakeBitbucketDataCenter, token: str, **options: Any) -> HostAccess:
    """Access to the fake with a token; nothing waits."""
    options.setdefault("timing", Naps().timing())
    options.setdefault("limits", Limits(read_seconds=5, call_seconds=10))
    return HostAccess(fake.base_url, token, loopback_policy(fake.port), count=RequestCount(), **options)


def open_fake(fake: FakeBitbucketDataCenter, token: str, **options: Any) -> CodeHost:
    """The fake as an open code host."""
    return open_bitbucket_dc(access_to(fake, token, **options))


def installer_of(host: CodeHost) -> HookInstaller:
    """The part of the host that installs webhooks."""
    assert host.hook_installer is not None
    return host.hook_installer


def own_access_of(host: CodeHost) -> OwnAccess:
    """The part of the host that tells what the credential's owner may read."""
    assert host.own_access is not None
    return host.own_access
