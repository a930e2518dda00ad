"""Decide how one synchronization's rows must change to match a snapshot. Pure: no I/O, no clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from integrations.codehost import CodeAccess, Visibility
from models import GrantSource, ManifestState, MembershipSource, TeamKind
from sync.snapshot import Item, Manifest, Part, Snapshot
from sync.state import IdentityValue, ManifestValue, PackageValue, RepositoryValue, StandingKey, State, TeamValue
from sync.wanted import (
    OWN_SOURCES,
    GrantKey,
    TeamKey,
    WantedGrant,
    WantedMembership,
    accounts_of,
    read_wanted,
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
    """Compare both sides. What an open part of the snapshot would say stays as it is, and so do settled accounts."""
    keep = _Keep(state, snapshot)
    wanted = read_wanted(snapshot, today=today)
    teams = {key: TeamValue.of(team) for key, team in wanted.teams.items()}
    unsettled = keep.unsettled(wanted.memberships, lambda key: key[1])
    memberships = _keep_sources(unsettled, state, keep.teams_beside_open_ones(snapshot))
    grants = keep.unsettled(wanted.grants, lambda key: key.account_id)
    repository_changes = _plan_repositories(state, snapshot, keep)
    return Plan(
        identities=_plan_identities(state, snapshot, keep),
        teams=_compare(state.teams, teams, keep.team),
        memberships=_compare(state.memberships, memberships, keep.membership),
        standing=_plan_standing(state, snapshot, keep, wanted.standing),
        repositories=repository_changes,
        grants=_compare(state.grants, grants, keep.grant),
        manifests=_plan_manifests(state, snapshot),
        packages=_plan_packages(state, snapshot, repository_changes),
    )


class _Keep:
    """Which rows must not be removed because the snapshot can not tell."""

    def __init__(self, state: State, snapshot: Snapshot) -> None:
        self._may_remove = snapshot.may_remove
        self._person, self._settled = snapshot.person, snapshot.settled
        self._teams, self._repositories = snapshot.team_members, snapshot.repository_members
        self._team_of = {repository.remote_id: repository.team_id for repository in snapshot.repositories}
        self._internal = frozenset(r.remote_id for r in snapshot.repositories if r.visibility is Visibility.INTERNAL)
        self._team_grants, self._repository_teams = snapshot.team_grants, snapshot.repository_teams
        self._named = frozenset(
            (grant.team.remote_id, grant.repository_id)
            for part in (*snapshot.team_grants.values(), *snapshot.repository_teams.values())
            for grant in part.items
        )
        self._closed = frozenset(r.remote_id for r in snapshot.repositories if r.code_access is CodeAccess.DISABLED)
        self._may_name_others = any(part.is_open for part in snapshot.repository_teams.values())
        self._settled_teams = _teams_of(state, self._settled)

    def anything(self, _key: object) -> bool:
        return not self._may_remove

    def account(self, account_id: str | None) -> bool:
        """Whether this account's rows are none of the snapshot's business."""
        return account_id != self._person if self._person else account_id in self._settled

    def team(self, key: TeamKey) -> bool:
        return not self._may_remove or bool(self._person) or self._is_open_team(key[0]) or key in self._settled_teams

    def membership(self, key: tuple[TeamKey, str]) -> bool:
        return not self._may_remove or self.account(key[1]) or self._is_open_team(key[0][0])

    def grant(self, key: GrantKey) -> bool:
        if not self._may_remove or (self._person and key.account_id is None):
            return True
        if key.repository_id in self._closed and not self.account(key.account_id):
            return False  # whatever a list of it would say
        if key.team is not None:
            return self._team_grant(key.repository_id, key.team)
        if key.account_id is None:
            return False
        if key.source in OWN_SOURCES:
            return self._own_grant(key)
        is_open = self._is_open(self._repositories, key.repository_id)
        return self.account(key.account_id) or is_open or self._is_open_team(self._team_of.get(key.repository_id))

    def _own_grant(self, key: GrantKey) -> bool:
        """What an own token confirmed stands until a listing tells more, or until it ends by itself.

        Of a repository that is not internal any more, what was confirmed because it was says nothing.
        """
        if self._person and (self.account(key.account_id) or key.repository_id not in self._team_of):
            return True
        if key.repository_id not in self._team_of or key.source is GrantSource.INTERNAL:
            return key.repository_id in self._internal
        is_open = self._is_open(self._repositories, key.repository_id)
        return is_open or self._is_open_team(self._team_of[key.repository_id]) or self.account(key.account_id)

    def _team_grant(self, repository_id: str, team: TeamKey) -> bool:
        """Still granted as far as one can tell, but the members are not known; or not known whether still granted."""
        team_id = team[0]
        if self._is_open(self._team_grants, team_id) or self._is_open(self._repository_teams, repository_id):
            return repository_id in self._team_of
        is_still_there = self._team_of.get(repository_id) == team_id or (team_id, repository_id) in self._named
        return is_still_there and (self._is_open_team(team_id) or team in self._settled_teams)

    def teams_beside_open_ones(self, snapshot: Snapshot) -> frozenset[str]:
        """Teams that have members through one about which the snapshot can not tell who is in it."""
        if not snapshot.teams_include_subteams:
            return frozenset(team.remote_id for team in snapshot.teams if self._is_open_team(team.parent_id))
        if snapshot.person:
            return frozenset(team.remote_id for team in snapshot.teams)
        open_teams = (team for team in snapshot.teams if self._is_open_team(team.remote_id))
        return frozenset(team.parent_id for team in open_teams if team.parent_id is not None)

    def unsettled(self, wanted: dict[Key, Value], account_of: Callable[[Key], str | None]) -> dict[Key, Value]:
        """Without what the snapshot says about settled accounts: newer things are known about them."""
        if not self._settled:
            return wanted
        return {key: value for key, value in wanted.items() if account_of(key) not in self._settled}

    def _is_open_team(self, team_id: str | None) -> bool:
        if team_id is None:
            return False
        if team_id not in self._teams and self._may_name_others:
            return True  # a repository that was not read may be what names this team
        return self._is_open(self._teams, team_id)

    def _is_open(self, parts: Mapping[str, Part[Item]], key: str) -> bool:
        """A part that is missing was not asked for in a snapshot of one person; in others its thing is gone."""
        part = parts.get(key)
        return bool(self._person) if part is None else part.is_open


def _keep_sources(
    wanted: dict[tuple[TeamKey, str], WantedMembership], state: State, teams: frozenset[str]
) -> dict[tuple[TeamKey, str], WantedMembership]:
    """Whether somebody is in a team through another can not be told without that one: leave it as it was."""
    if not teams:
        return wanted
    known = state.memberships
    return {
        key: value._replace(source=known[key].source) if key[0][0] in teams and key in known else value
        for key, value in wanted.items()
    }


def _teams_of(state: State, accounts: frozenset[str]) -> frozenset[TeamKey]:
    return frozenset(team for team, account in state.memberships if account in accounts) if accounts else frozenset()


def _compare(have: Mapping[Key, Value], want: Mapping[Key, Value], keep: Callable[[Key], bool]) -> Changes[Key, Value]:
    if have == want:  # nearly always, and by far the quickest to find out
        return Changes({}, {}, {})
    return Changes(
        add={key: value for key, value in want.items() if key not in have},
        change={key: value for key, value in want.items() if key in have and have[key] != value},
        remove={key: value for key, value in have.items() if key not in want and not keep(key)},
    )


def _plan_identities(state: State, snapshot: Snapshot, keep: _Keep) -> Changes[str, IdentityValue]:
    want = {key: IdentityValue.of(account) for key, account in accounts_of(snapshot).items()}
    unsettled = keep.unsettled(want, lambda key: key)
    return _compare(state.identities, unsettled, lambda _key: True)  # people are never forgotten because a list ended


def _plan_repositories(state: State, snapshot: Snapshot, keep: _Keep) -> Changes[str, RepositoryValue]:
    if snapshot.person:
        return Changes({}, {}, {})
    repositories = {repository.remote_id: RepositoryValue.of(repository) for repository in snapshot.repositories}
    return _compare(state.repositories, repositories, keep.anything)


def _plan_standing(
    state: State, snapshot: Snapshot, keep: _Keep, wanted: Mapping[TeamKind, set[str]]
) -> Changes[StandingKey, WantedMembership]:
    if not state.is_primary:
        return Changes({}, {}, {})
    is_unknown = not snapshot.root_members.is_complete

    def is_kept(key: StandingKey) -> bool:
        return is_unknown or keep.anything(key) or keep.account(key[1])

    membership = WantedMembership(MembershipSource.DIRECT)
    want = {(kind, account): membership for kind, accounts in wanted.items() for account in accounts}
    return _compare(state.standing, keep.unsettled(want, lambda key: key[1]), is_kept)


def _plan_manifests(state: State, snapshot: Snapshot) -> dict[str, Manifest]:
    def is_known(repository_id: str, manifest: Manifest) -> bool:
        known = state.manifests.get(repository_id, ManifestValue())
        return (known.state, known.name, known.reason) == (manifest.state, manifest.name, manifest.reason)

    return {key: manifest for key, manifest in snapshot.manifests.items() if not is_known(key, manifest)}


def _plan_packages(state: State, snapshot: Snapshot, changes: Changes[str, RepositoryValue]) -> PackageChanges:
    add = {}
    for repository in () if snapshot.person else snapshot.repositories:
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
