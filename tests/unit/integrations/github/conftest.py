"""A fake GitHub, and ways to open it, or a scripted server, as our driver does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from integrations.codehost import CodeHost
from integrations.github.driver import open_github
from integrations.http import Limits
from integrations.platform_parts import HostAccess
from integrations.request_count import RequestCount
from tests.fakes.github import FakeGitHub
from tests.unit.integrations.clients import Naps, loopback_policy
from tests.unit.integrations.scripted_server import ScriptedServer, answer

OAUTH_SCOPES = ("read:user", "user:email", "read:org", "repo", "admin:org_hook")


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as server:
        yield server


def access_to(base_url: str, port: int, token: str, **options: Any) -> HostAccess:
    """Access to a loopback server with a token; nothing waits."""
    options.setdefault("timing", Naps().timing())
    options.setdefault("limits", Limits(read_seconds=5, call_seconds=10))
    return HostAccess(base_url, token, loopback_policy(port), count=RequestCount(), **options)


def open_fake(fake: FakeGitHub, token: str, **options: Any) -> CodeHost:
    """The fake as an open code host."""
    return open_github(access_to(fake.base_url, fake.port, token, **options))


def open_scripted(server: ScriptedServer, token: str = "ghp_secret") -> CodeHost:
    """A scripted server as an open code host."""
    return open_github(access_to(server.url, server.port, token))


def reply(document: object, **options: Any) -> bytes:
    """A scripted answer with this JSON."""
    return answer(json.dumps(document), **options)
