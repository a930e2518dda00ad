"""A PostgreSQL that restarts, cuts connections or takes nothing in the middle of a run: it is done again, once."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

import sync.run
from jobs.execution import execute
from models import Database, RunResult
from models.upgrade import upgrade_database
from tests.databases import empty_postgresql
from tests.fakes.gitlab import FakeGitLab
from tests.functional.sync import doing
from tests.functional.sync.conftest import Company
from tests.functional.sync.small import (
    bury_the_dead,
    do_our_jobs,
    found_small_company,
    here,
    request,
    runs,
    someone_comes_or_goes,
    there,
    waiting_jobs,
)
from tests.services import PostgresServer


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of the test's own, in a folder that its user may enter when we are root."""
    with TemporaryDirectory(prefix="repertory-test-") as folder:
        Path(folder).chmod(0o711)
        server = PostgresServer(Path(folder) / "cluster")
        server.start()
        yield server
        server.stop()


@pytest.fixture
def database_url(server: PostgresServer) -> Iterator[str]:
    """A migrated database that keeps what was committed."""
    with empty_postgresql(server.url) as address:
        kept = make_url(address).update_query_dict({"options": "-csynchronous_commit=on"})
        url = kept.render_as_string(hide_password=False)
        database = Database(url)
        upgrade_database(database)
        database.close()
        yield url


def administer(server: PostgresServer, statement: str) -> None:
    """As the database's administrator, who is cut off by nothing here."""
    address = make_url(server.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True, options="-c default_transaction_read_only=off") as connection:
        connection.execute(statement.encode())


def cut_all_connections(server: PostgresServer) -> None:
    """What a failover or a firewall does."""
    administer(server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


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


def test_connections_that_are_cut_at_any_moment_leave_no_half_run(
    company: Company, server: PostgresServer, scale: int
) -> None:
    seed = 11 if scale == 1 else random.SystemRandom().randrange(10**6)
    dice = random.Random(seed)
    company.synchronize()
    do_our_jobs(company.runtime)
    for number in range(4 if scale == 1 else 10 * scale):
        someone_comes_or_goes(company)
        request(company)
        scissors = threading.Timer(dice.uniform(0, 0.25), cut_all_connections, [server])
        scissors.start()
        for job_run_id in waiting_jobs(company.runtime):
            work_or_die(company, job_run_id)
        scissors.join()

        bury_the_dead(company.runtime)
        do_our_jobs(company.runtime)

        assert here(company) == there(company), f"seed {seed}, cut {number}"
        doing.assert_nothing_is_left_over(company.runtime)


def work_or_die(company: Company, job_run_id: int) -> None:
    """A job that can not even write down how it ended is one whose worker died."""
    try:
        execute(company.runtime, job_run_id, worker="unlucky", on_lost=lambda: None)
    except SQLAlchemyError:
        return


def test_a_database_that_takes_nothing_any_more_keeps_what_was_there(company: Company, server: PostgresServer) -> None:
    company.synchronize()
    do_our_jobs(company.runtime)
    before = here(company)
    someone_comes_or_goes(company)
    request(company)
    (job_run_id,) = waiting_jobs(company.runtime)

    database = make_url(company.runtime.settings.database_url).database
    administer(server, f'ALTER DATABASE "{database}" SET default_transaction_read_only = on')
    cut_all_connections(server)
    work_or_die(company, job_run_id)
    assert here(company) == before
    administer(server, f'ALTER DATABASE "{database}" RESET default_transaction_read_only')
    cut_all_connections(server)
    bury_the_dead(company.runtime)
    do_our_jobs(company.runtime)

    assert here(company) == there(company) != before
    doing.assert_nothing_is_left_over(company.runtime)
