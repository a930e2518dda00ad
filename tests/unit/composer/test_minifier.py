"""Entries are shortened to their differences and come back unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.minifier import expand, minify
from composer.php_json import Json, encode
from tests.unit.composer.vectors import load

Rows = list[dict[str, Json]]

scalars = st.none() | st.booleans() | st.sampled_from([0, 1, 1.0, "1", "x", "__UNSET"])
values = st.recursive(
    scalars,
    lambda children: st.lists(children, max_size=2) | st.dictionaries(st.sampled_from("kl"), children, max_size=2),
    max_leaves=4,
)
entries = st.lists(st.dictionaries(st.sampled_from(["name", "version", "require", "extra"]), values), max_size=5)


def canonical(rows: Rows) -> list[bytes]:
    """Make the order of an entry's own fields irrelevant, but not that of the fields inside its values."""
    return [encode({field: row[field] for field in sorted(row)}) for row in rows]


@pytest.mark.parametrize(("expanded", "minified"), load("minified"))
def test_minified_entries_look_like_composers(expanded: Rows, minified: Rows) -> None:
    assert canonical(minify(expanded)) == canonical(minified)
    assert canonical(expand(minified)) == canonical(expanded)


@given(entries)
def test_expanding_gives_back_what_was_minified(rows: Rows) -> None:
    assert canonical(expand(minify(rows))) == canonical(rows)


@pytest.mark.parametrize(
    ("before", "after"),
    [(1, True), (1, 1.0), (0, False), ("1", 1), ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ([1], [True])],
)
def test_values_that_python_takes_for_equal_are_kept_apart(before: Json, after: Json) -> None:
    minified = minify([{"extra": before}, {"extra": after}])

    assert encode(minified[1]) == encode({"extra": after})


def test_minifying_leaves_the_entries_alone() -> None:
    rows: Rows = [{"name": "acme/lib", "extra": {"a": 1}}, {"name": "acme/lib"}]

    assert minify(rows) == [{"name": "acme/lib", "extra": {"a": 1}}, {"extra": "__unset"}]
    assert rows == [{"name": "acme/lib", "extra": {"a": 1}}, {"name": "acme/lib"}]
