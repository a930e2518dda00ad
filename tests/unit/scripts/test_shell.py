"""The shell part of the commands, in a folder of its own; stand-ins replace what would change the system."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.places import ROOT

REAL_PROGRAMS = ("sh", "dirname", "readlink", "cat", "sha256sum", "rm", "flock", "stat", "sleep", "env", "printf")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with our scripts, an empty lock file, and `bin`, which is all that is on the PATH."""
    folder = tmp_path / "project"
    shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "repertory", folder)
    (folder / "requirements").mkdir()
    (folder / "requirements" / "runtime.txt").write_text("flask==3\n", encoding="utf-8")
    (folder / "bin").mkdir()
    for name in REAL_PROGRAMS:
        (folder / "bin" / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    stand_in(folder / "bin" / "id", "echo 1000")
    return folder


def stand_in(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def recorder(project: Path, path: Path) -> Callable[[], list[str]]:
    """Put a program at `path` that writes down its arguments. Returns a function that reads them, a line per call."""
    record = project / f"{path.name}.calls"
    stand_in(path, f'printf "%s\\n" "$*" >>"{record}"')
    return lambda: record.read_text(encoding="utf-8").splitlines() if record.exists() else []


def run(project: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=project,
        env={"PATH": str(project / "bin"), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def run_with_functions(project: Path, script: str) -> subprocess.CompletedProcess[str]:
    return run(project, "sh", "-c", f"set -eu; root='{project}'; . scripts/system.sh; {script}")


NEEDED = 'need redis-server "keeps the queue" has redis-server; need git "reads repositories" has sh; install_missing'


def test_without_root_the_one_command_to_type_is_named(project: Path) -> None:
    stand_in(project / "bin" / "apt-get", "exit 1")

    result = run_with_functions(project, NEEDED)

    assert result.returncode == 1
    assert "redis-server: keeps the queue" in result.stderr
    assert f"{project}/scripts/install-packages redis-server\n" in result.stderr


def test_without_a_known_package_manager_the_programs_are_named(project: Path) -> None:
    result = run_with_functions(project, NEEDED)

    assert result.returncode == 1
    assert "redis-server: keeps the queue" in result.stderr
    assert "package manager of this system" in result.stderr


def test_root_installs_what_is_missing_and_says_why(project: Path) -> None:
    stand_in(project / "bin" / "id", "echo 0")
    stand_in(project / "bin" / "apt-get", "exit 1")
    installed = recorder(project, project / "scripts" / "install-packages")

    result = run_with_functions(project, NEEDED)

    assert result.returncode == 0
    assert "redis-server: keeps the queue" in result.stdout
    assert installed() == ["redis-server"]


def test_sudo_is_used_where_it_asks_nothing(project: Path) -> None:
    stand_in(project / "bin" / "apt-get", "exit 1")
    called = recorder(project, project / "bin" / "sudo")

    result = run_with_functions(project, NEEDED)

    assert result.returncode == 0
    assert called() == ["-n true", f"{project}/scripts/install-packages redis-server"]


def test_nothing_is_installed_when_nothing_is_missing(project: Path) -> None:
    result = run_with_functions(project, 'need git "reads repositories" has sh; install_missing')

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_an_old_python_is_passed_over(project: Path) -> None:
    stand_in(project / "bin" / "python3", "exit 1")  # what our question about the version answers
    stand_in(project / "bin" / "python3.12", "exit 0")

    result = run_with_functions(project, f"REPERTORY_PYTHON={project}/bin/python3; find_python; echo $python")

    assert result.stdout.strip() in {"/usr/bin/python3", f"{project}/bin/python3.12"}


def test_packages_are_installed_once_for_each_lock_file(project: Path) -> None:
    calls = recorder(project, project / ".venv" / "bin" / "python")

    def ensure() -> int:
        result = run_with_functions(project, "python=none; ensure_environment runtime")
        assert result.returncode == 0
        return sum("pip install" in call for call in calls())

    counts = [ensure(), ensure()]
    (project / "requirements" / "runtime.txt").write_text("flask==4\n", encoding="utf-8")
    counts.append(ensure())

    assert counts == [1, 1, 2]


def test_packages_are_installed_only_with_hashes_and_without_building(project: Path) -> None:
    calls = recorder(project, project / ".venv" / "bin" / "python")

    run_with_functions(project, "python=none; ensure_environment runtime")

    install = next(call for call in calls() if "pip install" in call)
    assert "--require-hashes" in install
    assert "--only-binary :all:" in install


def test_workers_wait_until_redis_has_loaded_its_data(project: Path) -> None:
    tries = project / "tries"
    stand_in(
        project / "bin" / "redis-cli",
        f'printf . >>"{tries}"; [ "$(cat "{tries}")" = ... ] && echo PONG || echo LOADING',
    )

    result = run(project, "scripts/after-redis", "/run/redis.sock", "printf", "started")

    assert result.stdout == "started"
    assert tries.read_text(encoding="utf-8") == "..."


def test_the_command_says_how_to_install_itself(project: Path) -> None:
    result = run(project, "./repertory", "doctor")

    assert result.returncode == 1
    assert f"Type 'make run' in {project} once" in result.stderr


def test_the_command_finds_the_data_and_the_running_redis_from_anywhere(project: Path) -> None:
    stand_in(project / ".venv" / "bin" / "python", 'echo "$@" "$REDIS_URL" "$REPERTORY_DATA_DIR" "$PYTHONPATH"')
    (project / "var" / "run").mkdir(parents=True)
    (project / "var" / "run" / "redis.url").write_text("unix:///run/redis.sock", encoding="utf-8")
    (project / "elsewhere").mkdir()
    link = project / "elsewhere" / "repertory"
    link.symlink_to(project / "repertory")

    result = run(project, str(link), "doctor", "--json")

    assert result.stdout.split() == [
        *("-P", "-m", "cli", "doctor", "--json", "unix:///run/redis.sock", str(project / "var"), str(project)),
    ]


def test_a_redis_of_ones_own_choice_is_left_alone(project: Path) -> None:
    stand_in(project / ".venv" / "bin" / "python", 'echo "$REDIS_URL"')
    (project / "var" / "run").mkdir(parents=True)
    (project / "var" / "run" / "redis.url").write_text("unix:///run/redis.sock", encoding="utf-8")

    result = run(project, "./repertory", "doctor", REDIS_URL="redis://elsewhere:6379/0")

    assert result.stdout.strip() == "redis://elsewhere:6379/0"


def test_every_script_is_executable_and_every_part_is_not() -> None:
    for path in (ROOT / "scripts").iterdir():
        if path.is_file() and path.suffix != ".pyc":
            assert os.access(path, os.X_OK) == (path.suffix == ""), path.name
