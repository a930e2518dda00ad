"""A PostgreSQL that goes down in the middle of writing a run: all of it is there in the end, or it is done again."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import make_url

import sync.run
from models import Database, RunResult
from models.upgrade import upgrade_database
from tests.fakes.gitlab import FakeGitLab
from tests.functional.sync import doing
from tests.functional.sync.conftest import Company
from tests.functional.sync.small import (
    do_our_jobs,
    found_small_company,
    here,
    request,
    runs,
    someone_comes_or_goes,
    there,
)
from tests.services import PostgresServer


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of the test's own, in a folder that its user may enter when we are root."""
    with TemporaryDirectory(prefix="repertory-test-") as folder:
        Path(folder).chmod(0o711)
        server = PostgresServer(Path(folder) / "cluster")
        server.start()
        yield server
        server.stop()


@pytest.fixture
def database_url(server: PostgresServer) -> str:
    """A migrated database that keeps what was committed."""
    kept = make_url(server.url).update_query_dict({"options": "-csynchronous_commit=on"})
    url = kept.render_as_string(hide_password=False)
    database = Database(url)
    upgrade_database(database)
    database.close()
    return url


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    """A small company."""
    with FakeGitLab() as fake:
        found_small_company(fake)
        yield fake


def test_a_run_whose_database_restarts_is_done_again(
    company: Company, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = ["sync.planned", "sync.apply", "sync.applied"]

    def restart_once(_active: str, name: str) -> None:
        if name == waiting[0]:
            waiting[0] = ""
            server.restart()

    company.synchronize()
    do_our_jobs(company.runtime)
    monkeypatch.setattr(sync.run, "failpoint", restart_once)
    while waiting:
        place, before = waiting[0], here(company)
        someone_comes_or_goes(company)
        request(company)
        do_our_jobs(company.runtime)

        assert waiting.pop(0) == "", f"the database did not restart at {place}"
        assert here(company) == there(company) != before, place
        assert runs(company)[-1].result is RunResult.OK, place
        doing.assert_nothing_is_left_over(company.runtime)
