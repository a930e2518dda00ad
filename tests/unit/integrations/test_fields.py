"""Fields of a host's JSON: read when right, defaulted when absent, an error when of another type."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from integrations import fields
from integrations.errors import UnexpectedResponse
from integrations.fields import Json, JsonObject

ROW: JsonObject = {
    "text": "x",
    "empty": "",
    "number": 7,
    "flag": True,
    "nothing": None,
    "day": "2026-02-03",
    "moment": "2026-02-03T04:05:06.789+02:00",
    "local": "2026-02-03T04:05:06",
    "too late": "9999-12-31T23:59:59-12:00",
    "too early": "0001-01-01T00:00:00+12:00",
    "object": {"a": 1},
    "texts": ["a", "b"],
    "mixed": ["a", 1],
}


def test_fields_of_the_documented_type_are_read() -> None:
    assert fields.read_text(ROW, "text") == "x"
    assert fields.read_number(ROW, "number") == 7
    assert fields.read_id(ROW, "number") == "7"
    assert fields.find_id(ROW, "number") == "7"
    assert fields.find_flag(ROW, "flag") is True
    assert fields.find_date(ROW, "day") == date(2026, 2, 3)
    assert fields.find_time(ROW, "moment") == datetime(2026, 2, 3, 2, 5, 6, 789000, tzinfo=UTC)
    assert fields.find_time(ROW, "local") == datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert fields.find_object(ROW, "object") == {"a": 1}
    assert fields.find_texts(ROW, "texts") == ("a", "b")
    assert fields.as_object({"a": 1}, "it") == {"a": 1}
    assert fields.as_objects([{"a": 1}], "it") == [{"a": 1}]


@pytest.mark.parametrize("name", ["nothing", "absent"])
def test_optional_fields_that_are_absent_get_a_default(name: str) -> None:
    assert fields.find_text(ROW, name) == ""
    assert fields.find_number(ROW, name) is None
    assert fields.find_id(ROW, name) is None
    assert fields.find_flag(ROW, name) is None
    assert fields.find_date(ROW, name) is None
    assert fields.find_time(ROW, name) is None
    assert fields.find_object(ROW, name) is None
    assert fields.find_texts(ROW, name) == ()


@pytest.mark.parametrize(
    ("reader", "name"),
    [
        *((fields.find_text, name) for name in ("number", "flag", "object")),
        *((fields.read_text, name) for name in ("nothing", "absent", "empty")),
        *((fields.find_number, name) for name in ("text", "flag", "texts")),
        *((fields.read_number, name) for name in ("nothing", "absent")),
        *((fields.find_flag, name) for name in ("text", "number")),
        *((fields.find_date, name) for name in ("text", "number")),
        *((fields.find_time, name) for name in ("text", "number", "too late", "too early")),
        *((fields.find_object, name) for name in ("text", "texts")),
        *((fields.find_texts, name) for name in ("text", "mixed", "object")),
    ],
)
def test_a_field_of_another_type_is_an_unexpected_response(
    reader: Callable[[JsonObject, str], object], name: str
) -> None:
    with pytest.raises(UnexpectedResponse):
        reader(ROW, name)


@pytest.mark.parametrize("value", [None, 1, "x", [], [1]])
def test_a_value_that_is_no_object_is_an_unexpected_response(value: Json) -> None:
    with pytest.raises(UnexpectedResponse):
        fields.as_object(value, "it")


@pytest.mark.parametrize("value", [None, {}, "x", [1], [{}, None]])
def test_a_value_that_is_no_list_of_objects_is_an_unexpected_response(value: Json) -> None:
    with pytest.raises(UnexpectedResponse):
        fields.as_objects(value, "it")


def test_characters_that_no_database_takes_are_left_out() -> None:
    row: JsonObject = {"name": "a\0b\ud800c", "names": ["\0x", "\udfff"]}

    assert fields.find_text(row, "name") == "ab?c"
    assert fields.find_texts(row, "names") == ("x", "?")
