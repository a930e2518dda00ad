"""What the page of one run shows: the report in words, a comparison with the run before, and changes one can filter."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from models import CredentialKind, RunScope, SyncRun, utc_now
from organizations.change_words import Effect, change_groups, change_summary, run_effects
from organizations.run_words import Status, is_left_waiting, reason_words, run_status, run_steps, scope_words
from sync.report import Action, Subject
from sync.run_report import APPLIED, RunReport, change_total, read_report, seconds_taken, sizes_of
from web.components import ChangeGroup, Step
from web.filters import duration

CHANGES_PER_PAGE = 200  # keeps a page below 300 kB, however much a first run brings
OVERVIEW = 10  # of each kind, as long as there is more than a page and nobody has asked for something
WORTH_FILTERING = 10
HELD_SHOWN = 50  # of each kind; their own page lists all
CREDENTIAL_KINDS = {
    CredentialKind.OAUTH: "by OAuth",
    CredentialKind.OAUTH1: "by OAuth 1",
    CredentialKind.ACCESS_TOKEN: "a stored access token",
    CredentialKind.API_TOKEN: "a stored API token",
    CredentialKind.PASSWORD: "a stored password",
    CredentialKind.GITHUB_APP: "a stored GitHub App",
}
KIND_WORDS = {
    Subject.PERSON: "people",
    Subject.OWNER: "owners",
    Subject.ADMIN: "admins",
    Subject.TEAM: "teams",
    Subject.MEMBERSHIP: "team memberships",
    Subject.REPOSITORY: "repositories",
    Subject.PACKAGE: "packages",
    Subject.GRANT: "access to repositories",
}
ACTION_WORDS = {Action.ADD: "added", Action.CHANGE: "changed", Action.REMOVE: "removed"}
SIZE_WORDS = {"people": "People", "teams": "Teams", "repositories": "Repositories", "packages": "Packages"}


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """What somebody wants to see of the changes; empty: all."""

    kind: str = ""
    action: str = ""
    text: str = ""

    def __bool__(self) -> bool:
        """Whether anything is left out."""
        return bool(self.kind or self.action or self.text)

    def lets_through(self, change: dict[str, Any]) -> bool:
        """Whether a change is shown."""
        if (self.kind and change["kind"] != self.kind) or (self.action and change["action"] != self.action):
            return False
        return self.text.casefold() in f"{change['name']} {change['detail']}".casefold()


@dataclass(frozen=True, slots=True)
class ShownChanges:
    """One page of the changes that match."""

    wanted: ChangeFilter
    groups: Sequence[ChangeGroup]
    shown: int
    matching: int
    total: int
    number: int
    kinds: Sequence[tuple[str, str]]
    actions: Sequence[tuple[str, str]]

    @property
    def page_count(self) -> int:
        """On how many pages what matches is. An overview has one."""
        return 1 if self.is_overview else max(1, -(-self.matching // CHANGES_PER_PAGE))

    @property
    def is_overview(self) -> bool:
        """Whether there is too much for a page, and only the beginning of each kind is shown."""
        return not self.wanted and self.total > CHANGES_PER_PAGE

    @property
    def is_worth_filtering(self) -> bool:
        """Whether there is so much that looking for something needs help."""
        return self.total > WORTH_FILTERING


@dataclass(frozen=True, slots=True)
class Measure:
    """A line of the comparison with the run before."""

    label: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """Everything that the page says about a run."""

    report: RunReport
    status: Status
    steps: Sequence[Step]
    kind: str
    reason: str
    credential: str
    duration: str
    summary: str
    effects: Sequence[Effect]
    changes: ShownChanges
    held: Sequence[ChangeGroup]
    measures: Sequence[Measure]
    is_applied: bool
    is_preview: bool
    is_overtaken: bool  # a preview after which a run has finished
    is_left_waiting: bool


def read_run_page(session: Session, run: SyncRun, wanted: ChangeFilter, *, page: int, url: str) -> RunPage:
    """The report of a run in words. `url`: of the page itself."""
    report = read_report(session, run)
    is_preview = run.scope is RunScope.PREVIEW
    last_ok_at = report.synchronization.last_ok_at
    taken = seconds_taken(run)
    return RunPage(
        report=report,
        status=run_status(run),
        steps=run_steps(run),
        kind=scope_words(run, report.person),
        reason=reason_words(run),
        credential=_credential_words(report),
        duration="" if taken is None else duration(taken),
        summary=change_summary(run),
        effects=run_effects(run),
        changes=show_changes(run, wanted, page=page, url=url),
        held=change_groups(
            _first_of_each_kind(run.held, HELD_SHOWN), Counter(str(change["kind"]) for change in run.held)
        ),
        measures=compare(report),
        is_applied=run.result in APPLIED,
        is_preview=is_preview,
        is_overtaken=is_preview and bool(run.started_at and last_ok_at and last_ok_at > run.started_at),
        is_left_waiting=is_left_waiting(run, now=utc_now()),
    )


def show_changes(run: SyncRun, wanted: ChangeFilter, *, page: int, url: str = "") -> ShownChanges:
    """A page of the changes that match; the beginning of each kind when there is much and nothing was asked for.

    `url`: of the page, to which the kind is added where not everything is shown.
    """
    matching = [change for change in run.changes if wanted.lets_through(change)]
    totals = Counter(str(change["kind"]) for change in matching)
    number = min(page, max(1, -(-len(matching) // CHANGES_PER_PAGE)))
    if not wanted and len(matching) > CHANGES_PER_PAGE:
        number, shown = 1, _first_of_each_kind(matching, OVERVIEW)
    else:
        shown = matching[(number - 1) * CHANGES_PER_PAGE : number * CHANGES_PER_PAGE]
    kinds, actions = {change["kind"] for change in run.changes}, {change["action"] for change in run.changes}
    return ShownChanges(
        wanted=wanted,
        groups=change_groups(shown, totals, all_url="" if wanted else url),
        shown=len(shown),
        matching=len(matching),
        total=len(run.changes),
        number=number,
        kinds=[("", "everything"), *((kind.value, KIND_WORDS[kind]) for kind in Subject if kind in kinds)],
        actions=[("", "any"), *((action.value, ACTION_WORDS[action]) for action in Action if action in actions)],
    )


def compare(report: RunReport) -> list[Measure]:
    """The run beside the one before of its kind; empty when there is none, or this one came to nothing."""
    run, previous = report.run, report.previous
    if previous is None or run.result not in APPLIED:
        return []
    then, now = sizes_of(previous), sizes_of(run)
    sizes = [
        Measure(label, f"{then[name]:,}", f"{now[name]:,}")
        for name, label in SIZE_WORDS.items()
        if name in then and name in now
    ]
    unread_before = len(report.unknown) - len(report.appeared) + len(report.healed)
    unread = [Measure("Lists not read", f"{unread_before:,}", f"{len(report.unknown):,}")]
    return [
        Measure("Duration", duration(seconds_taken(previous) or 0), duration(seconds_taken(run) or 0)),
        Measure("Requests", f"{previous.request_count:,}", f"{run.request_count:,}"),
        *sizes,
        Measure("Changes", f"{change_total(previous):,}", f"{change_total(run):,}"),
        *(unread if unread_before or report.unknown else []),
    ]


def _credential_words(report: RunReport) -> str:
    credential = report.credential
    if credential is None:
        return "none"
    return f"{credential.name}, {CREDENTIAL_KINDS[CredentialKind(credential.kind)]}"


def _first_of_each_kind(changes: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    first = []
    for change in changes:
        seen[change["kind"]] += 1
        if seen[change["kind"]] <= most:
            first.append(change)
    return first
