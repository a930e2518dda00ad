"""Tags and branches become versions as in Composer, or there is a reason why not."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from composer.refs import Reading, Ref, RefKind, SkipReason, read_all_refs, read_repository
from tests.unit.composer.vectors import load

NOON = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
LIBRARY = b'{"name": "acme/lib"}'


def tag(name: str, content: bytes | None = LIBRARY, *, time: datetime | None = NOON) -> Ref:
    return Ref(RefKind.TAG, name, f"commit of {name}", time, content)


def branch(name: str, content: bytes | None = LIBRARY, *, time: datetime | None = NOON) -> Ref:
    return Ref(RefKind.BRANCH, name, f"commit of {name}", time, content)


def versions(reading: Reading) -> dict[str, str]:
    return {version.version: version.normalized for version in reading.versions}


def reasons(reading: Reading) -> dict[str, SkipReason]:
    return {skipped.ref.name: skipped.reason for skipped in reading.skipped}


@dataclass(frozen=True)
class Example:
    """A repository of the tables: its refs and what Composer makes of them."""

    table: dict[str, Any]

    @property
    def reading(self) -> Reading:
        return read_all_refs(
            [self._ref(*row) for row in self.table["refs"]], default_branch=self.table["default_branch"]
        )

    def _ref(self, kind: str, name: str, commit: str, seconds: int | None, file: int | None) -> Ref:
        content = None if file is None else self.table["files"][file].encode()
        time = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
        return Ref(RefKind(kind), name, commit, time, content)


EXAMPLES = [pytest.param(Example(table), id=table["repository"]) for table in load("repositories")]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_repository_has_the_versions_that_composer_reads(example: Example) -> None:
    reading = example.reading

    rejected = {name for _, name, _ in example.table["rejected"]}
    expected = {(c, e["version"]): e for c, e in example.table["entries"] if e["version"] not in rejected}
    assert {(version.ref.commit, version.version): version.entry for version in reading.versions} == expected


@pytest.mark.parametrize("example", EXAMPLES)
def test_other_refs_are_skipped_for_the_reasons_that_composer_gives(example: Example) -> None:
    reading = example.reading

    skipped = sorted([skip.ref.kind, skip.ref.name, skip.reason] for skip in reading.skipped)
    assert skipped == sorted(example.table["skipped"] + example.table["rejected"])


@pytest.mark.parametrize("example", EXAMPLES)
def test_branches_have_the_aliases_that_composer_gives_them(example: Example) -> None:
    reading = example.reading

    assert {version.version: version.alias for version in reading.versions if version.alias} == example.table["aliases"]


def test_a_subversion_repository_has_no_default_branch() -> None:
    refs = [
        tag("1.0.0"),
        tag("v1.1"),
        tag("release_1"),
        branch("trunk"),
        branch("1.x"),
        branch("feature"),
        branch("team", None),
    ]

    reading = read_repository(refs, default_branch=None, root=b'{"name": "acme/svn"}')

    assert versions(reading) == {
        "1.0.0": "1.0.0.0",
        "v1.1": "1.1.0.0",
        "dev-trunk": "dev-trunk",
        "1.x-dev": "1.9999999.9999999.9999999-dev",
        "dev-feature": "dev-feature",
    }
    assert reasons(reading) == {"release_1": SkipReason.INVALID_NAME, "team": SkipReason.NO_MANIFEST}
    assert {version.name for version in reading.versions} == {"acme/svn"}
    assert not any(version.default_branch or version.alias for version in reading.versions)


def test_a_mercurial_repository_keeps_the_zone_of_its_times() -> None:
    local = datetime.fromisoformat("2023-11-15T00:13:20+02:00")
    aliased = b'{"name": "acme/hg", "extra": {"branch-alias": {"1.x-dev": "1.2.x-dev"}}}'

    reading = read_repository([tag("v1.0.0", time=local), branch("1.x", aliased)], default_branch=None, root=aliased)

    tagged, numbered = reading.versions
    assert tagged.entry["time"] == "2023-11-15T00:13:20+02:00"
    assert numbered.alias == "1.2.9999999.9999999-dev"


def test_the_default_branch_names_the_package() -> None:
    refs = [tag("1.0", b'{"name": "acme/before"}'), branch("main", b'{"name": "acme/now", "abandoned": "acme/next"}')]

    reading = read_repository(refs, default_branch="main")

    assert (reading.name, reading.abandoned) == ("acme/now", "acme/next")
    assert {version.name for version in reading.versions} == {"acme/now"}


def test_without_a_default_branch_every_ref_has_its_own_name() -> None:
    refs = [tag("1.0", b'{"name": "acme/before"}'), tag("v1.0", b'{"name": "acme/other"}'), branch("main", b"{")]

    reading = read_repository(refs, default_branch="main")

    assert (reading.name, reading.abandoned) == (None, False)
    assert [version.name for version in reading.versions] == ["acme/before", "acme/other"]


def test_the_result_does_not_depend_on_the_order_of_the_refs() -> None:
    refs = [tag("v1.0"), tag("1.0"), branch("b"), branch("main"), branch("a")]

    forwards = read_repository(refs, default_branch="main")
    backwards = read_repository(reversed(refs), default_branch="main")

    assert forwards == backwards
    assert [version.ref.name for version in forwards.versions] == ["1.0", "main", "a", "b"]


def test_of_two_branches_with_one_version_the_older_commit_is_kept() -> None:
    refs = [branch("1.1", time=NOON), branch("1.1.x", time=NOON - timedelta(days=1))]

    reading = read_repository(refs, default_branch="main", root=None)

    assert [version.ref.name for version in reading.versions] == ["1.1.x"]
    assert reasons(reading) == {"1.1": SkipReason.CONFLICT}


def test_of_two_branches_with_one_version_the_default_branch_is_kept() -> None:
    refs = [branch("1.1", time=NOON), branch("1.1.x", time=NOON - timedelta(days=1))]

    reading = read_repository(refs, default_branch="1.1")

    assert [version.ref.name for version in reading.versions] == ["1.1"]


def test_a_tag_goes_before_a_branch_with_its_version() -> None:
    refs = [branch("main"), tag("1.0", b'{"version": "1.0"}')]

    reading = read_repository(refs, default_branch="main")

    assert versions(reading) == {"1.0": "1.0.0.0", "dev-main": "dev-main"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [("foo|,", SkipReason.INVALID_NAME), ("a||,b", SkipReason.INVALID_NAME), ("x" * 252, SkipReason.INVALID_NAME)],
)
def test_a_branch_that_nobody_could_require_is_skipped(name: str, reason: SkipReason) -> None:
    reading = read_repository([branch(name)], default_branch=None)

    assert reasons(reading) == {name: reason}


def test_a_tag_with_an_endless_version_is_skipped() -> None:
    reading = read_repository([tag("1.0+" + "x" * 300)], default_branch=None)

    assert list(reasons(reading).values()) == [SkipReason.INVALID_NAME]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, SkipReason.NO_MANIFEST),
        (b"{}", SkipReason.NO_MANIFEST),
        (b"{", SkipReason.UNREADABLE_MANIFEST),
        (b" " * 2**20 + b"{}", SkipReason.UNREADABLE_MANIFEST),
        (b'{"name": "acme/lib", "version": "x"}', SkipReason.INVALID_MANIFEST),
        (b'{"name": "acme/lib", "version": ["1.0"]}', SkipReason.INVALID_MANIFEST),
        (b'{"name": "acme/lib", "version": "2.0"}', SkipReason.VERSION_MISMATCH),
        (b'{"name": "Acme/Lib"}', SkipReason.INVALID_MANIFEST),
        (b'{"name": "php"}', SkipReason.INVALID_MANIFEST),
        (b'{"description": "nameless"}', SkipReason.INVALID_MANIFEST),
    ],
)
def test_a_tag_with_an_unusable_composer_json_is_skipped(content: bytes | None, reason: SkipReason) -> None:
    reading = read_repository([tag("1.0", content), tag("1.1")], default_branch=None)

    assert reasons(reading) == {"1.0": reason}
    assert versions(reading) == {"1.1": "1.1.0.0"}


def test_a_branch_may_give_any_version() -> None:
    reading = read_repository([branch("main", b'{"name": "acme/lib", "version": "nonsense"}')], default_branch="main")

    assert versions(reading) == {"dev-main": "dev-main"}


def test_warnings_are_collected_for_branches_and_remove_nothing() -> None:
    content = b'{"name": "acme/lib", "license": "XXX"}'

    tagged, main = read_repository([tag("1.0", content), branch("main", content)], default_branch="main").versions

    assert tagged.warnings == ()
    assert [problem.field for problem in main.warnings] == ["license"]
    assert main.entry["license"] == ["XXX"]


def test_a_commit_without_time_needs_one_in_its_composer_json() -> None:
    dated = b'{"name": "acme/lib", "time": "2020-01-01"}'

    reading = read_repository([tag("1.0", time=None), tag("2.0", dated, time=None)], default_branch=None)

    assert reasons(reading) == {"1.0": SkipReason.NO_TIME}
    assert [version.time.year for version in reading.versions] == [2020]


def test_messages_quote_nothing_unprintable() -> None:
    reading = read_repository(
        [tag("1.0", b'{"name": "acme/lib", "version": "\\u0000\\u001b[31mred"}')], default_branch=None
    )

    assert all(skipped.message.isprintable() for skipped in reading.skipped)


def test_an_alias_that_is_no_object_is_none() -> None:
    reading = read_repository([branch("main", b'{"name": "acme/lib", "extra": {"a": 1}}')], default_branch="other")

    assert reading.versions[0].alias is None
