"""A browser, fake code hosts with a small company, and certificates."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.databases import empty_postgresql
from tests.e2e.browsing import PATIENCE_MS, opened_chromium
from tests.e2e.certificates import Certificate, make_certificate
from tests.e2e.hosts import Host
from tests.e2e.hosts.offered import OFFERED
from tests.fakes.company import small_company
from tests.fakes.gitlab import FakeGitLab
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


@pytest.fixture(params=OFFERED, ids=lambda open_host: open_host.__name__)
def host(request: pytest.FixtureRequest) -> Iterator[Host[Any]]:
    """Each of the other hosts in turn."""
    with request.param() as host:
        yield host


@pytest.fixture
def empty_database(services: Path) -> Iterator[str]:
    """A PostgreSQL database without tables."""
    with empty_postgresql(wait_for_address(services, "postgresql")) as url:
        yield url
