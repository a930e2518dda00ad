"""JSON is read as strictly as PHP reads it and always written in the same way."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.php_json import DEEPEST, InvalidJson, Json, decode, encode, items

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: st.lists(children) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), children),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a": "\xff"}', "byte 8 is not valid UTF-8"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\udc00": 1}', "surrogate"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "-Infinity"),
        (b"[1e999]", "too large"),
        (b"[" + b"9" * 400 + b"]", "too large"),
        (b'{"a": 1,}', "line 1, column 9"),
        (b'{\n"a" 1}', "line 2, column 5"),
        (b'{"a": TRUE}', "line 1"),
        (b"[01]", "line 1"),
        (b'["\n"]', "line 1"),
        (b"{} {}", "line 1, column 4"),
        (b"", "line 1"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "levels deep"),
        (b"[" * 400_000, "levels deep"),
    ],
)
def test_what_php_refuses_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(InvalidJson, match=message):
        decode(content)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b'{"a": 1, "b": 2, "a": 3}', {"a": 3, "b": 2}),
        (b'["\\ud83d\\ude00"]', ["\U0001f600"]),
        (b'["[[{{ \\" ]]"]', ['[[{{ " ]]']),
        (b"[9223372036854775807, 9223372036854775808]", [2**63 - 1, float(2**63)]),
        (b' \t\r\n{"": null} ', {"": None}),
        (b"[" * DEEPEST + b"]" * DEEPEST, None),
    ],
)
def test_what_php_reads_is_read(content: bytes, value: Json) -> None:
    decoded = decode(content)

    assert value is None or decoded == value


def test_a_file_of_quotes_and_backslashes_is_read_in_no_time() -> None:
    with pytest.raises(InvalidJson):
        decode(b'\\"' * 500_000)


@given(values)
def test_what_is_written_is_read_back(value: Json) -> None:
    content = encode(value)

    assert encode(decode(content)) == content
    assert json.loads(content) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [({"a": 1}, [("a", 1)]), (["x", "y"], [("0", "x"), ("1", "y")]), ("text", None), (None, None)],
)
def test_lists_are_arrays_with_numbers_as_keys(value: Json, expected: list[tuple[str, Json]] | None) -> None:
    assert items(value) == expected
