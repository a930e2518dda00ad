"""What every other test builds on: fresh databases and an empty Redis."""

from pathlib import Path

import pytest
import redis
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from models import AuditRecord, Database
from models.runtime import Runtime
from tests.databases import fresh_postgresql
from tests.services import RedisServer, wait_for_address


def test_a_database_is_migrated_and_nobody_elses(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.execute(text("CREATE TABLE mine (id INTEGER PRIMARY KEY)"))

    with runtime.database.read() as session:
        assert session.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_the_next_test_gets_a_fresh_database(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.execute(text("CREATE TABLE mine (id INTEGER PRIMARY KEY)"))

        assert session.execute(text("SELECT count(*) FROM mine")).scalar_one() == 0


def test_a_database_that_is_lent_again_is_as_new_and_what_was_left_running_finds_nothing(services: Path) -> None:
    address = wait_for_address(services, "postgresql")
    with fresh_postgresql(services, address) as old_url:
        old = Database(old_url)
        with old.write() as session:
            session.execute(text("UPDATE alembic_version SET version_num = 'other'"))
            session.add(_record())

    with fresh_postgresql(services, address) as new_url:
        new = Database(new_url)
        with new.write() as session:
            session.add(record := _record())
            session.flush()

            assert record.id == session.query(AuditRecord).count() == 1
            assert session.execute(text("SELECT version_num FROM alembic_version")).scalar_one() != "other"
        with pytest.raises(OperationalError), old.read() as session:
            session.execute(text("SELECT 1"))
        new.close()
    old.close()


def test_a_database_whose_tables_were_changed_is_not_lent_again(services: Path) -> None:
    address = wait_for_address(services, "postgresql")
    with fresh_postgresql(services, address) as url:
        _execute(url, "DROP TRIGGER instance_never_back ON instance")

    with fresh_postgresql(services, address) as url:
        _execute(url, "DROP TRIGGER instance_never_back ON instance")


def _execute(url: str, statement: str) -> None:
    database = Database(url)
    with database.write() as session:
        session.execute(text(statement))
    database.close()


def _record() -> AuditRecord:
    return AuditRecord(actor="somebody", action="tested", target="a database")


def test_redis_is_empty_and_real(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_a_killed_redis_comes_back_with_what_it_had(own_redis: RedisServer) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        client.set("kept", "yes")
    own_redis.kill()

    own_redis.start()

    with redis.Redis.from_url(own_redis.url) as client:
        assert client.get("kept") == b"yes"
