"""Constraints are read like Composer does and decide which versions fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.constraints import InvalidConstraint, is_satisfiable, parse_constraint, satisfies
from composer.versions import InvalidVersion, normalize
from tests.unit.composer.vectors import load


@pytest.mark.parametrize(("text", "expected"), load("constraints"))
def test_a_constraint_is_read_or_refused(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(InvalidConstraint, match="is not a version constraint"):
            parse_constraint(text)
    else:
        assert str(parse_constraint(text)) == expected


@pytest.mark.parametrize(("version", "constraint", "expected"), load("satisfies"))
def test_a_version_fits_a_constraint_or_not(version: str, constraint: str, expected: bool) -> None:
    assert satisfies(version, constraint) is expected


@pytest.mark.parametrize(
    ("version", "constraint", "expected"),
    [
        ("dev-main", "dev-main", True),
        ("dev-main", "dev-main#abcdef", True),
        ("1.x-dev", "1.x-dev#abcdef", True),
        ("dev-main", "dev-other", False),
        ("dev-main", "!=dev-other", True),
        ("dev-main", "!=dev-main", False),
        ("dev-main", "!=1.0", True),
        ("dev-main", ">=1.0", False),
        ("1.0", "dev-main", False),
        ("dev-main", "*", True),
        ("1.5", "1.0 - 1.9 || dev-main", True),
        ("2.0-beta1", "@beta", True),
        ("1.0-beta1", ">=1.0@beta", True),
        ("1.0-alpha1", ">=1.0@beta", False),
        ("1.0-beta1", ">=1.0@stable", True),
        ("1.2", "==1.2", True),
    ],
)
def test_branches_and_stabilities_fit_as_in_composer(version: str, constraint: str, expected: bool) -> None:
    assert satisfies(version, constraint) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (">=1.0-RC1", ">= 1.0.0.0-RC1-dev"),
        (">=1.0-beta1", ">= 1.0.0.0-beta1"),
        ("~01.02.3", "[>= 01.02.3.0-dev < 01.3.0.0-dev]"),
        ("01.*", "[>= 01.0.0.0-dev < 2.0.0.0-dev]"),
    ],
)
def test_odd_spellings_are_read_as_composer_reads_them(text: str, expected: str) -> None:
    assert str(parse_constraint(text)) == expected


def test_a_capital_v_is_no_range() -> None:
    with pytest.raises(InvalidConstraint):
        parse_constraint("V2.*")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("^1.0 || ^2.0", "[>= 1.0.0.0-dev < 3.0.0.0-dev]"),
        ("^1.0 || ^3.0", "[[>= 1.0.0.0-dev < 2.0.0.0-dev] || [>= 3.0.0.0-dev < 4.0.0.0-dev]]"),
        ("* || ^2.0", "[* || [>= 2.0.0.0-dev < 3.0.0.0-dev]]"),
        ("*, >2", "[* > 2.0.0.0]"),
    ],
)
def test_alternatives_that_touch_become_one_range(text: str, expected: str) -> None:
    assert str(parse_constraint(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "1" + " " * 1_000_000 + "x",
        "1" + " " * 10_000 + "y",
        "dev-" + "#" * 10_000 + "\n",
        " " * 8000 + "|" * 8000,
        "dev-main, " + "9" * 600,
    ],
)
def test_an_endless_constraint_is_refused_in_no_time(text: str) -> None:
    with pytest.raises(InvalidConstraint):
        parse_constraint(text)


def test_a_long_list_of_alternatives_is_a_constraint() -> None:
    alternatives = "|".join(f">={major},<{major}.5" for major in range(1000))

    assert parse_constraint(alternatives).allows("999.1.0.0")
    assert is_satisfiable(parse_constraint(">1 " * 3000 + "<2"))


@pytest.mark.parametrize("text", ["^" + "1" * 500, "~1." + "9" * 500 + ".1", "1.99999999999999999999.*"])
def test_a_range_of_absurd_numbers_is_refused(text: str) -> None:
    with pytest.raises(InvalidConstraint):
        parse_constraint(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (">1, <0.5", False),
        ("dev-main, >0.5", False),
        ("1.0, 1.1", False),
        (">1, <=1", False),
        (">1, >=1, <=1, <2", False),
        (">=1.5-stable, >1, <=1.5, <2", True),
        (">=1.0-stable, <=1.0-stable", True),
        (">1, <0.5 || ^2", True),
        (">1", True),
        ("<1", True),
        ("!=1", True),
        ("dev-main, dev-main", True),
        ("dev-main", True),
        ("*", True),
    ],
)
def test_a_constraint_that_nothing_can_fit_is_recognized(text: str, expected: bool) -> None:
    assert is_satisfiable(parse_constraint(text)) is expected


@given(st.lists(st.integers(0, 50), min_size=1, max_size=4))
def test_a_version_fits_the_ranges_made_of_it(parts: list[int]) -> None:
    version = ".".join(map(str, parts))

    assert all(satisfies(version, f"{sign}{version}") for sign in ("^", "~", ">=", "<=", "=", ""))
    assert not any(satisfies(version, f"{sign}{version}") for sign in ("<", ">", "!="))


@given(st.text(alphabet="0123456789.vx*-_+@#abdeprt~^<>=!|, ", max_size=24))
def test_reading_a_constraint_gives_an_answer_or_the_one_error(text: str) -> None:
    try:
        constraint = parse_constraint(text)
    except InvalidConstraint:
        return

    assert isinstance(constraint.allows("1.0.0.0"), bool)


def test_a_version_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidVersion):
        satisfies("nonsense", "*")

    assert normalize("1") == "1.0.0.0"
