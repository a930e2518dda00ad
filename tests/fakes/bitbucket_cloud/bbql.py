"""The part of Bitbucket's query language that our application could use: comparisons joined by AND, OR and brackets.

`permission > "read" AND repository.uuid = "{…}"`. Texts stand in double quotes; numbers, dates, true, false and null do
not. `~` contains, `!~` does not, both without regard to case; `IN ("a", "b")` is one of them.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import NoReturn

from .partial import lookup

Test = Callable[[object], bool]
TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<op>!=|!~|>=|<=|=|~|>|<)|(?P<mark>[(),])|(?P<word>[^\s"()=!~<>,]+))'
)
DATE = re.compile(r"\d{4}-\d\d-\d\dT")
CONSTANTS: dict[str, object] = {"true": True, "false": False, "null": None}
RISING = ("none", "member", "read", "write", "create-repo", "create-project", "admin", "owner")
PERMISSIONS = {name: number for number, name in enumerate(RISING)}


class BadQuery(ValueError):
    """A filter that the host answers with 400."""


def parse(query: str, allowed: frozenset[str]) -> Test:
    """A test for rows. Raises BadQuery for a mistake and for a field that this list can not be filtered by."""
    reader = _Reader(query, allowed)
    test = reader.alternatives()
    if reader.kind:
        reader.fail()
    return test


class _Reader:
    """Recursive descent; `kind` and `value` are the token ahead, empty at the end."""

    def __init__(self, query: str, allowed: frozenset[str]) -> None:
        self._query, self._allowed, self._position = query, allowed, 0
        self.kind = self.value = ""
        self._advance()

    def fail(self) -> NoReturn:
        raise BadQuery(f"Invalid query near {self.value!r}" if self.value else "The query ends too early")

    def alternatives(self) -> Test:
        tests = [self._conjunction()]
        while self._takes("word", "OR"):
            tests.append(self._conjunction())
        return lambda row: any(test(row) for test in tests)

    def _conjunction(self) -> Test:
        tests = [self._term()]
        while self._takes("word", "AND"):
            tests.append(self._term())
        return lambda row: all(test(row) for test in tests)

    def _term(self) -> Test:
        if self._takes("mark", "("):
            test = self.alternatives()
            self._require("mark", ")")
            return test
        field = self._next("word")
        if field not in self._allowed:
            raise BadQuery(f"Invalid field: {field}")
        if self._takes("word", "IN"):
            wanted = self._list()
            return lambda row: any(_equals(lookup(row, field), each) for each in wanted)
        operator, value = self._next("op"), self._literal()
        return lambda row: _compare(field, lookup(row, field), operator, value)

    def _list(self) -> list[object]:
        self._require("mark", "(")
        values = [self._literal()]
        while self._takes("mark", ","):
            values.append(self._literal())
        self._require("mark", ")")
        return values

    def _literal(self) -> object:
        if self.kind == "text":
            return re.sub(r"\\(.)", r"\1", self._next("text")[1:-1])
        word = self._next("word")
        if word.lower() in CONSTANTS:
            return CONSTANTS[word.lower()]
        try:
            return float(word) if re.fullmatch(r"-?\d+(\.\d+)?", word) else datetime.fromisoformat(word)
        except ValueError:
            raise BadQuery(f"Invalid value: {word}") from None

    def _next(self, kind: str) -> str:
        if self.kind != kind:
            self.fail()
        value = self.value
        self._advance()
        return value

    def _require(self, kind: str, value: str) -> None:
        if not self._takes(kind, value):
            self.fail()

    def _takes(self, kind: str, value: str) -> bool:
        is_here = self.kind == kind and self.value.upper() == value
        if is_here:
            self._advance()
        return is_here

    def _advance(self) -> None:
        found = TOKEN.match(self._query, self._position)
        if found is None:
            self.kind, self.value = "", self._query[self._position :].strip()
            if self.value:
                self.fail()
            return
        self._position = found.end()
        self.kind = found.lastgroup or ""
        self.value = found[self.kind]


def _compare(field: str, actual: object, operator: str, wanted: object) -> bool:
    if operator in {"=", "!="}:
        return _equals(actual, wanted) == (operator == "=")
    if operator in {"~", "!~"}:
        contains = str(wanted).lower() in str("" if actual is None else actual).lower()
        return contains == (operator == "~")
    left, right = rank(field, actual), rank(field, wanted)
    order = (left > right) - (left < right)
    return {">": order > 0, ">=": order >= 0, "<": order < 0, "<=": order <= 0}[operator]


def rank(field: str, value: object) -> tuple[int, float, str]:
    """What values are compared and sorted by: permissions by what they allow, dates by time, texts by letters."""
    if value is None:
        return 0, 0.0, ""
    if field == "permission":
        return 1, float(PERMISSIONS.get(str(value), -1)), ""
    if isinstance(value, datetime):
        return 1, value.timestamp(), ""
    if isinstance(value, (bool, int, float)):
        return 1, float(value), ""
    text = str(value)
    return (1, datetime.fromisoformat(text).timestamp(), "") if DATE.match(text) else (2, 0.0, text)


def _equals(actual: object, wanted: object) -> bool:
    if isinstance(wanted, str) and isinstance(actual, str):
        return actual.lower() == wanted.lower() if wanted.startswith("{") else actual == wanted
    if isinstance(wanted, datetime):
        return rank("", actual) == rank("", wanted)
    return actual == wanted
