"""The system check: is everything there that this instance needs to work? Each check says what is wrong and the fix."""

import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from redis import Redis, RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from config import SettingsError
from jobs.connections import open_impatient_redis
from jobs.heartbeats import TICKER, list_served_queues
from jobs.registry import QUEUES
from models import Runtime, WorkerHeartbeat, utc_now
from models.start import InstanceProblem, inspect_instance, inspect_revision

OLDEST_REDIS = (6, 2)
OLDEST_GIT = (2, 39)  # from here on an address that was checked can be pinned
SKEW = timedelta(seconds=30)
LOW_DISK = 0.05


class CheckState(StrEnum):
    """`warning`: it works, but somebody should look; `failed`: something does not work."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. `key` never changes; `fix` is empty when there is nothing to do."""

    key: str
    title: str
    state: CheckState
    reason: str
    fix: str = ""


def check_system(runtime: Runtime, *, read_git_version: Callable[[], tuple[int, ...]]) -> list[Check]:
    """Everything. `read_git_version` may raise any exception when there is no git."""
    return [*check_readiness(runtime), check_git(read_git_version), *_check_machine(runtime)]


def check_readiness(runtime: Runtime) -> list[Check]:
    """What `/readyz` asks: quick, without any other host than the database and Redis."""
    database = check_database(runtime)
    if database.state is CheckState.FAILED:
        return [database, check_redis(runtime)]
    return [
        database,
        check_migrations(runtime),
        check_instance(runtime),
        check_redis(runtime),
        check_workers(runtime),
        check_ticker(runtime),
    ]


def check_database(runtime: Runtime) -> Check:
    """Whether the database answers."""
    kind = "SQLite" if runtime.database.is_sqlite else "PostgreSQL"
    try:
        with runtime.database.read() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        reason = f"{kind} does not answer ({type(error).__name__})"
        return _failed("database", "Database", reason, "Start it, and check DATABASE_URL.")
    return _ok("database", "Database", f"{kind} answers")


def check_migrations(runtime: Runtime) -> Check:
    """Whether the tables are those of this program."""
    try:
        inspect_revision(runtime)
    except (InstanceProblem, SQLAlchemyError) as error:
        return _failed("migrations", "Tables", _sentence(error), "Run `repertory db upgrade`.")
    return _ok("migrations", "Tables", "The tables are those of this version")


def check_instance(runtime: Runtime) -> Check:
    """Whether database, data directory and encryption key belong together."""
    try:
        inspect_instance(runtime)
    except (InstanceProblem, SQLAlchemyError, OSError) as error:
        fix = "Nothing is changed until they fit together again."
        return _failed("key", "Encryption key", _sentence(error), fix)
    return _ok("key", "Encryption key", "The key opens what this database holds")


def check_redis(runtime: Runtime) -> Check:
    """Whether Redis answers, is new enough, and not open to everybody."""
    title = "Redis"
    try:
        with open_impatient_redis(runtime.settings) as redis:
            version = str(redis.info("server")["redis_version"])
            is_open = _is_open(redis)
    except SettingsError as error:
        return _failed("redis", title, str(error), "Set REDIS_URL.")
    except RedisError as error:
        reason = f"Redis does not answer ({type(error).__name__}): background work waits"
        return _failed("redis", title, reason, "Start it, and check REDIS_URL. Nothing is lost meanwhile.")
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        return _failed("redis", title, f"Redis {version} is too old", "Install Redis 6.2 or newer.")
    if is_open:
        reason = f"Redis {version} is reached over the network without a password"
        return Check("redis", title, CheckState.WARNING, reason, "Set a password and put it into REDIS_URL.")
    return _ok("redis", title, f"Redis {version} answers")


def check_workers(runtime: Runtime) -> Check:
    """Whether each queue has a worker that is alive."""
    missing = sorted(set(QUEUES) - _served_queues(runtime))
    if missing:
        reason = f"Nobody works on the queue{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
        return _failed("workers", "Workers", reason, f"Start `repertory worker {' '.join(missing)}`.")
    return _ok("workers", "Workers", f"All {len(QUEUES)} queues have a worker")


