"""Runs and their changes in words."""

import pytest

from models import RunPhase, RunResult, RunScope, SyncRun
from organizations.change_words import change_groups, change_summary, enumerate_names, run_effects
from organizations.run_page import ChangeFilter, show_changes
from organizations.run_words import reason_words, run_steps, scope_words
from web.components import StepState


def change(kind: str, action: str, name: str, detail: str = "") -> dict[str, str]:
    return {"kind": kind, "action": action, "name": name, "detail": detail, "url": ""}


def run(scope: RunScope = RunScope.FULL, **values: object) -> SyncRun:
    row = SyncRun(scope=scope, result=RunResult.OK, reasons=[], actor="", counts={}, changes=[], held=[])
    for name, value in values.items():
        setattr(row, name, value)
    return row


@pytest.mark.parametrize(
    ("names", "total", "words"),
    [
        ([], 0, ""),
        (["@ann"], 1, "@ann"),
        (["@ann", "@bob", "@eve"], 3, "@ann, @bob and @eve"),
        (["@ann", "@bob"], 1200, "@ann, @bob and 1,198 more"),
    ],
)
def test_names_are_listed_and_the_rest_is_counted(names: list[str], total: int, words: str) -> None:
    assert enumerate_names(names, total) == words


@pytest.mark.parametrize(
    ("scope", "verbs"),
    [
        (RunScope.FULL, ["gained access", "appeared", "lost all access", "removed"]),
        (RunScope.PREVIEW, ["would gain access", "would appear", "would lose all access", "would be removed"]),
    ],
)
def test_a_run_says_what_it_means_and_a_preview_what_it_would_mean(scope: RunScope, verbs: list[str]) -> None:
    access = {"gain": {"count": 1, "names": ["@dan"]}, "lose": {"count": 2, "names": ["@bob", "@eve"]}}
    changes = [change("package", "add", "acme/new"), change("package", "remove", "acme/old")]

    effects = run_effects(run(scope, counts={"access": access}, changes=changes))

    assert [(effect.sign, effect.count) for effect in effects] == [
        ("+", "1 person"),
        ("+", "1 package"),
        ("-", "2 people"),
        ("-", "1 package"),
    ]
    assert [effect.text.partition(":")[0] for effect in effects] == verbs


def test_the_summary_counts_by_kind_and_says_when_there_is_nothing() -> None:
    counts = {"changes": {"person": {"add": 1200}, "team": {"remove": 1}}}

    assert change_summary(run(counts=counts)) == "+1,200 people, −1 team"
    assert change_summary(run()) == "Nothing changed"
    assert change_summary(run(RunScope.PREVIEW)) == "Nothing would change"
    assert change_summary(run(result=RunResult.FAILED)) == ""


def test_kind_and_reason_are_words_that_are_not_ours() -> None:
    assert scope_words(run(RunScope.CHEAP)) == "quick check"
    assert scope_words(run(RunScope.PERSON), "@bob") == "one person: @bob"
    assert reason_words(run(reasons=["button", "webhook"], actor="Ann")) == "“Synchronize now”, a webhook, by Ann"
    assert reason_words(run(reasons=["webhook: repositories changed"])) == "a webhook (repositories changed)"
    assert reason_words(run(reasons=["something new"])) == "something new"


def test_a_preview_ends_with_its_plan() -> None:
    assert [step.label for step in run_steps(run(RunScope.PREVIEW, phase_times={}))] == ["Read", "Check", "Plan"]
    assert len(run_steps(run(phase_times={}))) == 5


def test_a_run_that_failed_shows_the_phase_in_which_it_did() -> None:
    begun = {RunPhase.READ.value: "2026-01-05T10:00:00+00:00", RunPhase.DONE.value: "2026-01-05T10:01:05+00:00"}

    steps = run_steps(run(result=RunResult.FAILED, phase_times=begun))

    assert [step.state for step in steps] == [StepState.FAILED, *[StepState.SKIPPED] * 4]
    assert steps[0].detail == "1 min 5 s"


def test_changes_are_grouped_with_how_many_there_are_on_all_pages() -> None:
    (group,) = change_groups([change("team", "add", "acme")], {"team": 7})

    assert (group.title, len(group.changes), group.total) == ("Teams", 1, 7)


MANY = [change("membership", ("add", "remove")[number % 2], f"@p{number}", "acme/backend") for number in range(450)]


@pytest.mark.parametrize(
    ("wanted", "matching"),
    [
        (ChangeFilter(), 451),
        (ChangeFilter(kind="team"), 1),
        (ChangeFilter(action="remove"), 225),
        (ChangeFilter(text="BACKEND"), 450),
        (ChangeFilter(kind="membership", action="add", text="@p44"), 6),
        (ChangeFilter(kind="nonsense"), 0),
    ],
)
def test_changes_are_filtered_by_kind_action_and_text(wanted: ChangeFilter, matching: int) -> None:
    shown = show_changes(run(changes=[*MANY, change("team", "add", "acme")]), wanted, page=1)

    assert (shown.matching, shown.total) == (matching, 451)
    assert bool(wanted) == (matching < 451)
    assert [key for key, _ in shown.kinds] == ["", "team", "membership"]


def test_much_begins_with_the_first_of_each_kind_and_leads_to_the_rest() -> None:
    shown = show_changes(run(changes=[*MANY, change("team", "add", "acme")]), ChangeFilter(), page=2, url="/run")

    assert (shown.is_overview, shown.page_count, shown.number, shown.shown) == (True, 1, 1, 11)
    assert [(group.total, len(group.changes), group.all_url) for group in shown.groups] == [
        (450, 10, "/run?kind=membership#changes"),
        (1, 1, "/run?kind=team#changes"),
    ]


def test_a_page_past_the_end_is_the_last_one() -> None:
    shown = show_changes(run(changes=MANY), ChangeFilter(kind="membership"), page=99)

    assert (shown.number, shown.page_count, shown.shown) == (3, 3, 50)
