"""The system check in the setup and under Health: every line with its state, its reason, why it matters and the fix."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from sqlalchemy import update

from accounts.setup_state import mint_setup_link
from config import Settings
from models import Instance, InstanceState, open_runtime
from models.start import prepare_instance
from tests.functional.accounts.journey import Person
from tests.functional.admin.pages import text_of
from tests.unit.integrations.scripted_server import answer, scripted_server
from wsgi import create_app

Open = Callable[..., Person]


@pytest.fixture
def browser_at(settings: Settings) -> Iterator[Open]:
    """A browser at an installation with settings of its own."""
    with ExitStack() as stack:

        def start(base_url: str, **changes: object) -> Person:
            runtime = open_runtime(replace(settings, base_url=base_url, **changes))  # type: ignore[arg-type]
            stack.callback(runtime.database.close)
            prepare_instance(runtime)
            person = Person(create_app(runtime=runtime), base_url)
            if changes:
                link = mint_setup_link(runtime)
                assert link is not None
                person.post("/setup/unlock", {"code": link})
            return person

        yield start


@pytest.fixture
def nowhere() -> str:
    """A base URL at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://localhost:{listener.getsockname()[1]}"


def test_each_line_has_state_reason_why_fix_and_command(browser_at: Open, nowhere: str) -> None:
    page = browser_at(nowhere).get("/setup/check")
    words = text_of(page)

    for title in ("Database", "Tables", "Encryption key", "Redis", "Ticker", "git", "Clock", "Disk", "Base URL"):
        assert title in words
    assert "Nobody works on the queues interactive, packages, sync" in words
    assert "They synchronize and build packages." in words
    assert "Start repertory worker interactive packages sync." in words
    assert 'value="./repertory worker interactive packages sync"' in page.get_data(as_text=True)
    assert "2 of 12 checks failed" in words
    assert "You can go on" in words
    assert "`" not in words


def test_a_server_that_does_not_reach_itself_is_warned(browser_at: Open, nowhere: str) -> None:
    words = text_of(browser_at(nowhere).get("/setup/check"))

    assert f"This server does not reach itself at {nowhere}" in words
    assert "Look at it" in words


def test_a_server_that_reaches_itself_is_good(browser_at: Open) -> None:
    with scripted_server(answer('{"status": "ok"}')) as server:
        base_url = f"http://localhost:{server.port}"

        words = text_of(browser_at(base_url).get("/setup/check"))

    assert f"This server reaches itself at {base_url}" in words
    assert server.targets() == ["GET /healthz"]


def test_another_server_at_the_base_url_is_seen(browser_at: Open) -> None:
    with scripted_server(answer("<html>", kind="text/html")) as server:
        base_url = f"http://localhost:{server.port}"

        assert f"Something else answers at {base_url}" in text_of(browser_at(base_url).get("/setup/check"))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("https", "This browser reaches it as https://repertory.invalid"),
        ("http", "This browser came by http, but the base URL begins with https"),
    ],
)
def test_what_a_proxy_says_about_the_scheme_is_compared(browser_at: Open, told: str, words: str) -> None:
    owner = browser_at("https://repertory.invalid", bind="0.0.0.0:8000")

    assert words in text_of(owner.get("/setup/check", headers={"X-Forwarded-Proto": told}))


def test_another_host_name_is_refused_before_anything_is_shown(browser_at: Open, nowhere: str) -> None:
    owner = browser_at(nowhere)

    assert owner.client.get("/setup/check", base_url="http://elsewhere.example").status_code == 400


def test_there_is_no_check_in_the_setup_once_it_has_ended(browser_at: Open, nowhere: str) -> None:
    owner = browser_at(nowhere)
    runtime = owner.app.extensions["repertory_runtime"]
    with runtime.database.write() as session:
        session.execute(update(Instance).values(state=InstanceState.ACTIVE))

    assert owner.get("/setup/check").status_code == 404