def check_ticker(runtime: Runtime) -> Check:
    """Whether a ticker is alive."""
    if TICKER not in _served_queues(runtime):
        return _failed("ticker", "Ticker", "Nobody hands work to the workers", "Start `repertory ticker`.")
    return _ok("ticker", "Ticker", "Work is handed to the workers")


def check_git(read_version: Callable[[], tuple[int, ...]]) -> Check:
    """Whether there is a git that is new enough."""
    try:
        version = read_version()
    except Exception as error:
        reason = f"git can not be started ({type(error).__name__})"
        return _failed("git", "git", reason, "Install git, for example with: apt-get install git")
    shown = ".".join(str(part) for part in version)
    if version < OLDEST_GIT:
        return _failed("git", "git", f"git {shown} is too old", "Install git 2.39 or newer.")
    return _ok("git", "git", f"git {shown}")


def check_clock(runtime: Runtime) -> Check:
    """Whether this machine, the database and the other processes agree about the time."""
    try:
        with runtime.database.read() as session:
            newest = session.scalar(select(func.max(WorkerHeartbeat.seen_at)))
            told = (
                None if runtime.database.is_sqlite else session.execute(text("SELECT clock_timestamp()")).scalar_one()
            )
    except SQLAlchemyError as error:
        reason = f"The database does not answer ({type(error).__name__})"
        return Check("clock", "Clock", CheckState.WARNING, reason)
    now = utc_now()
    if (newest is not None and newest - now > SKEW) or (told is not None and abs(told - now) > SKEW):
        reason = "The clocks of this machine and of the database or the workers are more than 30 seconds apart"
        return Check("clock", "Clock", CheckState.WARNING, reason, "Synchronize all clocks (NTP).")
    return _ok("clock", "Clock", f"It is {now:%Y-%m-%d %H:%M} UTC")


def check_disk(runtime: Runtime) -> Check:
    """Whether the data directory can be written and has room."""
    folder = runtime.settings.data_dir
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return _failed("disk", "Disk", f"{folder} can not be written", "Check its owner, or REPERTORY_DATA_DIR.")
    usage = shutil.disk_usage(folder)
    room = f"{usage.free / 1e9:.1f} GB free in {folder}"
    if usage.free < usage.total * LOW_DISK:
        return _failed("disk", "Disk", f"Only {room}", "Make room: new packages can not be stored when it is full.")
    return _ok("disk", "Disk", room)


def check_base_url(runtime: Runtime) -> Check:
    """Whether the host name of the base URL is known on this machine."""
    base = runtime.settings.base
    try:
        socket.getaddrinfo(base.hostname, base.port or base.scheme)
    except OSError:
        reason = f"This machine does not know the name {base.hostname}"
        fix = "Check REPERTORY_BASE_URL; people and code hosts must be able to reach it."
        return Check("base_url", "Base URL", CheckState.WARNING, reason, fix)
    return _ok("base_url", "Base URL", runtime.settings.base_url)


def _check_machine(runtime: Runtime) -> list[Check]:
    return [check_clock(runtime), check_disk(runtime), check_base_url(runtime)]


def _served_queues(runtime: Runtime) -> set[str]:
    try:
        with runtime.database.read() as session:
            return list_served_queues(session)
    except SQLAlchemyError:
        return set()


def _is_open(redis: Redis) -> bool:
    known = redis.connection_pool.connection_kwargs
    host = str(known.get("host", ""))
    is_near = "path" in known or host in {"localhost", "::1"} or host.startswith("127.")
    return not is_near and not known.get("password")


def _sentence(error: Exception) -> str:
    if isinstance(error, InstanceProblem):
        words = str(error)
        return words[:1].upper() + words[1:]
    return f"The database does not answer ({type(error).__name__})"


def _ok(key: str, title: str, reason: str) -> Check:
    return Check(key, title, CheckState.OK, reason)


def _failed(key: str, title: str, reason: str, fix: str) -> Check:
    return Check(key, title, CheckState.FAILED, reason, fix)
