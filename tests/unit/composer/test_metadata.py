"""The documents of a Composer repository are complete, sorted and always the same."""

import json
from typing import Any

import pytest

from composer.entry import Entry
from composer.metadata import (
    Dist,
    PublishedVersion,
    RepositoryRoot,
    Source,
    render_package,
    render_root,
    sort_versions,
)
from composer.minifier import expand
from composer.versions import normalize

DIST = Dist(url="https://packages.example.org/acme/dist/1.zip", reference="a" * 40, shasum="b" * 40)


def published(version: str, *, dist: Dist | None = DIST, **members: Any) -> PublishedVersion:
    entry: Entry = {"name": "Acme/Lib", "version": version, "version_normalized": normalize(version), **members}
    return PublishedVersion(entry, dist=dist)


def listed(document: bytes) -> list[dict[str, Any]]:
    decoded = json.loads(document)
    assert decoded["minified"] == "composer/2.0"
    return expand(decoded["packages"]["acme/lib"])


def test_tags_and_branches_go_into_their_documents() -> None:
    documents = render_package("Acme/Lib", [published("1.0"), published("dev-main"), published("1.x-dev")])

    assert [entry["version"] for entry in listed(documents.stable)] == ["1.0"]
    assert [entry["version"] for entry in listed(documents.dev)] == ["1.x-dev", "dev-main"]


def test_a_package_without_versions_is_found_but_empty() -> None:
    documents = render_package("acme/lib", [])

    assert documents.stable == documents.dev
    assert json.loads(documents.stable)["packages"] == {"acme/lib": []}


def test_the_newest_version_comes_first() -> None:
    versions = [published("1.0"), published("2.0-beta1"), published("2.0"), published("v1.10")]

    assert [version.entry["version"] for version in sort_versions(versions)] == ["2.0", "2.0-beta1", "v1.10", "1.0"]


@pytest.mark.parametrize(("name", "first"), [("dev-main", "dev-main"), ("1.x-dev", "2.x-dev")])
def test_a_default_branch_without_number_comes_first(name: str, first: str) -> None:
    default = published(name)
    default.entry["default-branch"] = True
    versions = [published("2.x-dev"), published("dev-zzz"), default]

    assert sort_versions(versions)[0].entry["version"] == first


def test_of_equal_versions_the_newer_one_comes_first() -> None:
    versions = [published("1.0", time="2020-01-01T00:00:00+00:00"), published("1.0", time="2021-01-01T00:00:00+00:00")]

    assert [str(version.entry["time"])[:4] for version in sort_versions(versions)] == ["2021", "2020"]


def test_a_version_says_where_to_download_it() -> None:
    stable = listed(render_package("acme/lib", [published("1.0", source={"url": "x"})]).stable)

    assert stable[0]["dist"] == {"type": "zip", "url": DIST.url, "reference": "a" * 40, "shasum": "b" * 40}
    assert "source" not in stable[0]


def test_a_source_is_given_only_when_there_is_one() -> None:
    source = Source(type="git", url="https://git.example.org/lib.git", reference="c" * 40)
    version = PublishedVersion(published("1.0").entry, source=source)

    stable = listed(render_package("acme/lib", [version]).stable)

    assert stable[0]["source"] == {"type": "git", "url": source.url, "reference": "c" * 40}
    assert "dist" not in stable[0]


def test_a_version_that_cannot_be_downloaded_is_left_out() -> None:
    versions = [published("1.0", dist=None), published("1.1", dist=None, type="metapackage"), published("1.2")]

    assert [entry["version"] for entry in listed(render_package("acme/lib", versions).stable)] == ["1.2", "1.1"]


def test_the_same_versions_give_the_same_bytes() -> None:
    versions = [published("1.0", extra={"b": 1, "a": "\N{SNOWMAN}"}), published("1.1"), published("dev-main")]

    assert render_package("acme/lib", versions) == render_package("acme/lib", reversed(versions))


def test_rendering_leaves_the_entries_alone() -> None:
    version = published("1.0", source={"url": "x"})

    render_package("acme/lib", [version])

    assert version.entry["source"] == {"url": "x"}


def test_the_root_gives_every_address_with_its_full_path() -> None:
    root = json.loads(render_root(RepositoryRoot("/acme/", names=["acme/b", "Acme/A"], with_advisories=True)))

    assert root["packages"] == []
    assert root["metadata-url"] == "/acme/p2/%package%.json"
    assert root["available-packages"] == ["acme/a", "acme/b"]
    assert root["search"] == "/acme/search.json?q=%query%&type=%type%"
    assert root["list"] == "/acme/list.json"
    assert root["notify-batch"] == "/acme/downloads"
    assert root["security-advisories"] == {"metadata": False, "api-url": "/acme/security-advisories"}
    assert root["warning-versions"] == "<1.999"
    assert "available-package-patterns" not in root
    assert "warnings" not in root


def test_the_root_never_has_an_empty_list_of_packages() -> None:
    root = json.loads(render_root(RepositoryRoot("/acme")))

    assert "available-packages" not in root
    assert root["available-package-patterns"] == ["-/-"]
    assert "security-advisories" not in root


def test_owned_prefixes_are_advertised() -> None:
    root = json.loads(render_root(RepositoryRoot("/acme", patterns=["beta/*", "acme/*"], names=["acme/a"])))

    assert root["available-package-patterns"] == ["acme/*", "beta/*"]
    assert root["available-packages"] == ["acme/a"]


def test_notices_reach_every_version_of_composer() -> None:
    root = json.loads(render_root(RepositoryRoot("/acme", notices=["The token ends tomorrow."])))

    assert root["warnings"] == [{"message": "The token ends tomorrow.", "versions": "*"}]
