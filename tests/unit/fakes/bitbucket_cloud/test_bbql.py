"""The query language, and partial answers."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.bitbucket_cloud.bbql import BadQuery, parse
from tests.fakes.bitbucket_cloud.partial import Hidden, lookup, shown

FIELDS = frozenset({"permission", "repository.uuid", "name", "updated_on", "is_private", "parent", "size"})
ROW = {
    "permission": "write",
    "repository": {"uuid": "{ab-c}"},
    "name": 'a "b"',
    "updated_on": "2026-01-02T03:04:05.000001+00:00",
    "is_private": True,
    "parent": None,
    "size": 7,
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('permission="write"', True),
        ('permission != "write"', False),
        ('permission > "read"', True),
        ('permission>="admin"', False),
        ('permission < "admin" AND permission <= "write"', True),
        ('repository.uuid = "{AB-C}"', True),
        ('name = "a \\"b\\""', True),
        ('name ~ "A "', True),
        ('name !~ "x"', True),
        ('name IN ("x", "a \\"b\\"")', True),
        ('name in ("x")', False),
        ('permission="admin" OR is_private = true', True),
        ('(permission="admin" or size > 5) and parent = null', True),
        ("updated_on > 2026-01-02T03:04:05+00:00", True),
        ("updated_on = 2026-01-02T03:04:05.000001Z", True),
        ("size = 7 AND size < 8.5", True),
        ("parent > 1", False),
    ],
)
def test_comparisons_and_their_joints(query: str, expected: bool) -> None:
    assert parse(query, FIELDS)(ROW) is expected


@pytest.mark.parametrize(
    "query",
    ["", "secret=1", "name=", 'name="a" AND', 'name "a"', 'name="a")', "name ^ 3", 'name IN "a"', "size=word", '("a"'],
)
def test_mistakes_are_refused(query: str) -> None:
    with pytest.raises(BadQuery):
        parse(query, FIELDS)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(BadQuery):
        assert isinstance(parse(text, FIELDS)(ROW), bool)


BODY: dict[str, object] = {
    "values": [{"uuid": 1, "user": {"uuid": 2, "email": Hidden("m")}}],
    "next": "n",
    "size": 3,
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (None, {"values": [{"uuid": 1, "user": {"uuid": 2}}], "next": "n", "size": 3}),
        ("values.uuid,next", {"values": [{"uuid": 1}], "next": "n"}),
        ("values.user.uuid", {"values": [{"user": {"uuid": 2}}]}),
        ("values.user.email, next", {"values": [{"user": {"email": "m"}}], "next": "n"}),
        (
            "+values.user.email",
            {"values": [{"uuid": 1, "user": {"uuid": 2, "email": "m"}}], "next": "n", "size": 3},
        ),
        ("-values.user,-size", {"values": [{"uuid": 1}], "next": "n"}),
        ("values.*,next", {"values": [{"uuid": 1, "user": {"uuid": 2}}], "next": "n"}),
        ("nothing", {}),
        ("+values.user.email,-values.uuid", {"values": [{"user": {"uuid": 2, "email": "m"}}], "next": "n", "size": 3}),
        ("-values.uuid.deeper,-next.deeper", {"values": [{"uuid": 1, "user": {"uuid": 2}}], "next": "n", "size": 3}),
    ],
)
def test_fields_choose_what_an_answer_holds(fields: str | None, expected: object) -> None:
    assert shown(BODY, fields) == expected


def test_filters_see_what_is_hidden() -> None:
    assert lookup({"user": {"email": Hidden("m")}}, "user.email") == "m"
    assert lookup({"user": None}, "user.email") is None
