"""Which versions are at work: of this program, of what it is built on, and of the services beside it."""

import platform
from importlib.metadata import version

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models import Runtime

LIBRARIES = ("flask", "werkzeug", "sqlalchemy", "rq", "redis", "authlib", "requests", "urllib3", "cryptography")


def read_versions(runtime: Runtime) -> list[tuple[str, str]]:
    """Names with versions, the most telling first."""
    return [
        ("Python", platform.python_version()),
        ("Database", _database(runtime)),
        *((name, version(name)) for name in LIBRARIES),
    ]


def _database(runtime: Runtime) -> str:
    is_sqlite = runtime.database.is_sqlite
    question = "SELECT sqlite_version()" if is_sqlite else "SHOW server_version"
    try:
        with runtime.database.read() as session:
            return f"{'SQLite' if is_sqlite else 'PostgreSQL'} {session.execute(text(question)).scalar_one()}"
    except SQLAlchemyError:
        return "does not answer"
