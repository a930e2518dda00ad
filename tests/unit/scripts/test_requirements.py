"""The lock files: complete, and the tests run on what production runs on."""

import re
from pathlib import Path

from scripts.places import ROOT

PINNED = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)")


def read_lock(name: str) -> dict[str, str]:
    matches = (PINNED.match(line) for line in read_lines(ROOT / "requirements" / f"{name}.txt"))
    return {match["name"]: match["version"] for match in matches if match}


def read_wanted(name: str) -> set[str]:
    lines = read_lines(ROOT / "requirements" / f"{name}.in")
    return {line.partition("[")[0] for line in lines if line and not line.startswith(("#", "-"))}


def read_lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_tests_run_with_the_versions_of_production() -> None:
    runtime, development = read_lock("runtime"), read_lock("development")

    assert runtime
    assert runtime.items() <= development.items()


def test_everything_wanted_is_locked() -> None:
    assert read_wanted("runtime") <= read_lock("runtime").keys()
    assert read_wanted("development") <= read_lock("development").keys()


def test_every_locked_package_has_hashes() -> None:
    for name in ("runtime", "development"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        entries = re.split(r"\n(?=[a-z])", text)

        assert len(entries) == len(read_lock(name))
        assert all("--hash=sha256:" in entry for entry in entries)


def test_what_debians_python_needs_is_locked_too() -> None:
    assert "async-timeout" in read_lock("runtime")  # redis needs it before Python 3.11.3


def test_contributing_says_why_each_dependency_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").lower()

    missing = {name for name in read_wanted("runtime") | read_wanted("development") if f"`{name}`" not in text}
    assert missing == set()
