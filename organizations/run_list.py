"""The runs of one synchronization as a list that can be filtered. What nobody looks for is left out."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, not_, select
from sqlalchemy.orm import Session

from models import RunResult, RunScope, Synchronization, SyncRun
from organizations.change_words import change_summary
from organizations.run_words import RESULTS, Status, reason_words, run_status, scope_words
from organizations.runs import WITHOUT_LISTS, has_changes
from sync.run_report import SCOPE_WORDS, names_of_people
from web.paging import Page, load_page

ROWS = 20
CHANGED = "changed"
KIND_CHOICES = (("", "any"), *((scope.value, words) for scope, words in SCOPE_WORDS.items()))
RESULT_CHOICES = (("", "any"), (CHANGED, "changed something"), *((key.value, RESULTS[key][1]) for key in RunResult))


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line of the list."""

    run: SyncRun
    kind: str
    status: Status
    reason: str
    summary: str


@dataclass(frozen=True, slots=True)
class RunList:
    """A page of runs. `hidden` counts those about one person that changed nothing, while they are left out."""

    rows: Sequence[RunRow]
    page: Page[SyncRun]
    total: int
    hidden: int
    kind: str
    result: str
    kind_choices: Sequence[tuple[str, str]] = KIND_CHOICES
    result_choices: Sequence[tuple[str, str]] = RESULT_CHOICES


def load_run_list(session: Session, synchronization: Synchronization, *, kind: str, result: str, page: int) -> RunList:
    """The newest runs first. `kind` and `result` come from an address; what they do not know they do not filter."""
    query = select(SyncRun).where(SyncRun.synchronization_id == synchronization.id)
    kind, result = _known(kind, KIND_CHOICES), _known(result, RESULT_CHOICES)
    loaded = load_page(session, _filter(query, kind, result), number=page, size=ROWS)
    people = names_of_people(session, synchronization, loaded.rows)
    return RunList(
        rows=[_row(run, people.get(run.account_id, "")) for run in loaded.rows],
        page=loaded,
        total=_count(session, query),
        hidden=0 if kind or result else _count(session, query.where(_is_idle())),
        kind=kind,
        result=result,
    )


def _filter(query: Select[SyncRun], kind: str, result: str) -> Select[SyncRun]:
    if kind:
        query = query.where(SyncRun.scope == RunScope(kind))
    if result == CHANGED:
        query = query.where(has_changes())
    elif result:
        query = query.where(SyncRun.result == RunResult(result))
    if not kind and not result:
        query = query.where(not_(_is_idle()))
    return query.options(*WITHOUT_LISTS).order_by(SyncRun.number.desc())


def _is_idle() -> ColumnElement[bool]:
    """One person was looked at, and nothing had changed: at every login there is such a run."""
    is_ok = and_(SyncRun.result.is_not(None), SyncRun.result == RunResult.OK)
    return and_(SyncRun.scope.in_((RunScope.PERSON, RunScope.OWN)), is_ok, not_(has_changes()))


def _count(session: Session, query: Select[SyncRun]) -> int:
    return session.scalar(select(func.count()).select_from(query.with_only_columns(SyncRun.id).subquery())) or 0


def _known(value: str, choices: Sequence[tuple[str, str]]) -> str:
    return value if value in {key for key, _ in choices} else ""


def _row(run: SyncRun, person: str) -> RunRow:
    return RunRow(run, scope_words(run, person), run_status(run), reason_words(run), change_summary(run))
