"""A composer.json is read, or there is a reason why not."""

import pytest

from composer.manifest import LARGEST_MANIFEST, Manifest, ManifestFault, UnreadableManifest, read_manifest
from composer.php_json import Json
from composer.problems import Severity


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, ManifestFault.MISSING),
        (b"", ManifestFault.BLANK),
        (b" \r\n\t\0", ManifestFault.BLANK),
        (b"{}", ManifestFault.NOT_AN_OBJECT),
        (b"[]", ManifestFault.NOT_AN_OBJECT),
        (b'["acme/lib"]', ManifestFault.NOT_AN_OBJECT),
        (b'"text"', ManifestFault.NOT_AN_OBJECT),
        (b"null", ManifestFault.NOT_AN_OBJECT),
        (b"{broken", ManifestFault.INVALID_JSON),
        (b"\xef\xbb\xbf" + b'{"name": "acme/lib"}', ManifestFault.INVALID_JSON),
        (b" " * LARGEST_MANIFEST + b"{", ManifestFault.TOO_LARGE),
    ],
)
def test_a_file_that_cannot_be_used_has_a_reason(content: bytes | None, fault: ManifestFault) -> None:
    with pytest.raises(UnreadableManifest) as raised:
        read_manifest(content)

    assert raised.value.fault is fault
    assert "composer.json" in str(raised.value)


def test_the_message_of_broken_json_says_where() -> None:
    with pytest.raises(UnreadableManifest, match="line 2, column 2"):
        read_manifest(b"{\n}}")


@pytest.mark.parametrize(
    ("value", "version"),
    [
        (None, None),
        ("1.0", "1.0"),
        ("v1.0\0 ", "v1.0"),
        (1.0, "1"),
        (1.5, "1.5"),
        (2, "2"),
        (True, "1"),
        (False, ""),
        ([1], ""),
        ({"a": 1}, ""),
    ],
)
def test_a_version_becomes_the_text_that_php_makes_of_it(value: Json, version: str | None) -> None:
    assert Manifest({"version": value}).version == version


@pytest.mark.parametrize(
    ("value", "abandoned"),
    [(None, False), (False, False), ("", False), (True, True), ("acme/new", "acme/new"), (1, True)],
)
def test_a_package_can_be_abandoned(value: Json, abandoned: str | bool) -> None:
    assert Manifest({"abandoned": value}).abandoned == abandoned


@pytest.mark.parametrize(
    ("archive", "excludes"),
    [
        (None, ()),
        ("x", ()),
        ({}, ()),
        ({"exclude": "x"}, ()),
        ({"exclude": ["/tests", 1, "!a"]}, ("/tests", "!a")),
    ],
)
def test_the_files_to_leave_out_of_a_zip_are_known(archive: Json, excludes: tuple[str, ...]) -> None:
    assert Manifest({"archive": archive}).archive_excludes == excludes


def test_a_manifest_knows_its_name_and_time() -> None:
    manifest = read_manifest(b'{"name": "acme/lib", "time": "2020-02-03"}')

    assert manifest.name == "acme/lib"
    assert manifest.time is not None
    assert manifest.time.year == 2020


def test_names_and_times_that_are_no_texts_are_not_there() -> None:
    manifest = read_manifest(b'{"name": ["acme/lib"], "time": 5}')

    assert manifest.name is None
    assert manifest.time is None


def test_a_manifest_is_judged_under_the_name_of_its_repository() -> None:
    manifest = read_manifest(b'{"name": "Not A Name"}')

    assert [problem.severity for problem in manifest.problems()] == [Severity.ERROR]
    assert manifest.problems(name="acme/lib") == []


def test_nul_characters_are_left_out() -> None:
    manifest = read_manifest(b'{"name": "acme/\\u0000log", "extra": {"a\\u0000": ["\\u0000b", 1]}}')

    assert manifest.document == {"name": "acme/log", "extra": {"a": ["b", 1]}}
