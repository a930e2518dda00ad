"""Decode JSON as strictly as PHP does, so that nothing we publish breaks a Composer client. Pure: no I/O."""

import json
import math
import re
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

# PHP reads 511 levels; a published document puts a composer.json three levels deeper.
DEEPEST = 500

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# An unfinished string matches to the end, which keeps the scan linear.
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_INTEGERS = range(-(2**63), 2**63)
_LONGEST_INTEGER = 20


class InvalidJson(ValueError):
    """The text is not JSON for PHP; the message says what is wrong and where."""


def decode(content: bytes) -> Json:
    """Return the value. Raises InvalidJson for broken JSON and for JSON that PHP refuses.

    Refused are byte order marks, invalid UTF-8, single surrogates, NaN, numbers beyond a float and too deep nesting.
    Of duplicate keys the last one counts.
    """
    if content.startswith(_BYTE_ORDER_MARK):
        raise InvalidJson("the file starts with a byte order mark")
    text = _decode_text(content)
    if _depth(text) > DEEPEST:
        raise InvalidJson(f"the values are nested more than {DEEPEST} levels deep")
    try:
        value: Json = json.loads(text, parse_constant=_refuse, parse_int=_integer, parse_float=_finite)
        encode(value)
    except json.JSONDecodeError as error:
        raise InvalidJson(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeEncodeError as error:
        raise InvalidJson("a \\u escape is half of a surrogate pair") from error
    return value


def encode(value: object) -> bytes:
    """Return compact UTF-8 JSON; the same value always gives the same bytes."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def is_true(value: Json) -> bool:
    """Tell what PHP's `!empty()` tells: "0" counts as empty."""
    return bool(value) and value != "0"


def items(value: Json) -> list[tuple[str, Json]] | None:
    """Return the keys and values of an object or a list (both are arrays for PHP), None for anything else."""
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list):
        return [(str(index), item) for index, item in enumerate(value)]
    return None


def _decode_text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InvalidJson(f"byte {error.start + 1} is not valid UTF-8") from error


def _depth(text: str) -> int:
    depth = deepest = 0
    for mark in _STRUCTURE.findall(text):
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


def _refuse(constant: str) -> float:
    raise InvalidJson(f"{constant} is not a JSON value")


def _integer(digits: str) -> int | float:
    """Return an int where PHP has one; larger numbers are floats there."""
    if len(digits) <= _LONGEST_INTEGER and int(digits) in _INTEGERS:
        return int(digits)
    return _finite(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise InvalidJson("a number is too large")
    return number
