"""A fake GitLab with one small group, and ways to open it as our driver does."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integrations.codehost import CodeHost
from integrations.gitlab.driver import open_gitlab
from integrations.http import Limits
from integrations.platform_parts import HostAccess
from integrations.request_count import RequestCount
from tests.fakes.gitlab import FakeGitLab
from tests.unit.integrations.clients import Naps, loopback_policy

Open = Callable[[str], CodeHost]


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    with FakeGitLab(prefix="/gitlab") as server:
        yield server


def access_to(fake: FakeGitLab, token: str, **options: Any) -> HostAccess:
    """Access to the fake with a token; nothing waits."""
    options.setdefault("timing", Naps().timing())
    options.setdefault("limits", Limits(read_seconds=5, call_seconds=10))
    return HostAccess(fake.base_url, token, loopback_policy(fake.port), count=RequestCount(), **options)


def open_fake(fake: FakeGitLab, token: str, **options: Any) -> CodeHost:
    """The fake as an open code host."""
    return open_gitlab(access_to(fake, token, **options))
