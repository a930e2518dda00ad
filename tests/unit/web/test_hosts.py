"""Addresses are made from the base URL, and headers are believed as far as the trusted proxies reach."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from models.runtime import Runtime
from tests.unit.web.application import make_app
from web.hosts import is_host_of, socket_peer


@pytest.mark.parametrize(
    ("host", "base", "is_ours"),
    [
        ("localhost:8000", "http://localhost:8000", True),
        ("LOCALHOST:8000", "http://localhost:8000", True),
        ("localhost", "http://localhost:8000", False),
        ("localhost:80", "http://localhost:8000", False),
        ("127.0.0.1:8000", "http://localhost:8000", False),
        ("p.example", "https://p.example", True),
        ("p.example:443", "https://p.example", True),
        ("p.example:80", "https://p.example", False),
        ("p.example", "https://p.example:443", True),
        ("p.example", "https://p.example:8443", False),
        ("p.example:8443", "https://p.example:8443", True),
        ("p.example.evil", "https://p.example", False),
        ("evil", "https://p.example", False),
        ("", "https://p.example", False),
        ("p.example:443:443", "https://p.example", False),
        ("[::1]:8000", "http://[::1]:8000", True),
        ("[::1]", "http://[::1]", True),
        ("[::2]", "http://[::1]", False),
    ],
)
def test_only_the_host_of_the_base_url_is_ours(host: str, base: str, is_ours: bool) -> None:
    assert is_host_of(host, urlsplit(base)) is is_ours


@pytest.mark.parametrize("path", ["/page", "/nowhere", "/static/theme.css"])
def test_another_host_name_is_refused(bare_client: FlaskClient, path: str) -> None:
    response = bare_client.get(path, headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert "evil.example" not in response.text


def test_probes_may_come_by_address(bare_client: FlaskClient) -> None:
    assert bare_client.get("/healthz", headers={"Host": "10.0.0.7:8000"}).status_code == 404


def test_addresses_are_made_from_the_base_url(https_client: FlaskClient) -> None:
    answer = https_client.get("/where", environ_overrides={"wsgi.url_scheme": "http"}).json

    assert answer == {"url": "https://packages.example.com/page", "address": "127.0.0.1"}


@pytest.mark.parametrize(
    ("hops", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "192.0.2.66, 198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_only_the_trusted_hop_names_the_client(bare_runtime: Runtime, hops: int, forwarded: str, address: str) -> None:
    runtime = replace(bare_runtime, settings=replace(bare_runtime.settings, trusted_proxy_hops=hops))
    client = make_app(runtime).test_client()

    response = client.get("/where", headers={"Host": "localhost:8000", "X-Forwarded-For": forwarded})

    assert response.json is not None
    assert response.json["address"] == address


@pytest.mark.parametrize(("hops", "status"), [(0, 200), (1, 400)])
def test_a_forwarded_host_is_checked_like_any_other(bare_runtime: Runtime, hops: int, status: int) -> None:
    runtime = replace(bare_runtime, settings=replace(bare_runtime.settings, trusted_proxy_hops=hops))
    client = make_app(runtime).test_client()

    response = client.get("/page", headers={"Host": "localhost:8000", "X-Forwarded-Host": "evil.example"})

    assert response.status_code == status


def test_the_socket_peer_is_kept_beside_the_forwarded_address(bare_runtime: Runtime) -> None:
    app = make_app(replace(bare_runtime, settings=replace(bare_runtime.settings, trusted_proxy_hops=1)))
    app.add_url_rule("/peer", "peer", socket_peer)

    response = app.test_client().get("/peer", headers={"Host": "localhost:8000", "X-Forwarded-For": "203.0.113.9"})

    assert response.text == "127.0.0.1"
