"""Decide what a delivery asks for: updates of packages, a run of the synchronization, or nothing. Pure.

A delivery is a hint. What it leads to reads the truth from the host, so a forged or repeated one costs only work.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from integrations.codehost import HookEvent, HookRemoved, MembersChanged, RefsChanged, RepositoriesChanged
from models import RunScope


@dataclass(frozen=True, slots=True)
class KnownRepository:
    """A repository of the synchronization, as our rows say. `packages` are those that it feeds now."""

    id: int
    remote_id: str
    default_branch: str | None
    is_excluded: bool = False
    packages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to ask for. `unread` are repositories whose composer.json may have appeared or changed.

    `people` are accounts to read before anybody else, each with the team in which something changed ("" for anywhere).
    """

    packages: frozenset[int] = field(default_factory=frozenset)
    unread: frozenset[int] = field(default_factory=frozenset)
    reason: str = ""  # of a run; empty: no run is wanted
    scope: RunScope = RunScope.CHEAP  # of that run
    people: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @property
    def is_nothing(self) -> bool:
        """Whether the delivery can be forgotten."""
        return not self.packages and not self.reason

    def __or__(self, other: "Wanted") -> "Wanted":
        scopes = {self.scope, other.scope}
        return Wanted(
            self.packages | other.packages,
            self.unread | other.unread,
            self.reason or other.reason,
            RunScope.FULL if RunScope.FULL in scopes else RunScope.CHEAP,
            self.people | other.people,
        )


NOTHING = Wanted()


def repositories_of(events: Iterable[HookEvent]) -> set[str]:
    """The remote ids of the repositories that have to be known to decide."""
    return {event.repository_id for event in events if isinstance(event, RefsChanged)}


def plan_requests(
    events: Iterable[HookEvent], repositories: Mapping[str, KnownRepository], *, only: str | None = None
) -> Wanted:
    """What these events ask for. `repositories` by remote id.

    `only`: the hook is installed for this repository alone and may not speak for another.
    """
    wanted = NOTHING
    for event in events:
        if isinstance(event, RefsChanged):
            is_foreign = only is not None and event.repository_id != only
            wanted |= NOTHING if is_foreign else _plan_refs(event, repositories.get(event.repository_id))
        else:
            wanted |= _plan_run(event)
    return wanted


def _plan_refs(event: RefsChanged, repository: KnownRepository | None) -> Wanted:
    if repository is None:
        return Wanted(reason="push to a new repository")
    if repository.packages:
        return Wanted(packages=frozenset(repository.packages))
    if repository.is_excluded or not _may_touch_default_branch(event, repository):
        return NOTHING
    return Wanted(unread=frozenset({repository.id}), reason="push to a repository without package")


def _may_touch_default_branch(event: RefsChanged, repository: KnownRepository) -> bool:
    """Only composer.json on the default branch makes a package. Without that knowledge: perhaps."""
    if repository.default_branch is None or not event.refs:
        return True
    return f"refs/heads/{repository.default_branch}" in event.refs


def _plan_run(event: HookEvent) -> Wanted:
    if isinstance(event, MembersChanged):
        people = {(event.account_id, event.team_id or "")} if event.account_id else ()
        return Wanted(reason="people or permissions changed", scope=RunScope.FULL, people=frozenset(people))
    if isinstance(event, RepositoriesChanged):
        return Wanted(reason="repositories changed")
    if isinstance(event, HookRemoved):
        return Wanted(reason="a webhook was removed")
    return NOTHING
