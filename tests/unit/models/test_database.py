"""Two databases, one behaviour: writers wait for each other instead of failing or losing updates."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from models import AuditRecord, Database, JobRun, Organization, Package, Runtime, record_audit


def make_organization(runtime: Runtime) -> int:
    with runtime.database.write() as session:
        organization = Organization(short_name="acme", name="Acme")
        session.add(organization)
        session.flush()
        return organization.id


def name_of(runtime: Runtime, organization_id: int) -> str:
    with runtime.database.read() as session:
        return session.get_one(Organization, organization_id).name


def test_a_block_that_ends_well_is_committed(runtime: Runtime) -> None:
    organization_id = make_organization(runtime)

    assert name_of(runtime, organization_id) == "Acme"


def test_a_block_that_raises_leaves_nothing(runtime: Runtime) -> None:
    with suppress(ZeroDivisionError), runtime.database.write() as session:
        session.add(Organization(short_name="acme", name="Acme"))
        session.flush()
        raise ZeroDivisionError

    with runtime.database.read() as session:
        assert session.scalars(select(Organization)).all() == []


def test_a_second_writer_waits_instead_of_failing(runtime: Runtime) -> None:
    organization_id = make_organization(runtime)
    other = Database(runtime.settings.database_url)
    wrote = threading.Event()

    def rename() -> None:
        with other.write() as session:
            session.execute(update(Organization).where(Organization.id == organization_id).values(name="Second"))
        wrote.set()

    with ThreadPoolExecutor(1) as pool:
        with runtime.database.write() as session:
            session.execute(update(Organization).where(Organization.id == organization_id).values(name="First"))
            second = pool.submit(rename)
            assert not wrote.wait(0.3)
        second.result(timeout=30)
    other.close()

    assert name_of(runtime, organization_id) == "Second"


def test_two_who_read_and_then_write_lose_no_update(runtime: Runtime) -> None:
    organization_id = make_organization(runtime)
    databases = [Database(runtime.settings.database_url) for _ in range(4)]

    def append(database: Database, letter: str) -> None:
        for _ in range(5):
            with database.write() as session:
                statement = select(Organization).where(Organization.id == organization_id).with_for_update()
                session.scalars(statement).one().name += letter

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(append, *pair) for pair in zip(databases, "abcd", strict=True)]:
            done.result(timeout=60)
    for database in databases:
        database.close()

    letters = name_of(runtime, organization_id).removeprefix("Acme")
    assert sorted(letters) == sorted("abcd" * 5)


def test_a_reader_sees_a_steady_state_while_somebody_writes(runtime: Runtime) -> None:
    organization_id = make_organization(runtime)

    with runtime.database.write() as writing:
        writing.get_one(Organization, organization_id).name = "New"
        writing.flush()
        seen = name_of(runtime, organization_id)

    assert seen == "Acme"


def test_foreign_keys_hold_on_both_databases(runtime: Runtime) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), runtime.database.write() as session:
        session.add(Package(organization_id=404, name="acme/http"))


def test_a_forked_child_has_connections_of_its_own(runtime: Runtime) -> None:
    organization_id = make_organization(runtime)
    with runtime.database.read() as session:
        session.execute(text("SELECT 1"))  # leaves a connection in the pool

    child = os.fork()
    if child == 0:
        code = 1
        with suppress(BaseException):
            runtime.database.forget()
            for number in range(20):
                with runtime.database.write() as session:
                    session.get_one(Organization, organization_id).name = f"Child {number}"
            code = 0
        os._exit(code)
    for _ in range(20):
        assert name_of(runtime, organization_id).startswith(("Acme", "Child"))
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert name_of(runtime, organization_id) == "Child 19"


def test_times_keep_their_moment_and_come_back_in_utc(runtime: Runtime) -> None:
    moment = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))

    with runtime.database.write() as session:
        session.add(JobRun(id=1, name="x", queue="sync", run_after=moment))

    with runtime.database.read() as session:
        stored = session.get_one(JobRun, 1).run_after
    assert stored == moment
    assert stored.tzinfo is UTC


def test_a_time_without_zone_is_refused(runtime: Runtime) -> None:
    with pytest.raises(StatementError, match="naive"), runtime.database.write() as session:
        session.add(JobRun(name="x", queue="sync", run_after=datetime(2026, 3, 1)))  # noqa: DTZ001 - that is the point


def test_a_package_name_belongs_to_one_package(runtime: Runtime) -> None:
    organization_id = make_organization(runtime)

    with pytest.raises(IntegrityError), runtime.database.write() as session:
        session.add_all([Package(organization_id=organization_id, name="acme/http") for _ in range(2)])


@pytest.mark.parametrize("url", ["postgresql://db/x", "postgres://db/x", "postgresql+psycopg://db/x"])
def test_every_spelling_of_postgresql_uses_the_driver_that_is_installed(url: str) -> None:
    database = Database(url)

    assert database.url.drivername == "postgresql+psycopg"
    assert not database.is_sqlite


def add_record(session: Session) -> AuditRecord:
    record_audit(session, actor="ann", action="integration_created", target="gitlab", details={"platform": "gitlab"})
    session.flush()
    return session.scalars(select(AuditRecord)).one()


def test_an_audit_record_keeps_what_was_said(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        record = add_record(session)

    assert (record.actor, record.action, record.details) == ("ann", "integration_created", {"platform": "gitlab"})


def test_an_audit_record_is_never_changed(runtime: Runtime) -> None:
    with pytest.raises(RuntimeError), runtime.database.write() as session:
        add_record(session).actor = "bob"


def test_an_audit_record_is_never_removed(runtime: Runtime) -> None:
    with pytest.raises(RuntimeError), runtime.database.write() as session:
        session.delete(add_record(session))
