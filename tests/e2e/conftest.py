"""A browser, fake GitLabs with a small company, and certificates."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.databases import empty_postgresql
from tests.e2e.browsing import PATIENCE_MS, opened_chromium
from tests.e2e.certificates import Certificate, make_certificate
from tests.fakes.company import small_company
from tests.fakes.gitlab import FakeGitLab, oauth_tokens
from tests.fakes.gitlab.model import Application
from tests.fakes.gitlab.server_core import Core
from tests.fakes.parts.routing import Json
from tests.services import wait_for_address

SECURE_HOST = "repertory.localhost"  # not `localhost`: browsers and curl find this machine there, we see no loopback


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of this process; each test has contexts of its own."""
    expect.set_options(timeout=PATIENCE_MS)
    with opened_chromium() as browser:
        yield browser


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    """GitLab at http://127.0.0.1 with the company acme in it."""
    with FakeGitLab() as fake:
        small_company(fake)
        yield fake


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """For our server and for the fake."""
    return make_certificate(tmp_path_factory.mktemp("certificate"), SECURE_HOST)


@pytest.fixture
def secure_fake(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitLab]:
    """The same at https://127.0.0.1, with a certificate of the company's own; it finds SECURE_HOST."""
    find = socket.getaddrinfo

    def find_locally(host: str, *arguments: int, **named: int) -> object:
        return find("127.0.0.1" if host == SECURE_HOST else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", find_locally)
    files = str(certificate.certificate), str(certificate.key)
    with FakeGitLab(certfile=files[0], keyfile=files[1], hook_ca_file=files[0]) as fake:
        small_company(fake)
        yield fake


@pytest.fixture
def issued(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All OAuth tokens that the fakes give out, which keep only digests of them."""
    tokens: list[str] = []
    issue = oauth_tokens.issue

    def issue_and_tell(core: Core, application: Application, user_id: int, scopes: tuple[str, ...]) -> Json:
        answer = issue(core, application, user_id, scopes)
        tokens.extend(str(answer[name]) for name in ("access_token", "refresh_token"))
        return answer

    monkeypatch.setattr(oauth_tokens, "issue", issue_and_tell)
    return tokens


@pytest.fixture
def empty_database(services: Path) -> Iterator[str]:
    """A PostgreSQL database without tables."""
    with empty_postgresql(wait_for_address(services, "postgresql")) as url:
        yield url
