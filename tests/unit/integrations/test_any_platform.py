"""A further platform touches its own folder, one line of the list, a fake and data files: nothing else knows names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.platforms import PLATFORMS

ROOT = Path(__file__).parents[3]
ABOVE = [
    "accounts",
    "admin",
    "composer",
    "jobs",
    "models",
    "organizations",
    "setup_mode",
    "static",
    "sync",
    "templates",
    "web",
    "webhooks",
]
KEYS = re.compile(f"[\"']({'|'.join(PLATFORMS)})[\"']")
OWN_PARTS = ("driver.py", "convert.py", "hooks.py", "platform.py", "probe.py")


def folder_of(key: str) -> str:
    """The folder of a platform's driver."""
    return PLATFORMS[key].open_code_host.__module__.split(".")[1]


FOLDERS = sorted({folder_of(key) for key in PLATFORMS})


def product_files() -> Iterator[Path]:
    """Everything above the drivers that could know a platform."""
    yield from (ROOT / name for name in ("cli.py", "wsgi.py", "worker.py"))
    for name in ABOVE:
        yield from (path for path in (ROOT / name).rglob("*.*") if path.suffix in {".py", ".html", ".js"})


def imported_by(path: Path) -> set[str]:
    """The modules that a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return named | {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}


def test_nothing_above_the_drivers_names_a_platform() -> None:
    naming = {path.relative_to(ROOT).as_posix() for path in product_files() if KEYS.search(path.read_text("utf-8"))}

    assert naming == set()


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_driver_is_imported_by_itself_and_by_the_list_of_platforms_only(folder: str) -> None:
    package = f"integrations.{folder}"
    files = [path for path in (ROOT / "integrations").rglob("*.py") if path.parent.name != folder]
    files += [path for path in product_files() if path.suffix == ".py"]

    importing = {
        path.relative_to(ROOT).as_posix()
        for path in files
        if any(name == package or name.startswith(f"{package}.") for name in imported_by(path))
    }

    assert importing == {"integrations/platforms.py"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_platform_has_its_parts_a_fake_a_contract_and_tests(folder: str) -> None:
    wanted = [
        *(f"integrations/{folder}/{part}" for part in OWN_PARTS),
        *(f"tests/fakes/{folder}/{part}" for part in ("__main__.py", "fake.py", "oracle.py")),
        f"tests/data/{folder}/contract.json",
        f"tests/unit/integrations/{folder}/__init__.py",
        *(f"tests/{part}/{folder}.py" for part in ("unit/sync/companies", "functional/sync/changing", "e2e/hosts")),
    ]

    assert [path for path in wanted if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("key", PLATFORMS)
def test_each_platform_is_in_the_overview(key: str) -> None:
    overview = (ROOT / "docs" / "code-hosts.md").read_text(encoding="utf-8")

    assert PLATFORMS[key].label in overview
