"""Engines and sessions. On SQLite, reading and writing are two engines: only then does nothing fail half way.

SQLite's driver would start transactions late and as readers, and a reader that wants to write later can fail with
"database is locked" at any time. The write engine therefore takes the write lock at its BEGIN and waits for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

SQLITE_BUSY_MILLISECONDS = 30_000


class Database:
    """One database: `read()` and `write()` sessions. Shared by threads; after a fork call `forget` in the child."""

    def __init__(self, url: str) -> None:
        """`url`: `sqlite:///FILE` or `postgresql://…` (psycopg is used)."""
        self.url = make_url(url)
        if self.url.drivername in {"postgresql", "postgres"}:
            self.url = self.url.set(drivername="postgresql+psycopg")
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.write_engine = self._open("BEGIN IMMEDIATE")
        self.read_engine = self._open("BEGIN") if self.is_sqlite else self.write_engine
        self._read = sessionmaker(self.read_engine, expire_on_commit=False)
        self._write = sessionmaker(self.write_engine, expire_on_commit=False)

    def read_session(self) -> Session:
        """A session that only reads. The caller closes it."""
        return self._read()

    def write_session(self) -> Session:
        """A session that may write. The caller commits and closes it; no network call while it is open."""
        return self._write()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads, closed at the end."""
        with self._read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one write transaction: committed at the end, rolled back when an exception leaves the block."""
        with self._write() as session, session.begin():
            yield session

    def forget(self) -> None:
        """In a forked child: leave the parent's connections alone and start with none."""
        self.read_engine.dispose(close=False)
        self.write_engine.dispose(close=False)

    def close(self) -> None:
        """Close all connections."""
        self.read_engine.dispose()
        self.write_engine.dispose()

    def _open(self, begin: str) -> Engine:
        if not self.is_sqlite:
            return create_engine(
                self.url, pool_pre_ping=True, hide_parameters=True, connect_args={"connect_timeout": 2}
            )
        if self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(self.url, hide_parameters=True, connect_args={"isolation_level": None})
        event.listen(engine, "connect", _prepare_sqlite)

        def begin_transaction(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        event.listen(engine, "begin", begin_transaction)
        return engine


def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    assert isinstance(connection, SqliteConnection)
    connection.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_MILLISECONDS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
