"""Versions are read, compared and named like Composer does."""

import operator
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.versions import (
    InvalidVersion,
    Stability,
    branch_alias,
    branch_version,
    compare,
    normalize,
    normalize_branch,
    numeric_alias_prefix,
    parse_stability,
    sort_key,
)
from tests.unit.composer.vectors import load

OPERATORS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

numbers = st.integers(0, 99).map(str)
version_texts = st.one_of(
    st.text(alphabet="0123456789.vVx*-_+@#abdeprtRC ", max_size=20),
    st.builds(
        lambda parts, word, dev: ".".join(parts) + word + dev,
        st.lists(numbers, min_size=1, max_size=5),
        st.sampled_from(["", "-beta", "-RC1", "alpha.2", "_p3", "-stable", "+build"]),
        st.sampled_from(["", "-dev", ".x-dev"]),
    ),
)


@pytest.mark.parametrize(("version", "normalized"), load("normalize"))
def test_a_version_is_normalized_or_refused(version: str, normalized: str | None) -> None:
    if normalized is None:
        with pytest.raises(InvalidVersion):
            normalize(version)
    else:
        assert normalize(version) == normalized


@pytest.mark.parametrize(("branch", "normalized"), load("branches"))
def test_every_branch_has_a_normalized_version(branch: str, normalized: str) -> None:
    assert normalize_branch(branch) == normalized


@pytest.mark.parametrize(("version", "stability"), load("stabilities"))
def test_a_version_tells_its_stability(version: str, stability: str) -> None:
    assert parse_stability(version) == stability


@pytest.mark.parametrize(("branch", "prefix"), load("numeric_prefixes"))
def test_a_numeric_branch_has_a_prefix(branch: str, prefix: str | None) -> None:
    assert numeric_alias_prefix(branch) == prefix


@pytest.mark.parametrize(("version", "aliases", "default_branch", "alias"), load("aliases"))
def test_a_branch_has_the_alias_that_composer_gives_it(
    version: str, aliases: Mapping[str, object], default_branch: bool, alias: str | None
) -> None:
    assert branch_alias(version, aliases, default_branch=default_branch) == alias


def test_an_alias_that_is_no_text_is_passed_over() -> None:
    aliases = {"dev-main": 1, "dev-Main": "1.x-dev"}

    assert branch_alias("dev-main", aliases) == "1.9999999.9999999.9999999-dev"


@pytest.mark.parametrize(
    ("branch", "version", "normalized"),
    [
        ("main", "dev-main", "dev-main"),
        ("1.x", "1.x-dev", "1.9999999.9999999.9999999-dev"),
        ("1.1", "1.1.x-dev", "1.1.9999999.9999999-dev"),
        ("v5", "v5.x-dev", "5.9999999.9999999.9999999-dev"),
        ("V5", "5.x-dev", "5.9999999.9999999.9999999-dev"),
        ("4.X", "4.x-dev", "4.9999999.9999999.9999999-dev"),
        ("6.0.0.x", "6.0.0.x-dev", "6.0.0.9999999-dev"),
        ("fix#7", "dev-fix+7", "dev-fix+7"),
        ("dev-foo", "dev-dev-foo", "dev-dev-foo"),
    ],
)
def test_a_branch_is_shown_as_a_version(branch: str, version: str, normalized: str) -> None:
    assert branch_version(branch) == (version, normalized)


@pytest.mark.parametrize(
    ("left", "sign", "right", "expected"),
    [row for row in load("comparisons") if not (row[0].startswith("dev-") and row[2].startswith("dev-"))],
)
def test_versions_compare_like_in_composer(left: str, sign: str, right: str, expected: bool) -> None:
    assert OPERATORS[sign](compare(normalize(left), normalize(right)), 0) is expected


@pytest.mark.parametrize(
    "ordered",
    [
        *load("sorting"),
        ["1.0.0.0-dev", "1.0-alpha1", "1.0-beta2", "1.0-RC1", "1.0", "1.0-p1", "1.0.1"],
        ["dev-foo", "1", "1.0.0.10", "100000.0", "20230101", "20230101.5", "99999999.x-dev"],
    ],
)
def test_versions_sort_from_old_to_new(ordered: list[str]) -> None:
    shuffled = sorted(ordered, key=lambda version: version[::-1])

    assert sorted(shuffled, key=lambda version: sort_key(normalize(version))) == ordered


def test_numbers_of_any_length_can_be_compared() -> None:
    assert compare("1." + "9" * 5000, "1." + "0" * 5000 + "1") == 1
    assert compare("1." + "9" * 5000, "1." + "8" * 5000) == 0


def test_an_endless_version_is_refused() -> None:
    with pytest.raises(InvalidVersion, match="too long"):
        normalize("1" + " " * 1_000_000 + "x")


@given(version_texts)
def test_a_normalized_number_stays_as_it_is(version: str) -> None:
    try:
        normalized = normalize(version)
    except InvalidVersion:
        return

    # Composer reads the branches it normalized to numbers ("1.9999999.9999999.9999999-dev") as they are, too.
    assert normalized.startswith("dev-") or normalize(normalized) == normalized


@given(version_texts)
def test_a_branch_is_always_a_dev_version(branch: str) -> None:
    version, normalized = branch_version(branch)

    assert parse_stability(version) is Stability.DEV
    assert parse_stability(normalized) is Stability.DEV


@given(st.lists(version_texts.map(normalize_branch), max_size=8))
def test_sorting_is_total(versions: list[str]) -> None:
    backwards = versions[::-1]

    assert sorted(backwards, key=sort_key) == sorted(versions, key=sort_key)
    assert len({sort_key(version) for version in versions}) == len(set(versions))


@given(version_texts.map(normalize_branch), version_texts.map(normalize_branch))
def test_comparing_the_other_way_round_gives_the_opposite(left: str, right: str) -> None:
    assert compare(left, right) == -compare(right, left)
