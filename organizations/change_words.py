"""Changes of a run as people read them: groups by kind, a line that sums them up, and what they mean for people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models import RunScope, SyncRun
from sync.report import Action, Subject
from sync.run_report import APPLIED
from web.components import Change, ChangeGroup

SIGNS = {Action.ADD: "+", Action.REMOVE: "-", Action.CHANGE: "~"}
WRITTEN_SIGNS = {Action.ADD: "+", Action.REMOVE: "−", Action.CHANGE: "~"}
TITLES = {
    Subject.OWNER: "Owners",
    Subject.ADMIN: "Admins",
    Subject.PERSON: "People",
    Subject.TEAM: "Teams",
    Subject.MEMBERSHIP: "Team memberships",
    Subject.REPOSITORY: "Repositories",
    Subject.PACKAGE: "Packages",
    Subject.GRANT: "Permissions to read repositories",
}
NOUNS = {
    Subject.OWNER: ("owner", "owners"),
    Subject.ADMIN: ("admin", "admins"),
    Subject.PERSON: ("person", "people"),
    Subject.TEAM: ("team", "teams"),
    Subject.MEMBERSHIP: ("membership", "memberships"),
    Subject.REPOSITORY: ("repository", "repositories"),
    Subject.PACKAGE: ("package", "packages"),
    Subject.GRANT: ("permission", "permissions"),
}
PEOPLE = frozenset({Subject.PERSON, Subject.OWNER, Subject.ADMIN, Subject.MEMBERSHIP})
NAMED = 5


@dataclass(frozen=True, slots=True)
class Effect:
    """One sentence about what a run means: who gained access, which packages went."""

    sign: str
    count: str
    text: str


def change_groups(
    changes: Iterable[dict[str, Any]], totals: Mapping[str, int] | None = None, *, all_url: str = ""
) -> list[ChangeGroup]:
    """A report's changes, grouped by kind in the order of the report.

    `totals`: how many there are with those that are not given. `all_url`: a page that shows one `kind` completely.
    """
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(str(change["kind"]), []).append(_change(change))
    return [
        ChangeGroup(
            TITLES[Subject(kind)],
            rows,
            (totals or {}).get(kind, 0),
            f"{all_url}?kind={kind}#changes" if all_url else "",
        )
        for kind, rows in groups.items()
    ]


def change_summary(run: SyncRun) -> str:
    """One line: "+12 people, −1 team, +3 packages"."""
    counts: dict[str, dict[str, int]] = run.counts.get("changes", {}) if run.counts else {}
    parts = [
        f"{WRITTEN_SIGNS[Action(action)]}{count:,} {NOUNS[Subject(kind)][count != 1]}"
        for kind, actions in counts.items()
        for action, count in actions.items()
    ]
    return ", ".join(parts) or (_nothing(run) if run.result in APPLIED else "")


def run_effects(run: SyncRun) -> list[Effect]:
    """What a run means for people and packages, the losses last. In a preview: what it would mean."""
    would = run.scope is RunScope.PREVIEW
    access = (run.counts or {}).get("access", {})
    gain, lose = access.get("gain", {}), access.get("lose", {})
    added, removed = _packages(run, Action.ADD), _packages(run, Action.REMOVE)
    found = [
        _people_effect("+", gain, "would gain access" if would else "gained access"),
        _package_effect("+", added, "would appear" if would else "appeared"),
        _people_effect("-", lose, "would lose all access" if would else "lost all access"),
        _package_effect("-", removed, "would be removed" if would else "removed"),
    ]
    return [effect for effect in found if effect is not None]


def enumerate_names(names: Sequence[str], total: int) -> str:
    """ "@ann, @bob and 3 more"."""
    shown = names[:NAMED]
    rest = total - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest:,} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else ""


def _nothing(run: SyncRun) -> str:
    return "Nothing would change" if run.scope is RunScope.PREVIEW else "Nothing changed"


def _packages(run: SyncRun, action: Action) -> list[str]:
    return [str(change["name"]) for change in run.changes if (change["kind"], change["action"]) == ("package", action)]


def _people_effect(sign: str, weighed: dict[str, Any], verb: str) -> Effect | None:
    count = int(weighed.get("count", 0))
    if not count:
        return None
    return Effect(sign, f"{count:,} {'person' if count == 1 else 'people'}", _sentence(verb, weighed["names"], count))


def _package_effect(sign: str, names: Sequence[str], verb: str) -> Effect | None:
    if not names:
        return None
    count = len(names)
    return Effect(sign, f"{count:,} {'package' if count == 1 else 'packages'}", _sentence(verb, names, count))


def _sentence(verb: str, names: Sequence[str], count: int) -> str:
    return f"{verb}: {enumerate_names(names, count)}"


def _change(change: dict[str, Any]) -> Change:
    is_person = change["kind"] in PEOPLE
    return Change(
        sign=SIGNS[Action(change["action"])],
        name=str(change["name"]).removeprefix("@") if is_person else str(change["name"]),
        text=str(change["detail"]),
        reason="at the host" if change["url"] else "",
        reason_url=str(change["url"]),
        is_person=is_person,
    )
