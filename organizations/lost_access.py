"""Who would read fewer packages if removals that are held were carried out. Pure: no I/O."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from sync.removals import grant_removal, membership_removal, package_removal, repository_removal, standing_removal
from sync.state import State
from sync.wanted import TeamKey

Key = TypeVar("Key")
Subject = TeamKey | str | None  # whom a grant means: a team, an account, everybody in the organization


@dataclass(frozen=True, slots=True)
class Loss:
    """Somebody who would read fewer packages than now."""

    login: str
    name: str
    lost: int
    left: int


def count_lost_access(state: State, removals: Collection[str]) -> list[Loss]:
    """Everybody who would lose a package, those first who lose most. `removals` are keys of what would go."""
    now, then = _Side(state, ()), _Side(state, removals)
    losses = []
    for account in now.accounts():
        person = state.identities.get(account)
        before, left = now.count(account), then.count(account)
        if left < before and person is not None and not person.is_blocked:
            losses.append(Loss(person.login, person.display_name or person.login, before - left, left))
    return sorted(losses, key=lambda loss: (-loss.lost, loss.login.casefold()))


class _Side:
    """Who reads how many packages, before or after the removals."""

    def __init__(self, state: State, removals: Collection[str]) -> None:
        gone: dict[str, set[str]] = {}
        for removal in removals:
            gone.setdefault(removal.partition(":")[0], set()).add(removal)
        packages = gone.get("package", set())
        self._packages = {
            repository: sum(
                package_removal(repository, item.name) not in packages for item in state.packages[repository]
            )
            for repository in _left(state.packages, repository_removal, gone.get("repository"))
        }
        self._leaders = {account for _, account in _left(state.standing, standing_removal, gone.get("standing"))}
        self._teams: dict[str, set[TeamKey]] = {}
        for team, account in _left(state.memberships, membership_removal, gone.get("membership")):
            self._teams.setdefault(account, set()).add(team)
        self._granted: dict[Subject, set[str]] = {}
        for key in _left(state.grants, grant_removal, gone.get("grant")):
            if key.repository_id in self._packages:
                self._granted.setdefault(key.team or key.account_id, set()).add(key.repository_id)
        self._counts: dict[frozenset[Subject], int] = {}  # most people share their teams with others

    def accounts(self) -> set[str]:
        """Everybody who has a place in the organization."""
        return {*self._leaders, *self._teams, *(who for who in self._granted if isinstance(who, str))}

    def count(self, account: str) -> int:
        """How many packages somebody reads."""
        if account in self._leaders:
            return sum(self._packages.values())
        subjects = frozenset(self._subjects(account))
        if subjects not in self._counts:
            read = set().union(*(self._granted.get(subject, set()) for subject in subjects))
            self._counts[subjects] = sum(self._packages[repository] for repository in read)
        return self._counts[subjects]

    def _subjects(self, account: str) -> Iterator[Subject]:
        """Whatever a grant can name that means this account; whoever has a place at all belongs to everybody."""
        teams = self._teams.get(account, set())
        yield from teams
        if account in self._granted:
            yield account
        if teams or account in self._granted:
            yield None


def _left(keys: Iterable[Key], name: Callable[[Key], str], gone: set[str] | None) -> Iterable[Key]:
    """Those that do not go. All are named only when something of their kind goes: there can be very many."""
    return keys if not gone else (key for key in keys if name(key) not in gone)
