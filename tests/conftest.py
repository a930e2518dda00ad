"""Fixtures of all tests: real Redis, both databases, settings and runtime."""

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import coverage
import hypothesis
import pytest
import redis
import structlog

from config import Settings
from models.runtime import Runtime, open_runtime
from tests.compiled import compile_once
from tests.contracts.watching import WATCH
from tests.databases import fresh_postgresql, fresh_sqlite
from tests.fakes.parts.running import ONLOOKERS
from tests.services import (
    RedisServer,
    start_in_background,
    stop_background,
    wait_for_address,
)
from tests.services import (
    redis_url as redis_address,
)

SERVICES_FOLDER = "REPERTORY_TEST_SERVICES"
SCALE = int(os.environ.get("REPERTORY_TEST_SCALE", "1"))  # `make soak` sets it: the same tests with larger numbers

hypothesis.settings.register_profile("usual", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("soak", deadline=None, max_examples=100 * SCALE, print_blob=True)
hypothesis.settings.load_profile("usual" if SCALE == 1 else "soak")

compile_once()
_plain_tracebacks = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _plain_tracebacks])  # others take a second
ONLOOKERS.append(WATCH.over)
gc.disable()  # until everything is imported


def pytest_configure(config: pytest.Config) -> None:
    """Start Redis and PostgreSQL once, in the controller; xdist's workers inherit the folder's name."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    folder, process = start_in_background()
    os.environ[SERVICES_FOLDER] = str(folder)
    config.add_cleanup(lambda: stop_background(folder, process))


def pytest_collection_finish() -> None:
    """What is there before the first test stays: looking through it for garbage took a quarter of the time of tests."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 10, 10)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """Measure coverage on SQLite alone: on PostgreSQL a test runs the same lines, in two thirds of the time."""
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    measurement = coverage.Coverage.current() if parameters.get("database_url") == "postgresql" else None
    if measurement is None:
        return (yield)
    measurement.stop()
    try:
        return (yield)
    finally:
        measurement.start()


@pytest.fixture(autouse=True)
def contracts_of_code_hosts() -> Iterator[None]:
    """What our drivers ask, and what the fakes answer, is what the code hosts describe: in every test."""
    yield
    assert not (problems := WATCH.take()), "\n".join(problems)


@pytest.fixture(scope="session")
def scale() -> int:
    """By how much a test may enlarge its numbers: 1, or more in `make soak`."""
    return SCALE


@pytest.fixture(scope="session")
def services() -> Path:
    """The folder in which the servers of this run live."""
    return Path(os.environ[SERVICES_FOLDER])


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, services: Path, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database. Every test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        with fresh_sqlite(services, tmp_path) as url:
            yield url
    else:
        with fresh_postgresql(services, wait_for_address(services, "postgresql")) as url:
            yield url


@pytest.fixture
def postgresql_url(services: Path) -> Iterator[str]:
    """A fresh, migrated PostgreSQL database, for tests of races, which SQLite hides."""
    with fresh_postgresql(services, wait_for_address(services, "postgresql")) as url:
        yield url


@pytest.fixture
def redis_url(services: Path, worker_id: str) -> Iterator[str]:
    """An empty database of the shared Redis that no other test process uses."""
    path = Path(redis.ConnectionPool.from_url(wait_for_address(services, "redis")).connection_kwargs["path"])
    number = int(worker_id.removeprefix("gw")) + 1 if worker_id.startswith("gw") else 0
    url = redis_address(path, database=number)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A running Redis of the test's own, to be stopped, killed and started again."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings of an instance on http://localhost:8000 with a data directory of its own."""
    return Settings.from_env(
        {"REPERTORY_DATA_DIR": str(tmp_path / "var"), "DATABASE_URL": database_url, "REDIS_URL": redis_url}
    )


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    """An open runtime on a fresh, migrated database."""
    runtime = open_runtime(settings)
    yield runtime
    runtime.database.close()
