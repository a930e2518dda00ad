"""What a process of the tests compiles once, although nearly every test has an application and a database of its own:
templates, routes and SQL. A process of an installation compiles each once as well.
"""

from collections.abc import Callable
from functools import wraps
from types import CodeType
from typing import Any, ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]
CompileBuilder = Callable[[Rule, bool], Builder]


def compile_once() -> None:
    """For all tests of this process."""
    Flask.jinja_options = {"bytecode_cache": Templates()}
    registry.register("sqlite", __name__, SharedSqlite.__name__)
    registry.register("postgresql.psycopg", __name__, SharedPostgresql.__name__)
    Rule._compile_builder = _remember_routes(Rule._compile_builder)  # type: ignore[method-assign, assignment]


class Templates(BytecodeCache):
    """Compiled templates, as long as their sources stay the same."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Called before a template is compiled."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Called after it was compiled."""
        self._codes[bucket.key, bucket.checksum] = bucket.code


class _SharedDialect:
    """All engines of one kind of database count as one: a statement that one of them has compiled suits them all."""

    supports_statement_cache = True
    statements: ClassVar[dict[Any, Any]]

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """SQLAlchemy calls it for each new engine."""
        engine.update_execution_options(compiled_cache=cls.statements)


class SharedSqlite(_SharedDialect, SQLiteDialect_pysqlite):
    """SQLite."""

    supports_statement_cache = True
    statements: ClassVar[dict[Any, Any]] = {}


class SharedPostgresql(_SharedDialect, PGDialect_psycopg):
    """PostgreSQL."""

    supports_statement_cache = True
    statements: ClassVar[dict[Any, Any]] = {}


def _remember_routes(compile_builder: CompileBuilder) -> CompileBuilder:
    """What builds the address of a rule depends on nothing but the rule's text, unless it has defaults."""
    known: dict[tuple[object, ...], Builder] = {}

    @wraps(compile_builder)
    def compile_or_remember(rule: Rule, append_unknown: bool = True) -> Builder:
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = rule.rule, append_unknown, *rule._trace
        if key not in known:
            known[key] = compile_builder(rule, append_unknown)
        return known[key]

    return compile_or_remember
