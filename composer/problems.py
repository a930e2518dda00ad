"""What can be said against a composer.json, and the checks of single values that say it. Pure: no I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from composer.php_json import Json, items


class Severity(StrEnum):
    """What a problem does to a version."""

    ERROR = "error"
    """The version is left out."""
    WARNING = "warning"
    """The version is published unchanged and the update log mentions the problem."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One complaint about one field, such as `require.acme/lib`."""

    severity: Severity
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def error(field: str, message: str) -> Problem:
    """Return a problem that rejects the version."""
    return Problem(Severity.ERROR, printable(field), printable(message))


def warning(field: str, message: str) -> Problem:
    """Return a problem that is only mentioned."""
    return Problem(Severity.WARNING, printable(field), printable(message))


def printable(words: str) -> str:
    """Return words that quote a repository without control characters and at a length that fits a log."""
    shown = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in words[:_LONGEST]
    )
    return shown if len(words) <= _LONGEST else f"{shown}…"


def kind(value: Json) -> str:
    """Name the type of a value for people."""
    for types, name in _KINDS:
        if isinstance(value, types):
            return name
    return "null"


def text(document: Mapping[str, Json], field: str) -> str | None:
    """Return a text that has something in it, None for anything else."""
    value = document.get(field)
    return value if isinstance(value, str) and value.strip() else None


def entries(document: Mapping[str, Json], field: str) -> list[tuple[str, Json]]:
    """Return the members of an object or list, none when the field holds neither."""
    return items(document.get(field)) or []


def check_type(
    document: Mapping[str, Json], field: str, wanted: type | tuple[type, ...], *, path: str = ""
) -> Iterator[Problem]:
    """Complain when the value is there and of another type; true and false are not numbers."""
    value = document.get(field)
    is_wanted = isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
    if value is not None and not is_wanted:
        yield error(path or field, f"should be {_WANTED[wanted]}, not {kind(value)}")


def check_texts(document: Mapping[str, Json], fields: tuple[str, ...], *, path: str = "") -> Iterator[Problem]:
    """Complain about every one of the fields that is there and not a text."""
    for field in fields:
        yield from check_type(document, field, str, path=f"{path}{field}")


_LONGEST = 400

ARRAY = (list, dict)
NUMBER_OR_TEXT = (str, int, float)
WHOLE_NUMBER_OR_TEXT = (str, int)

_KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    ((int, float), "a number"),
    (str, "a text"),
    (list, "a list"),
    (dict, "an object"),
)
_WANTED: dict[type | tuple[type, ...], str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    ARRAY: "an object or a list",
    NUMBER_OR_TEXT: "a text or a number",
    WHOLE_NUMBER_OR_TEXT: "a text or a whole number",
}
