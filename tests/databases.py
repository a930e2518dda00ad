"""Fresh, migrated databases for tests: each is a copy of a template that is migrated once per test run."""

import fcntl
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from models.database import Database
from models.upgrade import upgrade_database

TEMPLATE = "repertory_template"


@contextmanager
def fresh_sqlite(services: Path, folder: Path) -> Iterator[str]:
    """A migrated SQLite file in `folder`."""
    template = services / "template.sqlite3"
    with _only_one_process(services, "sqlite"):
        if not template.exists():
            draft = services / "draft.sqlite3"
            _migrate(f"sqlite:///{draft}")
            draft.rename(template)
    path = folder / "repertory.sqlite3"
    shutil.copyfile(template, path)
    yield f"sqlite:///{path}"


@contextmanager
def fresh_postgresql(services: Path, address: str) -> Iterator[str]:
    """A migrated database on the PostgreSQL at `address`, dropped afterwards."""
    with _only_one_process(services, "postgresql"):
        _ensure_postgresql_template(address)
    with empty_postgresql(address, template=TEMPLATE) as url:
        yield url


@contextmanager
def empty_postgresql(address: str, *, template: str = "template0") -> Iterator[str]:
    """A database without tables (or a copy of `template`), dropped afterwards."""
    name = f"repertory_{secrets.token_hex(8)}"
    _administer(address, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield _url_of(address, name)
    finally:
        _administer(address, f'DROP DATABASE "{name}" WITH (FORCE)')


def _ensure_postgresql_template(address: str) -> None:
    with _connect(address) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone():
            return
    draft = f"{TEMPLATE}_draft"
    _administer(address, f'DROP DATABASE IF EXISTS "{draft}"')
    _administer(address, f'CREATE DATABASE "{draft}" TEMPLATE template0')
    _migrate(_url_of(address, draft))
    _administer(address, f'ALTER DATABASE "{draft}" RENAME TO "{TEMPLATE}"')


def _migrate(url: str) -> None:
    database = Database(url)
    try:
        upgrade_database(database)
    finally:
        database.close()  # also writes SQLite's log back into its file, and frees PostgreSQL's template


def _administer(address: str, statement: str) -> None:
    with _connect(address) as connection:
        connection.execute(statement.encode())


def _connect(address: str) -> psycopg.Connection:
    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def _url_of(address: str, name: str) -> str:
    return make_url(address).set(database=name).render_as_string(hide_password=False)


@contextmanager
def _only_one_process(services: Path, name: str) -> Iterator[None]:
    with (services / f"{name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
