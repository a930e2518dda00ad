"""The system check: every check in both directions, each failure with a reason and a fix."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis

from jobs.checks import (
    Check,
    CheckState,
    check_base_url,
    check_clock,
    check_database,
    check_disk,
    check_git,
    check_instance,
    check_migrations,
    check_readiness,
    check_redis,
    check_system,
    check_ticker,
    check_workers,
)
from jobs.heartbeats import beat
from models import Database, Instance, Runtime, SecretBox, WorkerHeartbeat, utc_now
from models.start import prepare_instance

ANOTHER_KEY = "A" * 43 + "="


@pytest.fixture
def healthy(runtime: Runtime) -> Runtime:
    """An instance with everything it needs."""
    prepare_instance(runtime)
    with runtime.database.write() as session:
        for queue in ("interactive", "sync", "packages", "ticker"):
            beat(session, name=queue, queue=queue)
    return runtime


def without_database(runtime: Runtime, tmp_path: Path) -> Runtime:
    (tmp_path / "folder").mkdir()
    return replace(runtime, database=Database(f"sqlite:///{tmp_path / 'folder'}"))


def test_a_healthy_instance_passes_every_check(healthy: Runtime) -> None:
    checks = check_system(healthy, read_git_version=lambda: (2, 39, 5))

    assert {check.key: check.state for check in checks if check.state is not CheckState.OK} == {}
    assert [check.key for check in checks] == [
        "database", "migrations", "key", "redis", "workers", "ticker", "git", "clock", "disk", "base_url",
    ]  # fmt: skip


def test_a_database_that_does_not_answer_is_named_alone(healthy: Runtime, tmp_path: Path) -> None:
    broken = without_database(healthy, tmp_path)

    states = {check.key: check.state for check in check_readiness(broken)}

    assert states == {"database": CheckState.FAILED, "redis": CheckState.OK}
    for check in (check_migrations, check_instance, check_workers, check_ticker):
        assert check(broken).state is CheckState.FAILED
    assert check_clock(broken).state is CheckState.WARNING


def test_missing_tables_are_seen(runtime: Runtime, tmp_path: Path) -> None:
    empty = replace(runtime, database=Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}"))

    assert_failed(check_migrations(empty), "The database is empty")
    assert check_database(empty).state is CheckState.OK


def test_a_wrong_key_is_seen(healthy: Runtime) -> None:
    wrong = replace(healthy, secret_box=SecretBox((ANOTHER_KEY,)))

    assert_failed(check_instance(wrong), "The encryption key is not the one")


@pytest.mark.parametrize(
    ("url", "reason"),
    [("", "REDIS_URL is not set"), ("unix:///nowhere/redis.sock", "Redis does not answer")],
)
def test_a_missing_redis_is_seen(healthy: Runtime, url: str, reason: str) -> None:
    lonely = replace(healthy, settings=replace(healthy.settings, redis_url=url))

    assert_failed(check_redis(lonely), reason)


def test_an_old_redis_is_seen(healthy: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Redis, "info", lambda _redis, _section: {"redis_version": "5.0.14"})

    assert_failed(check_redis(healthy), "Redis 5.0.14 is too old")


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("redis://redis.internal:6379", CheckState.WARNING),
        ("redis://:pass@redis.internal:6379", CheckState.OK),
        ("redis://localhost:6379", CheckState.OK),
        ("redis://127.0.0.1:6379", CheckState.OK),
    ],
)
def test_a_redis_that_anybody_could_use_is_seen(
    healthy: Runtime, monkeypatch: pytest.MonkeyPatch, url: str, state: CheckState
) -> None:
    monkeypatch.setattr(Redis, "info", lambda _redis, _section: {"redis_version": "7.0.15"})

    assert check_redis(replace(healthy, settings=replace(healthy.settings, redis_url=url))).state is state


def test_a_queue_without_worker_is_named(healthy: Runtime) -> None:
    with healthy.database.write() as session:
        session.get_one(WorkerHeartbeat, "sync").seen_at = utc_now() - timedelta(minutes=1)

    assert_failed(check_workers(healthy), "Nobody works on the queue sync")


def test_a_missing_ticker_is_seen(runtime: Runtime) -> None:
    assert_failed(check_ticker(runtime), "Nobody hands work")


def no_git() -> tuple[int, ...]:
    raise FileNotFoundError


@pytest.mark.parametrize(
    ("read_version", "reason"), [(no_git, "git can not be started"), (lambda: (2, 30, 2), "git 2.30.2 is too old")]
)
def test_a_git_that_will_not_do_is_seen(read_version: Callable[[], tuple[int, ...]], reason: str) -> None:
    assert_failed(check_git(read_version), reason)


def test_clocks_that_differ_are_seen(healthy: Runtime) -> None:
    with healthy.database.write() as session:
        session.get_one(WorkerHeartbeat, "sync").seen_at = utc_now() + timedelta(minutes=5)

    assert check_clock(healthy).state is CheckState.WARNING


def test_a_clock_that_differs_from_the_database_servers_is_seen(
    postgresql_url: str, healthy: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.checks.utc_now", lambda: utc_now() + timedelta(minutes=10))
    remote = replace(healthy, database=Database(postgresql_url))

    assert check_clock(remote).state is CheckState.WARNING
    remote.database.close()


def test_a_full_disk_is_seen(healthy: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        total, free = 100_000_000_000, 4_000_000_000

    monkeypatch.setattr("jobs.checks.shutil.disk_usage", lambda _folder: Usage)

    assert_failed(check_disk(healthy), "Only 4.0 GB free")


def test_a_data_directory_that_can_not_be_written_is_seen(
    healthy: Runtime, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    missing = replace(healthy, settings=replace(healthy.settings, data_dir=tmp_path / "missing"))
    assert_failed(check_disk(missing), "can not be written")

    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert_failed(check_disk(healthy), "can not be written")


def test_a_base_url_whose_name_nobody_knows_is_seen(healthy: Runtime) -> None:
    lost = replace(healthy, settings=replace(healthy.settings, base_url="https://packages.invalid"))

    assert check_base_url(lost).state is CheckState.WARNING


def test_a_missing_instance_row_is_seen(healthy: Runtime) -> None:
    with healthy.database.write() as session:
        session.delete(session.get_one(Instance, 1))

    assert_failed(check_instance(healthy), "The row about this instance is missing")


def assert_failed(check: Check, reason: str) -> None:
    assert check.state is CheckState.FAILED
    assert check.reason.startswith(reason) or reason in check.reason
    assert check.fix
