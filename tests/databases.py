"""Fresh, migrated databases for tests: each is a copy of a template that is migrated once per test run.

Copying and dropping takes PostgreSQL longer than most tests take, so a process wipes its copies and lends them again,
under another name: what a test left running finds nothing. A copy whose schema was touched is dropped.
"""

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

# A copy keeps its own witness: `wipe` makes it as it was when it was new, and says whether nobody changed its schema.
WITNESS = """
CREATE SCHEMA witness;
CREATE TABLE witness.version AS TABLE public.alembic_version;
CREATE TABLE witness.changes (command text);

CREATE FUNCTION witness.note_change() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO witness.changes VALUES (tg_tag);
END $$;

CREATE FUNCTION witness.wipe() RETURNS boolean LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE
    name text;
BEGIN
    IF EXISTS (SELECT FROM witness.changes) THEN
        RETURN false;
    END IF;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM public.%I', name);
    END LOOP;
    INSERT INTO public.alembic_version SELECT * FROM witness.version;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
       FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
    RETURN true;
END $$;

CREATE EVENT TRIGGER note_change ON ddl_command_end EXECUTE FUNCTION witness.note_change();
"""

_wiped: list[str] = []  # the names of copies that this process may lend again


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
    """A migrated database on the PostgreSQL at `address`, which nobody else has; wiped afterwards."""
    name = _wiped.pop() if _wiped else _copy_template(services, address)
    try:
        yield _url_of(address, name)
    finally:
        _take_back(address, name)


@contextmanager
def empty_postgresql(address: str) -> Iterator[str]:
    """A database without tables, dropped afterwards."""
    name = _new_name()
    _administer(address, f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        yield _url_of(address, name)
    finally:
        _administer(address, f'DROP DATABASE "{name}" WITH (FORCE)')


def _copy_template(services: Path, address: str) -> str:
    with _only_one_process(services, "postgresql"):
        _ensure_postgresql_template(address)
    name = _new_name()
    _administer(address, f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    return name


def _take_back(address: str, name: str) -> None:
    renamed = _new_name()
    end_sessions = f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'"
    _administer(address, end_sessions, f'ALTER DATABASE "{name}" RENAME TO "{renamed}"')
    with _connect(_url_of(address, renamed)) as connection:
        is_as_new = connection.execute("SELECT witness.wipe()").fetchone() == (True,)
    if is_as_new:
        _wiped.append(renamed)
    else:
        _administer(address, f'DROP DATABASE "{renamed}" WITH (FORCE)')


def _new_name() -> str:
    return f"repertory_{secrets.token_hex(8)}"


def _ensure_postgresql_template(address: str) -> None:
    with _connect(address) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone():
            return
    draft = f"{TEMPLATE}_draft"
    _administer(address, f'DROP DATABASE IF EXISTS "{draft}"')
    _administer(address, f'CREATE DATABASE "{draft}" TEMPLATE template0')
    _migrate(_url_of(address, draft))
    _administer(_url_of(address, draft), WITNESS)
    _administer(address, f'ALTER DATABASE "{draft}" RENAME TO "{TEMPLATE}"')


def _migrate(url: str) -> None:
    database = Database(url)
    try:
        upgrade_database(database)
    finally:
        database.close()  # also writes SQLite's log back into its file, and frees PostgreSQL's template


def _administer(address: str, *statements: str) -> None:
    with _connect(address) as connection:
        for statement in statements:
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
