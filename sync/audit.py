"""What a synchronization did to access, for the audit log: one record per team and repository.

The first run says everything: whoever asks later since when somebody could read something finds it here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from sqlalchemy.orm import Session

from models import AuditEntry, Synchronization, SyncRun, TeamKind, record_many
from sync.decision import Decision
from sync.names import Names, team_label
from sync.plan import Changes, Plan
from sync.state import State
from sync.wanted import GrantKey

Key = TypeVar("Key")
Value = TypeVar("Value")
Parent = TypeVar("Parent")

LEADERS = {TeamKind.OWNERS: "owners", TeamKind.ADMINS: "admins"}


def run_actor(synchronization: Synchronization, run: SyncRun) -> str:
    """How a run is called in the log."""
    return f"synchronization {synchronization.remote_path}, run {run.number}"


def run_details(synchronization: Synchronization, run: SyncRun) -> dict[str, object]:
    """With which the log leads to the page of a run."""
    return {"synchronization_id": synchronization.id, "run": run.number}


def record_changes(session: Session, *, synchronization: Synchronization, run: SyncRun, decision: Decision) -> None:
    """Write down every change of access that a decision makes, in the transaction that makes it.

    Packages are told by those who add and remove them.
    """
    if decision.plan.is_empty:
        return
    where = run_details(synchronization, run)
    entries = [
        AuditEntry(entry.action, entry.target, {**entry.details, **where})
        for entry in describe_changes(decision.plan, decision.state)
    ]
    actor = run_actor(synchronization, run)
    record_many(session, entries, actor=actor, organization_id=synchronization.organization_id)


def describe_changes(plan: Plan, state: State) -> Iterator[AuditEntry]:
    """By name: who is blocked, leads, is in which team and may read which repository."""
    names = Names(plan, state)
    yield from _people(plan, state, names)
    yield from _leaders(plan, names)
    yield from _teams(plan)
    yield from _memberships(plan, names)
    yield from _repositories(plan, names)
    yield from _grants(plan, names)


def _people(plan: Plan, state: State, names: Names) -> Iterator[AuditEntry]:
    changed = {
        key: person.is_blocked
        for key, person in plan.identities.change.items()
        if person.is_blocked != state.identities[key].is_blocked
    }
    for action, is_blocked in (("people_blocked", True), ("people_unblocked", False)):
        people = sorted(names.person(key) for key, state_there in changed.items() if state_there is is_blocked)
        if people:
            yield AuditEntry(action, "", {"people": people})


def _leaders(plan: Plan, names: Names) -> Iterator[AuditEntry]:
    for action, rows in (("added", plan.standing.add), ("removed", plan.standing.remove)):
        for kind, people in _group(rows, lambda key: key[0], lambda key: names.person(key[1])).items():
            yield AuditEntry(f"{LEADERS[kind]}_{action}", "", {"people": people})


def _teams(plan: Plan) -> Iterator[AuditEntry]:
    for action, teams in (("teams_appeared", plan.teams.add), ("teams_gone", plan.teams.remove)):
        if teams:
            yield AuditEntry(action, "", {"teams": sorted(team_label(team) for team in teams.values())})


def _memberships(plan: Plan, names: Names) -> Iterator[AuditEntry]:
    for action, rows in _actions("members", plan.memberships):
        for team, people in _group(rows, lambda key: key[0], lambda key: names.person(key[1])).items():
            yield AuditEntry(action, names.team(team), {"people": people})


def _repositories(plan: Plan, names: Names) -> Iterator[AuditEntry]:
    """With their readers, so that a new repository is one record."""
    for action, repositories, grants in (
        ("repository_appeared", plan.repositories.add, plan.grants.add),
        ("repository_gone", plan.repositories.remove, plan.grants.remove),
    ):
        readers = _readers((key for key in grants if key.repository_id in repositories), names)
        for key, repository in repositories.items():
            yield AuditEntry(action, repository.path, {"readers": readers.get(key, [])})


def _grants(plan: Plan, names: Names) -> Iterator[AuditEntry]:
    for action, grants in _actions("readers", plan.grants):
        told = plan.repositories.add if action == "readers_added" else plan.repositories.remove
        for key, readers in _readers((key for key in grants if key.repository_id not in told), names).items():
            yield AuditEntry(action, names.repository(key), {"readers": readers})


def _actions(noun: str, changes: Changes[Key, Value]) -> Iterable[tuple[str, Mapping[Key, Value]]]:
    return (
        (f"{noun}_added", changes.add),
        (f"{noun}_changed", changes.change),
        (f"{noun}_removed", changes.remove),
    )


def _readers(grants: Iterable[GrantKey], names: Names) -> dict[str, list[str]]:
    return _group(grants, lambda key: key.repository_id, names.reader)


def _group(keys: Iterable[Key], parent: Callable[[Key], Parent], name: Callable[[Key], str]) -> dict[Parent, list[str]]:
    grouped: defaultdict[Parent, list[str]] = defaultdict(list)
    for key in keys:
        grouped[parent(key)].append(name(key))
    return {key: sorted(set(found)) for key, found in grouped.items()}
