"""Shorten a list of metadata entries to their differences, and back (`"minified": "composer/2.0"`). Pure: no I/O."""

from collections.abc import Iterable, Mapping

from composer.php_json import Json, encode

_UNSET = "__unset"


def minify(versions: Iterable[Mapping[str, Json]]) -> list[dict[str, Json]]:
    """Return the first entry in full and of every further one only what differs from the entry before it.

    Values are the same only if their JSON is: like for PHP, 1 differs from 1.0 and from true, and the order of keys
    counts. A value that is the text "__unset" cannot be carried.
    """
    minified: list[dict[str, Json]] = []
    before: Mapping[str, Json] = {}
    for version in versions:
        minified.append(_difference(before, version))
        before = version
    return minified


def expand(minified: Iterable[Mapping[str, Json]]) -> list[dict[str, Json]]:
    """Return the entries that minify() was given."""
    expanded: list[dict[str, Json]] = []
    state: dict[str, Json] = {}
    for difference in minified:
        merged = {**state, **difference}
        state = {field: value for field, value in merged.items() if value != _UNSET}
        expanded.append(state)
    return expanded


def _difference(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
    changed = {
        field: value for field, value in after.items() if field not in before or not _is_identical(before[field], value)
    }
    return changed | {field: _UNSET for field in before if field not in after}


def _is_identical(left: Json, right: Json) -> bool:
    return left == right and encode(left) == encode(right)
