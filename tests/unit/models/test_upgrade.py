"""Migrations: from an empty database to the tables of the program, back, and forth, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import insert, inspect, select, text

from models import Base, Database, Organization, Package
from models.upgrade import MIGRATIONS, current_revision, newest_revision, upgrade_database
from tests.databases import empty_postgresql
from tests.services import wait_for_address


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, services: Path, tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'new' / 'empty.sqlite3'}")
        yield database
        database.close()
        return
    with empty_postgresql(wait_for_address(services, "postgresql")) as url:
        database = Database(url)
        yield database
        database.close()


def migrate_down(database: Database) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.write_engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()


def table_names(database: Database) -> set[str]:
    return set(inspect(database.read_engine).get_table_names())


def test_an_upgrade_from_empty_makes_exactly_the_tables_of_the_program(empty: Database) -> None:
    assert current_revision(empty) is None

    upgrade_database(empty)

    assert current_revision(empty) == newest_revision()
    assert table_names(empty) == {*Base.metadata.tables, "alembic_version"}
    with empty.read_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_second_upgrade_changes_nothing_and_keeps_the_rows(empty: Database) -> None:
    upgrade_database(empty)
    with empty.write() as session:
        session.add(Organization(short_name="acme", name="Acme"))

    upgrade_database(empty)

    with empty.read() as session:
        assert session.scalars(select(Organization.name)).all() == ["Acme"]


def test_a_downgrade_leaves_nothing_and_the_way_back_works(empty: Database) -> None:
    upgrade_database(empty)

    migrate_down(empty)
    left = table_names(empty) - {"alembic_version"}
    upgrade_database(empty)

    assert left == set()
    assert set(Base.metadata.tables) <= table_names(empty)


def test_processes_that_upgrade_at_once_do_not_disturb_each_other(empty: Database) -> None:
    url = empty.url.render_as_string(hide_password=False)
    rivals = [Database(url) for _ in range(3)]

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(_upgrade_alone, rivals))
    for rival in rivals:
        rival.close()

    assert current_revision(empty) == newest_revision()


def _upgrade_alone(database: Database) -> None:
    upgrade_database(database)


def test_foreign_keys_hold_after_an_upgrade_in_the_same_process(empty: Database) -> None:
    upgrade_database(empty)

    if empty.is_sqlite:
        with empty.write() as session:
            assert session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_config: Config, _revision: str) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("models.upgrade.command.upgrade", fail)
        with pytest.raises(RuntimeError):
            upgrade_database(empty)

    assert table_names(empty) == set()
    upgrade_database(empty)
    assert current_revision(empty) == newest_revision()


def test_rows_that_point_nowhere_stop_the_upgrade_on_sqlite(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'broken.sqlite3'}")
    upgrade_database(database)
    with database.write_engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        connection.execute(insert(Package).values(organization_id=404, name="acme/http"))
        connection.commit()

    with pytest.raises(RuntimeError, match="1 rows that point nowhere"):
        upgrade_database(database)
    database.close()
