"""Decide how one synchronization's rows must change to match a snapshot. Pure: no I/O, no clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from integrations.codehost import RemoteMember
from models import ManifestState, MembershipSource, PartStatus
from sync.snapshot import Manifest, Part, Snapshot
from sync.state import IdentityValue, ManifestValue, PackageValue, RepositoryValue, StandingKey, State, TeamValue
from sync.wanted import (
    GrantKey,
    TeamKey,
    WantedGrant,
    WantedMembership,
    accounts_of,
    wanted_grants,
    wanted_memberships,
    wanted_standing,
    wanted_teams,
)

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Changes(Generic[Key, Value]):
    """How a set of rows must change. `change` has the new value, `remove` the old one."""

    add: Mapping[Key, Value]
    change: Mapping[Key, Value]
    remove: Mapping[Key, Value]

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.add or self.change or self.remove)


@dataclass(frozen=True, slots=True)
class PackageChanges:
    """Which packages appear, go, or may have new code; all by repository."""

    add: Mapping[str, str]  # repository -> name
    remove: Mapping[str, tuple[PackageValue, ...]]
    touch: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a run is going to write."""

    identities: Changes[str, IdentityValue]
    teams: Changes[TeamKey, TeamValue]
    memberships: Changes[tuple[TeamKey, str], WantedMembership]
    standing: Changes[StandingKey, WantedMembership]
    repositories: Changes[str, RepositoryValue]
    grants: Changes[GrantKey, WantedGrant]
    manifests: Mapping[str, Manifest]
    packages: PackageChanges

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all would be written."""
        changes = (self.identities, self.teams, self.memberships, self.standing, self.repositories, self.grants)
        return not (any(changes) or self.manifests or self.packages.add or self.packages.remove)


def plan_synchronization(state: State, snapshot: Snapshot, *, today: date) -> Plan:
    """Compare both sides. What an unknown part of the snapshot would say stays as it is."""
    repositories = {repository.remote_id: RepositoryValue.of(repository) for repository in snapshot.repositories}
    keep = _Keep(snapshot)
    teams = {key: TeamValue.of(wanted) for key, wanted in wanted_teams(snapshot, today=today).items()}
    repository_changes = _compare(state.repositories, repositories, keep.anything)
    return Plan(
        identities=_plan_identities(state, snapshot),
        teams=_compare(state.teams, teams, keep.team),
        memberships=_compare(state.memberships, wanted_memberships(snapshot, today=today), keep.membership),
        standing=_plan_standing(state, snapshot, keep, today),
        repositories=repository_changes,
        grants=_compare(state.grants, wanted_grants(snapshot, today=today), keep.grant),
        manifests=_plan_manifests(state, snapshot),
        packages=_plan_packages(state, snapshot, repository_changes),
    )


class _Keep:
    """Which rows must not be removed because the snapshot can not tell."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._may_remove = snapshot.may_remove
        self._unknown_teams = _unknown(snapshot.team_members)
        self._unknown_repositories = _unknown(snapshot.repository_members)
        self._team_of = {repository.remote_id: repository.team_id for repository in snapshot.repositories}

    def anything(self, _key: object) -> bool:
        return not self._may_remove

    def team(self, key: TeamKey) -> bool:
        return not self._may_remove or key[0] in self._unknown_teams

    def membership(self, key: tuple[TeamKey, str]) -> bool:
        return self.team(key[0])

    def grant(self, key: GrantKey) -> bool:
        if not self._may_remove:
            return True
        if key.team is not None:
            is_still_there = self._team_of.get(key.repository_id) == key.team[0]
            return is_still_there and key.team[0] in self._unknown_teams
        if key.account_id is None:
            return False
        is_in_unknown_team = self._team_of.get(key.repository_id) in self._unknown_teams
        return key.repository_id in self._unknown_repositories or is_in_unknown_team


def _unknown(parts: Mapping[str, Part[RemoteMember]]) -> frozenset[str]:
    return frozenset(key for key, part in parts.items() if part.status is PartStatus.UNKNOWN)


def _compare(have: Mapping[Key, Value], want: Mapping[Key, Value], keep: Callable[[Key], bool]) -> Changes[Key, Value]:
    return Changes(
        add={key: value for key, value in want.items() if key not in have},
        change={key: value for key, value in want.items() if key in have and have[key] != value},
        remove={key: value for key, value in have.items() if key not in want and not keep(key)},
    )


def _plan_identities(state: State, snapshot: Snapshot) -> Changes[str, IdentityValue]:
    want = {key: IdentityValue.of(account) for key, account in accounts_of(snapshot).items()}
    return _compare(state.identities, want, lambda _key: True)  # people are never forgotten because a list ended


def _plan_standing(
    state: State, snapshot: Snapshot, keep: _Keep, today: date
) -> Changes[StandingKey, WantedMembership]:
    if not state.is_primary:
        return Changes({}, {}, {})
    wanted = wanted_standing(snapshot, today=today)
    is_unknown = not snapshot.root_members.is_complete

    def is_kept(key: StandingKey) -> bool:
        return is_unknown or keep.anything(key)

    membership = WantedMembership(MembershipSource.DIRECT)
    want = {(kind, account): membership for kind, accounts in wanted.items() for account in accounts}
    return _compare(state.standing, want, is_kept)


def _plan_manifests(state: State, snapshot: Snapshot) -> dict[str, Manifest]:
    def is_known(repository_id: str, manifest: Manifest) -> bool:
        known = state.manifests.get(repository_id, ManifestValue())
        return (known.state, known.name, known.reason) == (manifest.state, manifest.name, manifest.reason)

    return {key: manifest for key, manifest in snapshot.manifests.items() if not is_known(key, manifest)}


def _plan_packages(state: State, snapshot: Snapshot, changes: Changes[str, RepositoryValue]) -> PackageChanges:
    add = {}
    for repository in snapshot.repositories:
        name = _name_to_add(repository.remote_id, state, snapshot)
        if name and not repository.is_pending_deletion and not state.packages.get(repository.remote_id):
            add[repository.remote_id] = name
    return PackageChanges(
        add=add,
        remove={key: state.packages[key] for key in changes.remove if state.packages.get(key)},
        touch=frozenset(key for key in changes.change if state.packages.get(key)),
    )


def _name_to_add(repository_id: str, state: State, snapshot: Snapshot) -> str:
    known = state.manifests.get(repository_id, ManifestValue())
    manifest = snapshot.manifests.get(repository_id) or Manifest(known.state, known.name)
    if known.is_excluded or manifest.state is not ManifestState.PRESENT:
        return ""
    return manifest.name
