"""The web application as a whole: probes, and when it lets people in."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.test import TestResponse

from jobs.checks import Check, CheckState
from jobs.heartbeats import beat
from jobs.registry import QUEUES
from models import Database, Instance, Runtime, SecretBox
from models.start import InstanceProblem, prepare_instance
from wsgi import InstanceGate, create_app, judge


class Browser:
    """A browser on this machine."""

    def __init__(self, app: Flask) -> None:
        app.testing = True
        self._client = app.test_client()

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self._client.get(path, base_url="http://localhost:8000")


@pytest.fixture
def client(runtime: Runtime) -> Browser:
    """A browser of an instance that is just being started."""
    return Browser(create_app(runtime=runtime))


def test_the_process_says_that_it_lives(client: Browser) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})
    assert "Set-Cookie" not in answer.headers


def test_it_is_ready_when_everything_works(client: Browser, runtime: Runtime) -> None:
    prepare_instance(runtime)
    with runtime.database.write() as session:
        for queue in (*QUEUES, "ticker"):
            beat(session, name=queue, queue=queue)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json == {
        "status": "ok",
        "checks": dict.fromkeys(["database", "migrations", "key", "redis", "workers", "ticker"], "ok"),
    }


def test_without_redis_and_workers_it_is_degraded_but_serves(runtime: Runtime) -> None:
    lonely = replace(runtime, settings=replace(runtime.settings, redis_url="unix:///nowhere/redis.sock"))
    prepare_instance(lonely)
    client = Browser(create_app(runtime=lonely))

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["status"] == "degraded"
    assert client.get("/setup").status_code < 500


def test_without_database_it_is_not_ready_and_says_so_on_every_page(runtime: Runtime, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    broken = replace(runtime, database=Database(f"sqlite:///{tmp_path / 'folder'}"))
    client = Browser(create_app(runtime=broken))

    ready, page, process = client.get("/readyz"), client.get("/"), client.get("/healthz")

    assert (ready.status_code, page.status_code, process.status_code) == (503, 503, 200)
    assert page.headers["Retry-After"] == "5"
    assert "does not answer" in page.text


def test_the_first_request_makes_the_instance(client: Browser, runtime: Runtime) -> None:
    assert client.get("/setup").status_code < 500

    with runtime.database.read() as session:
        assert session.get(Instance, 1) is not None


def test_with_another_key_nothing_is_served_and_nothing_looks_like_setup(runtime: Runtime) -> None:
    prepare_instance(runtime)
    client = Browser(create_app(runtime=replace(runtime, secret_box=SecretBox(("A" * 43 + "=",)))))

    for path in ("/", "/setup", "/login", "/profile"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "can not be read" in answer.text
        assert "<form" not in answer.text


def test_a_lost_instance_row_is_never_taken_for_a_fresh_installation(runtime: Runtime) -> None:
    prepare_instance(runtime)
    with runtime.database.write() as session:
        session.delete(session.get_one(Instance, 1))

    client = Browser(create_app(runtime=runtime))

    assert [client.get(path).status_code for path in ("/", "/setup")] == [503, 503]
    with runtime.database.read() as session:
        assert session.get(Instance, 1) is None


def test_a_start_before_the_upgrade_serves_after_it(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wsgi.ASK_AGAIN_SECONDS", 0.0)
    client = Browser(create_app(runtime=runtime))

    with monkeypatch.context() as patch:
        patch.setattr("models.start.newest_revision", lambda: "9999")
        before = client.get("/setup").status_code
    after = client.get("/setup").status_code

    assert before == 503
    assert after < 500


def test_while_it_is_unready_the_database_is_asked_once_per_second(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    asked: list[float] = []
    gate = InstanceGate(runtime, clock=lambda: now[0])

    def refuse(_runtime: Runtime) -> None:
        asked.append(now[0])
        raise InstanceProblem("no")

    monkeypatch.setattr("wsgi.prepare_instance", refuse)
    app = Flask(__name__)
    for moment in (0.0, 0.4, 0.9, 1.2):
        now[0] = moment
        with app.test_request_context("/"), pytest.raises(ServiceUnavailable):
            gate.refuse_unready()

    assert asked == [0.0, 1.2]


@pytest.mark.parametrize(
    ("failed", "status"),
    [([], "ok"), (["redis"], "degraded"), (["workers", "ticker"], "degraded"), (["key", "redis"], "failing")],
)
def test_only_what_people_need_makes_an_instance_fail(failed: list[str], status: str) -> None:
    keys = ("database", "migrations", "key", "redis", "workers", "ticker")
    checks = [Check(key, key, CheckState.FAILED if key in failed else CheckState.OK, "") for key in keys]

    assert judge(checks) == status


def test_settings_may_be_handed_in(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    levels: list[str] = []
    monkeypatch.setattr("wsgi.configure_logging", levels.append)

    app = create_app(replace(runtime.settings, log_level="error"))

    assert levels == ["error"]
    assert Browser(app).get("/healthz").status_code == 200
