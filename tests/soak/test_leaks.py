"""Very many runs in one process: neither its memory nor its open files grow."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.gitlab import FakeGitLab
from tests.functional.sync import doing
from tests.functional.sync.conftest import Company, company
from tests.functional.sync.small import found_small_company, here, someone_comes_or_goes, there

__all__ = ["company"]

WARM = 20
MOST_MEGABYTES = 24.0


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    """A small company."""
    with FakeGitLab() as server:
        found_small_company(server)
        yield server


def test_a_thousand_runs_leave_memory_and_open_files_as_they_were(company: Company, scale: int) -> None:
    runs_of_changes(company, WARM)
    memory, files = megabytes(), open_files()

    runs_of_changes(company, 50 * scale)

    assert megabytes() - memory < MOST_MEGABYTES
    assert open_files() <= files + 5
    assert here(company) == there(company)


def runs_of_changes(company: Company, number: int) -> None:
    for _ in range(number):
        someone_comes_or_goes(company)
        doing.run(company.runtime, company.synchronization_id)
        company.fake.requests.clear()


def megabytes() -> float:
    """What this process has in memory; the fake host is in it too."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
