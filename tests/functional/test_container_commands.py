"""Every command of the container image, run outside a container: on both databases, with a Redis of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.places import ROOT
from tests.functional.processes import Installation, end, wait_until
from tests.services import RedisServer

ENTRYPOINT = str(ROOT / "docker" / "entrypoint")
PROCESSES = (["web"], ["worker", "interactive"], ["worker", "sync"], ["worker", "packages"], ["ticker"])


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path / "data")
    yield installation
    installation.clean_up()


@pytest.fixture
def installation(database_url: str, own_redis: RedisServer, tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path / "data", DATABASE_URL=database_url, REDIS_URL=own_redis.url)
    yield installation
    installation.clean_up()


def test_the_processes_of_the_compose_file_make_a_whole_installation(installation: Installation) -> None:
    migrated = installation.run(ENTRYPOINT, "migrate")
    processes = [installation.start(ENTRYPOINT, *command) for command in PROCESSES]

    wait_until(installation.is_ready, what="everything works")
    healthy = installation.run(ENTRYPOINT, "healthcheck")
    ended = [end(process) for process in processes]

    assert migrated.returncode == 0
    assert healthy.returncode == 0
    assert [code for code, _seconds in ended] == [0] * len(PROCESSES)
    assert max(seconds for _code, seconds in ended) < 12
    assert installation.processes() == {}


def test_health_is_denied_when_the_web_does_not_answer(alone: Installation) -> None:
    assert alone.run(ENTRYPOINT, "healthcheck").returncode == 1


def test_other_words_are_commands_of_repertory(alone: Installation) -> None:
    assert "setup-link" in alone.run(ENTRYPOINT, "--help").stdout
