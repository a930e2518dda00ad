"""What every other test builds on: fresh databases and an empty Redis."""

import redis
from sqlalchemy import text

from models.runtime import Runtime
from tests.services import RedisServer


def test_a_database_is_migrated_and_nobody_elses(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.execute(text("CREATE TABLE mine (id INTEGER PRIMARY KEY)"))

    with runtime.database.read() as session:
        assert session.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_the_next_test_gets_a_fresh_database(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.execute(text("CREATE TABLE mine (id INTEGER PRIMARY KEY)"))

        assert session.execute(text("SELECT count(*) FROM mine")).scalar_one() == 0


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
