"""What a run changed, by name, for people to read. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from models import TeamKind
from sync.names import Names, team_label
from sync.plan import Plan
from sync.removals import (
    grant_removal,
    membership_removal,
    package_removal,
    repository_removal,
    standing_removal,
    team_removal,
)
from sync.state import State

Key = TypeVar("Key")


class Action(StrEnum):
    """What happened to something."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


class Subject(StrEnum):
    """What kind of thing it happened to; also the order in which a report lists them."""

    PERSON = "person"
    OWNER = "owner"
    ADMIN = "admin"
    TEAM = "team"
    MEMBERSHIP = "membership"
    REPOSITORY = "repository"
    PACKAGE = "package"
    GRANT = "grant"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a report."""

    kind: Subject
    action: Action
    name: str
    detail: str = ""
    url: str = ""
    key: str = field(default="", compare=False)  # of a removal: see `removals.py`

    def as_json(self) -> dict[str, str]:
        """For the run's row and the download."""
        kind, action = self.kind.value, self.action.value
        return {"kind": kind, "action": action, "name": self.name, "detail": self.detail, "url": self.url}

    def as_removal(self) -> dict[str, str]:
        """For the row of a hold."""
        return {"key": self.key, **self.as_json()}


def report_changes(plan: Plan, state: State) -> list[Change]:
    """Every change of a plan that means something to an administrator."""
    if plan.is_empty:
        return []
    names = Names(plan, state)
    changes = [
        *_people(plan, names),
        *_standing(plan, names),
        *_teams(plan),
        *_memberships(plan, names),
        *_repositories(plan, state),
        *_packages(plan, names),
        *_grants(plan, names),
    ]
    order = {subject: position for position, subject in enumerate(Subject)}
    return sorted(
        changes, key=lambda change: (order[change.kind], change.action, change.name.casefold(), change.detail)
    )


def count_changes(changes: list[Change]) -> dict[str, dict[str, int]]:
    """How many of each kind and action: `{"person": {"add": 3}}`."""
    counts: dict[str, dict[str, int]] = {}
    for change in changes:
        actions = counts.setdefault(change.kind.value, {})
        actions[change.action.value] = actions.get(change.action.value, 0) + 1
    return counts


def _people(plan: Plan, names: Names) -> Iterator[Change]:
    for key, person in plan.identities.add.items():
        detail = "blocked there" if person.is_blocked else person.display_name
        yield Change(Subject.PERSON, Action.ADD, names.person(key), detail, person.web_url)
    for key, person in plan.identities.change.items():
        detail = "blocked there" if person.is_blocked else person.display_name
        yield Change(Subject.PERSON, Action.CHANGE, names.person(key), detail, person.web_url)


def _standing(plan: Plan, names: Names) -> Iterator[Change]:
    subjects = {TeamKind.OWNERS: Subject.OWNER, TeamKind.ADMINS: Subject.ADMIN}
    for action, keys in ((Action.ADD, plan.standing.add), (Action.REMOVE, plan.standing.remove)):
        for kind, account in keys:
            key = _key(action, standing_removal, (kind, account))
            yield Change(subjects[kind], action, names.person(account), url=names.person_url(account), key=key)


def _teams(plan: Plan) -> Iterator[Change]:
    for action, teams in (
        (Action.ADD, plan.teams.add),
        (Action.CHANGE, plan.teams.change),
        (Action.REMOVE, plan.teams.remove),
    ):
        for key, team in teams.items():
            yield Change(Subject.TEAM, action, team_label(team), url=team.web_url, key=_key(action, team_removal, key))


def _memberships(plan: Plan, names: Names) -> Iterator[Change]:
    for action, rows in (
        (Action.ADD, plan.memberships.add),
        (Action.CHANGE, plan.memberships.change),
        (Action.REMOVE, plan.memberships.remove),
    ):
        for (team, account), value in rows.items():
            detail = f"{names.team(team)}, {value.source}"
            key = _key(action, membership_removal, (team, account))
            yield Change(Subject.MEMBERSHIP, action, names.person(account), detail, names.team_url(team), key)


def _repositories(plan: Plan, state: State) -> Iterator[Change]:
    for repository in plan.repositories.add.values():
        yield Change(Subject.REPOSITORY, Action.ADD, repository.path, repository.visibility, repository.web_url)
    for key, repository in plan.repositories.remove.items():
        yield Change(
            Subject.REPOSITORY, Action.REMOVE, repository.path, url=repository.web_url, key=repository_removal(key)
        )
    for key, repository in plan.repositories.change.items():
        before = state.repositories[key]
        shown = ("path", "visibility", "code_access", "default_branch", "is_archived", "is_pending_deletion")
        moved = [name for name in shown if getattr(before, name) != getattr(repository, name)]
        if moved:
            detail = ", ".join(name.removeprefix("is_").replace("_", " ") for name in moved)
            yield Change(Subject.REPOSITORY, Action.CHANGE, repository.path, detail, repository.web_url)


def _packages(plan: Plan, names: Names) -> Iterator[Change]:
    for key, name in plan.packages.add.items():
        yield Change(Subject.PACKAGE, Action.ADD, name, names.repository(key), names.repository_url(key))
    for key, packages in plan.packages.remove.items():
        for package in packages:
            named = package_removal(key, package.name)
            yield Change(Subject.PACKAGE, Action.REMOVE, package.name, names.repository(key), key=named)


def _grants(plan: Plan, names: Names) -> Iterator[Change]:
    for action, grants in (
        (Action.ADD, plan.grants.add),
        (Action.CHANGE, plan.grants.change),
        (Action.REMOVE, plan.grants.remove),
    ):
        for key, grant in grants.items():
            if key.repository_id in plan.repositories.add or key.repository_id in plan.repositories.remove:
                continue  # the line about the repository says it all
            detail = f"{names.reader(key)} may read ({grant.role_name}, {key.source})"
            url = names.repository_url(key.repository_id)
            named = _key(action, grant_removal, key)
            yield Change(Subject.GRANT, action, names.repository(key.repository_id), detail, url, named)


def _key(action: Action, name: Callable[[Key], str], key: Key) -> str:
    return name(key) if action is Action.REMOVE else ""
