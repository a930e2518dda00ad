"""An entry holds what Composer keeps of a composer.json, in Composer's form."""

from datetime import UTC, datetime

import pytest

from composer.entry import VersionName, build_entry
from composer.manifest import Manifest
from composer.php_json import Json

NAME = VersionName("acme/lib", "v1.0", "1.0.0.0")
TIME = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def build(members: dict[str, Json]) -> dict[str, Json]:
    entry = build_entry(Manifest({"name": "acme/old", **members}), NAME, time=TIME)
    assert [entry.pop(field) for field in ("name", "version", "version_normalized", "time")] == [
        "acme/lib",
        "v1.0",
        "1.0.0.0",
        "2024-05-06T07:08:09+00:00",
    ]
    return entry


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, {}),
        ({"type": "Composer-Plugin"}, {"type": "composer-plugin"}),
        ({"type": "0"}, {}),
        ({"require": {"B/B": "^1", "a/a": "self.version"}}, {"require": {"a/a": "self.version", "b/b": "^1"}}),
        ({"suggest": {"z/z": "fast", "a/a": " self.version "}}, {"suggest": {"a/a": "v1.0", "z/z": "fast"}}),
        ({"bin": "/bin/a"}, {"bin": ["bin/a"]}),
        ({"bin": ["bin/a", "//bin/b"]}, {"bin": ["bin/a", "bin/b"]}),
        ({"license": "MIT"}, {"license": ["MIT"]}),
        ({"license": [{"x": 1}, "MIT", ""]}, {"license": ["MIT"]}),
        ({"keywords": ["zeta", "Alpha", 1]}, {"keywords": ["1", "Alpha", "zeta"]}),
        (
            {"scripts": {"a": "x", "b": ["y"], "c": {"k": "z"}, "d": None}},
            {"scripts": {"a": ["x"], "b": ["y"], "c": {"k": "z"}, "d": []}},
        ),
        ({"archive": {"name": "lib", "exclude": ["/t"], "x": 1}}, {"archive": {"name": "lib", "exclude": ["/t"]}}),
        ({"archive": "x"}, {}),
        ({"target-dir": "/Acme/../Lib"}, {"target-dir": "Acme/Lib"}),
        ({"target-dir": "/" * 100_000 + "a"}, {"target-dir": "a"}),
        ({"abandoned": True}, {"abandoned": True}),
        ({"abandoned": "acme/new"}, {"abandoned": "acme/new"}),
        ({"description": "", "homepage": "0", "extra": [], "support": {}}, {}),
        ({"extra": {"k": [1, None]}}, {"extra": {"k": [1, None]}}),
        ({"default-branch": True, "version_normalized": "9", "unknown": 1}, {}),
        ({"dist": {"url": "x"}, "source": {"url": "x"}, "notification-url": "https://example.org"}, {}),
        ({"repositories": [{}], "config": {"a": 1}, "minimum-stability": "dev", "transport-options": {"a": 1}}, {}),
    ],
)
def test_a_field_is_kept_changed_or_left_out(members: dict[str, Json], expected: dict[str, Json]) -> None:
    assert build(members) == {"type": "library", **expected}


def test_links_are_sorted_by_name() -> None:
    entry = build({"require": {"z/z": "1", "a/a": "1", "php": "1"}})

    assert list(dict[str, Json](entry["require"])) == ["a/a", "php", "z/z"]  # type: ignore[arg-type]


def test_the_default_branch_is_marked() -> None:
    entry = build_entry(Manifest({}), NAME, time=TIME, default_branch=True)

    assert entry["default-branch"] is True
