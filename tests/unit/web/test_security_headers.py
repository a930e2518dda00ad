"""Every answer carries the same strict headers."""

import pytest
from flask.testing import FlaskClient

EXPECTED = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}
PATHS = [
    "/page",
    "/nowhere",
    "/crash",
    "/database-down",
    "/refuse/403",
    "/static/theme.css",
    "/static/nothing.css",
    "/machine/refuse/404",
    "/machine",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_headers(bare_client: FlaskClient, path: str) -> None:
    response = bare_client.get(path)

    assert {name: response.headers.get(name) for name in EXPECTED} == EXPECTED
    assert "Strict-Transport-Security" not in response.headers


@pytest.mark.parametrize("path", PATHS)
def test_https_installations_ask_for_https_only(https_client: FlaskClient, path: str) -> None:
    response = https_client.get(path)

    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_pages_are_not_kept_and_differ_by_cookie(bare_client: FlaskClient) -> None:
    response = bare_client.get("/page")

    assert response.headers["Cache-Control"] == "no-store"
    assert "Cookie" in response.headers["Vary"]


def test_answers_for_programs_do_not_speak_of_cookies(bare_client: FlaskClient) -> None:
    response = bare_client.post("/machine")

    assert response.status_code == 200
    assert "Vary" not in response.headers
    assert "Set-Cookie" not in response.headers


def test_pages_contain_no_inline_script_or_style(bare_client: FlaskClient) -> None:
    page = bare_client.get("/page").text

    assert page.count("<script") == 1
    assert '<script type="module" src="/static/app.js?v=' in page
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page
