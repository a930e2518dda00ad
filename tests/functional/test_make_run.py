"""What `make run` starts, once everything is installed: all processes of an installation, and their end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.processes import Installation, end, wait_until

START = (sys.executable, "-m", "scripts.start")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path / "var", DATABASE_URL="", REDIS_URL="")
    yield installation
    installation.clean_up()


def start_and_wait(installation: Installation) -> subprocess.Popen[bytes]:
    installation.output.unlink(missing_ok=True)
    process = installation.start(*START)
    wait_until(lambda: installation.has_printed("Stop it with Ctrl-C"), what="it says that it is ready")
    return process


def test_it_starts_everything_and_stops_everything(installation: Installation) -> None:
    process = start_and_wait(installation)
    running = " ".join(installation.processes().values())

    is_ready = installation.is_ready()
    code, seconds = end(process, signal.SIGINT)

    assert all(part in running for part in ("redis-server", "supervisord", "gunicorn", "cli worker", "cli ticker"))
    assert is_ready
    assert installation.has_printed(f"Address     http://localhost:{installation.port}")
    assert (code, installation.processes()) == (0, {})
    assert seconds < 12


def test_the_second_start_finds_everything_as_it_was(installation: Installation) -> None:
    end(start_and_wait(installation))
    key = (installation.data / "secrets.key").read_bytes()

    process = start_and_wait(installation)
    refused = installation.run(*START)  # a third one, while the second is running
    end(process)

    assert (refused.returncode, "It is running already" in refused.stderr) == (1, True)
    assert (installation.data / "secrets.key").read_bytes() == key


def test_when_the_start_command_is_killed_everything_ends_by_itself(installation: Installation) -> None:
    process = start_and_wait(installation)

    end(process, signal.SIGKILL)

    wait_until(lambda: installation.processes() == {}, what="no process is left", seconds=20)


def test_a_web_process_that_was_killed_comes_back(installation: Installation) -> None:
    process = start_and_wait(installation)
    web = [number for number, command in installation.processes().items() if "gunicorn" in command]

    for number in web:
        os.kill(number, signal.SIGKILL)

    wait_until(lambda: not set(web) & set(installation.processes()), what="the old processes are gone")
    wait_until(installation.is_ready, what="the web is back")
    end(process)


def test_a_wrong_setting_stops_the_start_with_one_sentence(installation: Installation) -> None:
    result = installation.run("env", "REPERTORY_LOG_LEVEL=loud", *START)

    assert result.returncode == 1
    assert result.stderr.strip().startswith("Repertory was not started. REPERTORY_LOG_LEVEL is 'loud'")
    assert len(result.stderr.strip().splitlines()) == 1
