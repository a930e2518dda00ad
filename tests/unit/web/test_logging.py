"""Logs are JSON and hold no secrets, whoever writes them."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from models.database import Database
from web.logging import HIDDEN, configure_logging, hide_in_text

CANARY = "c4naryC4NARYc4nary0123456789"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configuration = structlog.get_config()
    stream = io.StringIO()
    configure_logging("info", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configuration)
    structlog.contextvars.clear_contextvars()


@pytest.mark.parametrize(
    "text",
    [
        f"rptu_{CANARY}",
        f"rpto_{CANARY}",
        f"token rpts_{CANARY}, refused",
        f"glpat-{CANARY}",
        f"gldt-{CANARY}",
        f"gho_{CANARY}",
        f"ghp_{CANARY}",
        f"github_pat_{CANARY}",
        f"Authorization: Bearer {CANARY}",
        f"authorization: basic {CANARY}==",
        f"GET /oauth/gitlab/callback?code={CANARY}&state={CANARY}",
        f"refresh_token={CANARY}",
        f"private_token={CANARY}&page=2",
        f"client_secret={CANARY}",
        f'{{"access_token": "{CANARY}", "token_type": "Bearer"}}',
        f"{{'client_secret': '{CANARY}'}}",
        f"password={CANARY}",
        f"code_verifier={CANARY}",
        f"https://user:{CANARY}@gitlab.example/a.git",
        f"https://:{CANARY}@gitlab.example/a.git",
        f"Cookie: __Host-rpt={CANARY}; rpt_theme=dark",
        f"rpt={CANARY}",
        f"rpt_setup={CANARY}",
        f"POST /hooks/generic/17/{CANARY} 202",
        f"POST /hooks/{CANARY} 202",
        f"GET /oauth/bitbucket/callback?oauth_token={CANARY}&oauth_verifier={CANARY}",
        f'OAuth oauth_consumer_key="repertory", oauth_token="{CANARY}", oauth_signature="{CANARY}"',
        f"oauth_token_secret={CANARY}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n{CANARY}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{CANARY}",
        f"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.{CANARY}",
        f"ATBB{CANARY}",
    ],
)
def test_a_secret_in_a_text_is_masked(text: str) -> None:
    hidden = hide_in_text(text)

    assert CANARY not in hidden
    assert HIDDEN in hidden


@pytest.mark.parametrize(
    "text",
    [
        "paused synchronization 12: the host answered 401",
        "status_code: 200",
        "https://gitlab.example:8443/group/project.git",
        "acme/http-client 2.4.1 (reference 0123456789abcdef0123456789abcdef01234567)",
        "GET /orgs/acme/packages?page=2&sort=name",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert hide_in_text(text) == text


@pytest.mark.parametrize(
    "fields",
    [
        {"token": CANARY},
        {"client_secret": CANARY},
        {"headers": {"Authorization": CANARY, "X-Gitlab-Token": CANARY}},
        {"items": [{"password": CANARY}, ("x", f"rptu_{CANARY}")]},
        {"url": f"https://a:{CANARY}@b/"},
        {"cookie": CANARY},
        {"error": ValueError(f"access_token={CANARY}")},
        {"code": CANARY},
    ],
)
def test_secrets_in_fields_are_masked_by_name_and_by_shape(stream: io.StringIO, fields: dict[str, object]) -> None:
    structlog.get_logger("tests").info("something happened", **fields)

    line = json.loads(stream.getvalue())
    assert CANARY not in stream.getvalue()
    assert line["event"] == "something happened"
    assert line["level"] == "info"


def test_harmless_fields_are_kept(stream: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="abc")

    structlog.get_logger("tests").info("done", status_code=200, count=3, ratio=0.5, ok=True, nothing=None, names=["a"])

    line = json.loads(stream.getvalue())
    assert line["ts"].endswith("Z")
    assert {key: line[key] for key in ("request_id", "status_code", "count", "ratio", "ok", "nothing", "names")} == {
        "request_id": "abc",
        "status_code": 200,
        "count": 3,
        "ratio": 0.5,
        "ok": True,
        "nothing": None,
        "names": ["a"],
    }


def test_a_traceback_is_masked_too(stream: io.StringIO) -> None:
    try:
        raise RuntimeError(f"token={CANARY}")
    except RuntimeError:
        structlog.get_logger("tests").exception("failed")

    assert CANARY not in stream.getvalue()
    assert "RuntimeError" in json.loads(stream.getvalue())["exception"]


@pytest.mark.parametrize("name", ["urllib3.connectionpool", "gunicorn.error", "gunicorn.access", "somebody.else"])
def test_libraries_write_through_the_same_filter(stream: io.StringIO, name: str) -> None:
    logging.getLogger(name).warning("GET /callback?code=%s HTTP/1.1", CANARY)

    line = json.loads(stream.getvalue())
    assert line["event"] == f"GET /callback?code={HIDDEN} HTTP/1.1"
    assert line["logger"] == name


def test_line_breaks_can_not_forge_a_line(stream: io.StringIO) -> None:
    structlog.get_logger("tests").info("login", name='ann\n{"event": "forged"}')

    assert stream.getvalue().count("\n") == 1


def test_lower_levels_are_left_out(stream: io.StringIO) -> None:
    logging.getLogger("urllib3").info("chatter")
    structlog.get_logger("tests").debug("chatter")

    assert stream.getvalue() == ""


def test_a_failed_statement_does_not_tell_its_values(stream: io.StringIO, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    try:
        with database.read() as session:
            session.execute(text("SELECT 1 FROM nowhere WHERE name = :name"), {"name": CANARY})
    except OperationalError:
        structlog.get_logger("tests").exception("failed")
    database.close()

    assert "no such table: nowhere" in stream.getvalue()
    assert CANARY not in stream.getvalue()
