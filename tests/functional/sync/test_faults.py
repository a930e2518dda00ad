"""Hosts that answer nonsense, at every listing, in runs of every scope: nobody loses what the host grants."""

import itertools
import time
from collections.abc import Iterator

import pytest

from models import RunResult, RunScope
from sync.parts import APPLIED
from tests.fakes.gitlab import FakeGitLab, Kind
from tests.functional.sync import doing
from tests.functional.sync.conftest import Company
from tests.functional.sync.small import do_our_jobs, found_small_company, here, someone_comes_or_goes, there

LISTINGS = (
    r"/api/v4/groups/\d+(\?|$)",
    r"/descendant_groups",
    r"/groups/\d+/projects",
    r"/groups/\d+/members/all",
    r"/projects/\d+/members/all",
    r"/repository/files/",
)
SCOPES = (RunScope.FULL, RunScope.CHEAP, RunScope.PERSON, RunScope.PREVIEW)


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    """A small company."""
    with FakeGitLab() as server:
        found_small_company(server)
        yield server


def combinations(share: int, of: int) -> list[tuple[str, Kind, RunScope]]:
    """Every listing with every kind of trouble, the scopes in turn; a share of them, as `make soak` does all."""
    found = [
        (where, kind, SCOPES[(number + place) % len(SCOPES)])
        for place, where in enumerate(LISTINGS)
        for number, kind in enumerate(Kind)
    ]
    return [case for case in found if not is_an_answer(*case)][share::of]


def is_an_answer(where: str, kind: Kind, scope: RunScope) -> bool:
    """Asked about one person, a host that knows the group says with a 404 that they are not in it."""
    return scope is RunScope.PERSON and kind is Kind.STATUS_404 and "members" in where


def test_whatever_a_host_answers_nobody_loses_what_it_grants(
    company: Company, scale: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    doing.make_haste(monkeypatch)
    share = ["sqlite", "postgresql"].index(company.runtime.database.read_engine.dialect.name)
    company.synchronize()
    cases = combinations(share, 10) if scale == 1 else everything()
    for number, (where, kind, scope) in enumerate(cases):
        case = f"{kind} at {where} in a {scope} run"
        someone_comes_or_goes(company)
        before, granted = here(company), there(company)
        account_id = str(company.fake.user("carla").id)

        company.fake.misbehave(where, kind, seconds=0.0001, times=40)
        ended = doing.run(company.runtime, company.synchronization_id, scope, account_id=account_id)
        company.fake.behave()
        doing.reconnect(company.runtime)

        assert not (before - here(company)) & granted, case
        assert here(company) - before <= granted, case
        if ended.result not in APPLIED:
            assert here(company) == before, case
            assert ended.error_text, case
        if number % 3 == 0 or scale > 1:
            healed = doing.run(company.runtime, company.synchronization_id)
            assert (healed.result, healed.error_text) == (RunResult.OK, ""), case
            assert here(company) == there(company), case
    do_our_jobs(company.runtime)
    doing.assert_nothing_is_left_over(company.runtime)


def everything() -> list[tuple[str, Kind, RunScope]]:
    found = itertools.product(LISTINGS, Kind, SCOPES)
    return [case for case in found if not is_an_answer(*case)]


@pytest.mark.parametrize("where", [r"/api/v4/groups/\d+\?", r"/groups/\d+/members/all", r"/repository/files/"])
def test_nonsense_is_not_confirmed_for_ever_by_a_host_that_has_nothing_newer(company: Company, where: str) -> None:
    company.fake.misbehave(where, Kind.EMPTY_WITH_WRONG_TOTAL)
    doing.run(company.runtime, company.synchronization_id)

    company.fake.behave()

    assert doing.run(company.runtime, company.synchronization_id).result is RunResult.OK
    assert here(company) == there(company)


def test_an_answer_that_drips_ends_with_its_time_and_removes_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.synchronize()
    doing.make_haste(monkeypatch, call_seconds=0.3)
    before = here(company)
    someone_comes_or_goes(company)
    company.fake.misbehave(r"/groups/\d+/projects", Kind.DRIP, seconds=0.05)

    began = time.monotonic()
    ended = doing.run(company.runtime, company.synchronization_id)

    assert time.monotonic() - began < 10
    assert ended.result is RunResult.FAILED
    assert here(company) == before
