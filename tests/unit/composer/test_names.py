"""Package names follow Composer's grammar."""

import pytest

from composer.names import name_problem, suggested_name
from tests.unit.composer.vectors import load


@pytest.mark.parametrize(("name", "fault", "suggestion"), load("names"))
def test_a_name_is_accepted_or_refused_for_one_reason(name: str, fault: str | None, suggestion: str | None) -> None:
    problem = name_problem(name)

    assert (problem.fault if problem else None) == fault
    assert suggestion is None or suggested_name(name) == suggestion


@pytest.mark.parametrize("name", ["ext-" + "a" * 50_000 + "!", "acme/" + "a" * 50_000 + "!", "a" * 50_000 + "/b!"])
def test_an_endless_name_is_refused_in_no_time(name: str) -> None:
    assert name_problem(name) is not None
