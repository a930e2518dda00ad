"""Read fields out of a host's JSON, or say what is wrong with it. Pure.

Unknown fields are ignored and absent optional ones get a default; a field of another type than documented raises
UnexpectedResponse, because nothing may be concluded from such an answer.
"""

import json
from datetime import UTC, date, datetime
from typing import TypeAlias

from integrations.errors import UnexpectedResponse

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
JsonObject: TypeAlias = dict[str, Json]

LARGEST_NUMBER = 2**63 - 1


def parse_object(text: bytes, what: str) -> JsonObject:
    """The JSON object that somebody sent. `what` names it in the error."""
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnexpectedResponse(f"{what} is no JSON") from error
    return as_object(value, what)


def as_object(value: Json, what: str) -> JsonObject:
    """The value as an object. `what` names it in the error."""
    if not isinstance(value, dict):
        raise UnexpectedResponse(f"{what} is not an object")
    return value


def as_objects(value: Json, what: str) -> list[JsonObject]:
    """The value as a list of objects."""
    if not isinstance(value, list):
        raise UnexpectedResponse(f"{what} is not a list")
    return [as_object(item, f"an item of {what}") for item in value]


def read_text(row: JsonObject, name: str) -> str:
    """A text that must be there and not be empty."""
    value = find_text(row, name)
    if not value:
        raise UnexpectedResponse(f"{name} is missing")
    return value


def find_text(row: JsonObject, name: str) -> str:
    """A text, "" when it is absent or null."""
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnexpectedResponse(f"{name} is not a text")
    return _storable(value)


def read_number(row: JsonObject, name: str) -> int:
    """A whole number that must be there."""
    value = find_number(row, name)
    if value is None:
        raise UnexpectedResponse(f"{name} is missing")
    return value


def find_number(row: JsonObject, name: str) -> int | None:
    """A whole number, None when it is absent or null."""
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnexpectedResponse(f"{name} is not a whole number")
    if abs(value) > LARGEST_NUMBER:
        raise UnexpectedResponse(f"{name} is larger than any number that a host has")
    return value


def read_id(row: JsonObject, name: str = "id") -> str:
    """A numeric id that must be there, as text."""
    return str(read_number(row, name))


def find_id(row: JsonObject, name: str) -> str | None:
    """A numeric id as text, None when it is absent or null."""
    value = find_number(row, name)
    return None if value is None else str(value)


def find_flag(row: JsonObject, name: str) -> bool | None:
    """True or false, None when it is absent or null."""
    value = row.get(name)
    if value is not None and not isinstance(value, bool):
        raise UnexpectedResponse(f"{name} is neither true nor false")
    return value


def find_date(row: JsonObject, name: str) -> date | None:
    """A day such as 2026-11-21, None when it is absent or null."""
    text = find_text(row, name)
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError as error:
        raise UnexpectedResponse(f"{name} is not a date") from error


def find_time(row: JsonObject, name: str) -> datetime | None:
    """A moment in UTC, None when it is absent or null."""
    text = find_text(row, name)
    try:
        moment = datetime.fromisoformat(text) if text else None
        if moment is None or moment.tzinfo is None:
            return None if moment is None else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnexpectedResponse(f"{name} is not a time") from error


def find_object(row: JsonObject, name: str) -> JsonObject | None:
    """An object, None when it is absent or null."""
    value = row.get(name)
    return None if value is None else as_object(value, name)


def find_texts(row: JsonObject, name: str) -> tuple[str, ...]:
    """A list of texts, empty when it is absent or null."""
    value = row.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UnexpectedResponse(f"{name} is not a list of texts")
    return tuple(_storable(str(item)) for item in value)


def _storable(text: str) -> str:
    """Without NUL characters and halves of surrogate pairs: JSON can hold them, databases can not."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()
