"""Write a plan: set by set, in the caller's transaction. Knows no rules; those are in `plan.py`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, Select, Table, bindparam, delete, select, update
from sqlalchemy.orm import Session

from models import (
    Grant,
    Identity,
    IdentityState,
    ManifestState,
    Membership,
    Repository,
    Synchronization,
    Team,
    TeamKind,
)
from models.bulk import insert_rows
from sync.plan import Changes, Plan
from sync.snapshot import Manifest, Snapshot
from sync.state import IdentityValue, RepositoryValue, StandingKey, State, TeamValue
from sync.wanted import GrantKey, TeamKey, WantedGrant, WantedMembership

DELETE_BATCH = 500

Rows = Sequence[Row[*tuple[Any, ...]]]
Model = type[Identity] | type[Team] | type[Membership] | type[Repository] | type[Grant]


@dataclass(slots=True)
class Applied:
    """Ids of rows after a plan was written, by remote id."""

    identities: dict[str, int]
    teams: dict[TeamKey, int]
    repositories: dict[str, int]
    new_repositories: set[str] = field(default_factory=set)


def apply_plan(
    session: Session, *, synchronization: Synchronization, state: State, plan: Plan, snapshot: Snapshot, now: datetime
) -> Applied:
    """Write everything but packages. An empty plan writes nothing."""
    writer = _Writer(session, synchronization, now)
    identities = writer.identities(state, plan.identities)
    teams = writer.teams(state, plan.teams)
    writer.memberships(state, plan.memberships, teams, identities)
    writer.standing(state, plan.standing, identities)
    repositories = writer.repositories(state, plan.repositories, snapshot.manifests)
    writer.grants(state, plan.grants, repositories, teams, identities)
    writer.manifests(state, plan.manifests, snapshot.manifests)
    writer.remove_teams(state, plan.teams)
    return Applied(identities, teams, repositories, set(plan.repositories.add))


class _Writer:
    """One method per kind of row. Tables, not objects: the ORM would split rows by which of their columns are empty."""

    def __init__(self, session: Session, synchronization: Synchronization, now: datetime) -> None:
        self._synchronization, self._now = synchronization, now
        session.flush()
        self._connection = session.connection()

    def identities(self, state: State, changes: Changes[str, IdentityValue]) -> dict[str, int]:
        integration_id = self._synchronization.integration_id
        rows = [
            {"integration_id": integration_id, "remote_id": key, **_identity_columns(value)}
            for key, value in changes.add.items()
        ]
        self._update(Identity, {state.ids.identities[k]: _identity_columns(v) for k, v in changes.change.items()})
        ids = select(Identity.remote_id, Identity.id).where(Identity.integration_id == integration_id)
        return {**state.ids.identities, **{row[0]: row[1] for row in self._insert_and_read(Identity, rows, ids)}}

    def teams(self, state: State, changes: Changes[TeamKey, TeamValue]) -> dict[TeamKey, int]:
        rows = [{**self._team_key_columns(key), **_team_columns(value)} for key, value in changes.add.items()]
        self._update(Team, {state.ids.teams[key]: _team_columns(value) for key, value in changes.change.items()})
        ids = select(Team.remote_id, Team.role_key, Team.id).where(Team.synchronization_id == self._synchronization.id)
        return {**state.ids.teams, **{(row[0], row[1]): row[2] for row in self._insert_and_read(Team, rows, ids)}}

    def remove_teams(self, state: State, changes: Changes[TeamKey, TeamValue]) -> None:
        self._delete(Team, [state.ids.teams[key] for key in changes.remove])

    def memberships(
        self,
        state: State,
        changes: Changes[tuple[TeamKey, str], WantedMembership],
        teams: Mapping[TeamKey, int],
        identities: Mapping[str, int],
    ) -> None:
        ids = state.ids.memberships
        self._delete(Membership, [ids[key] for key in changes.remove])
        self._update(Membership, {ids[key]: _membership_columns(value) for key, value in changes.change.items()})
        insert_rows(
            self._connection,
            Membership,
            [
                {**self._person(teams[team], identities[account]), **_membership_columns(value)}
                for (team, account), value in changes.add.items()
            ],
        )

    def standing(
        self, state: State, changes: Changes[StandingKey, WantedMembership], identities: Mapping[str, int]
    ) -> None:
        self._delete(Membership, [state.ids.standing[key] for key in changes.remove])
        teams = state.ids.built_in_teams
        insert_rows(
            self._connection,
            Membership,
            [
                {**self._person(teams[kind], identities[account]), **_membership_columns(value)}
                for (kind, account), value in changes.add.items()
            ],
        )

    def repositories(
        self, state: State, changes: Changes[str, RepositoryValue], looked_at: Mapping[str, Manifest]
    ) -> dict[str, int]:
        """New ones with their manifests."""
        known = state.ids.repositories
        back = {known[key]: value for key, value in changes.add.items() if key in known}  # it was removed once
        new = {key: value for key, value in changes.add.items() if key not in known}
        changed = {known[key]: value for key, value in changes.change.items()} | back
        mine = {"synchronization_id": self._synchronization.id}
        rows = [
            {**mine, "remote_id": key, **_repository_columns(value), **self._manifest_columns(looked_at.get(key))}
            for key, value in new.items()
        ]
        self._update(Repository, {row: _repository_columns(value) for row, value in changed.items()})
        self._update(Repository, {known[key]: {"removed_at": self._now} for key in changes.remove})
        ids = select(Repository.remote_id, Repository.id).filter_by(**mine)
        return {**known, **{row[0]: row[1] for row in self._insert_and_read(Repository, rows, ids)}}

    def grants(
        self,
        state: State,
        changes: Changes[GrantKey, WantedGrant],
        repositories: Mapping[str, int],
        teams: Mapping[TeamKey, int],
        identities: Mapping[str, int],
    ) -> None:
        ids = state.ids.grants
        self._delete(Grant, [ids[key] for key in changes.remove])
        self._update(Grant, {ids[key]: _grant_columns(value) for key, value in changes.change.items()})
        insert_rows(
            self._connection,
            Grant,
            [
                {
                    "synchronization_id": self._synchronization.id,
                    "repository_id": repositories[key.repository_id],
                    "source": key.source,
                    "team_id": None if key.team is None else teams[key.team],
                    "identity_id": None if key.account_id is None else identities[key.account_id],
                    "created_at": self._now,
                    **_grant_columns(value),
                }
                for key, value in changes.add.items()
            ],
        )

    def manifests(self, state: State, changed: Mapping[str, Manifest], looked_at: Mapping[str, Manifest]) -> None:
        """Of repositories that were here before."""
        known, checked = state.ids.repositories, {"manifest_checked_at": self._now}
        self._update(
            Repository,
            {
                known[key]: self._manifest_columns(manifest) if key in changed else checked
                for key, manifest in looked_at.items()
                if key in known
            },
        )

    def _manifest_columns(self, manifest: Manifest | None) -> dict[str, Any]:
        return {
            "manifest_state": ManifestState.UNKNOWN if manifest is None else manifest.state,
            "manifest_name": "" if manifest is None else manifest.name,
            "manifest_reason": "" if manifest is None else manifest.reason,
            "manifest_checked_at": None if manifest is None else self._now,
        }

    def _team_key_columns(self, key: TeamKey) -> dict[str, Any]:
        return {
            "organization_id": self._synchronization.organization_id,
            "synchronization_id": self._synchronization.id,
            "kind": TeamKind.SYNCHRONIZED,
            "remote_id": key[0],
            "role_key": key[1],
        }

    def _person(self, team_id: int, identity_id: int) -> dict[str, Any]:
        return {
            "team_id": team_id,
            "identity_id": identity_id,
            "synchronization_id": self._synchronization.id,
            "created_at": self._now,
        }

    def _insert_and_read(self, model: Model, rows: list[dict[str, Any]], ids: Select[*tuple[Any, ...]]) -> Rows:
        """What `ids` finds afterwards. To have each insertion return its id would take several times as long."""
        insert_rows(self._connection, model, rows)
        return self._connection.execute(ids).all() if rows else ()

    def _update(self, model: Model, values: Mapping[int, dict[str, Any]]) -> None:
        by_columns: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for row_id, columns in values.items():
            by_columns[tuple(columns)].append({"row_id": row_id, **columns})
        table = _table(model)
        for names, rows in by_columns.items():
            changed = update(table).where(table.c.id == bindparam("row_id"))
            self._connection.execute(changed.values({name: bindparam(name) for name in names}), rows)

    def _delete(self, model: Model, ids: list[int]) -> None:
        table = _table(model)
        for start in range(0, len(ids), DELETE_BATCH):
            self._connection.execute(delete(table).where(table.c.id.in_(ids[start : start + DELETE_BATCH])))


def _table(model: Model) -> Table:
    return cast(Table, model.__table__)


def _identity_columns(value: IdentityValue) -> dict[str, Any]:
    return {
        "login": value.login,
        "display_name": value.display_name,
        "web_url": value.web_url,
        "avatar_url": value.avatar_url,
        "state": IdentityState.BLOCKED if value.is_blocked else IdentityState.ACTIVE,
    }


def _team_columns(value: TeamValue) -> dict[str, Any]:
    return {
        "name": value.name,
        "remote_path": value.path,
        "remote_url": value.web_url,
        "remote_parent_id": value.parent_id,
        "role_name": value.role_name,
        "role_level": value.role_level,
    }


def _membership_columns(value: WantedMembership) -> dict[str, Any]:
    return {"source": value.source, "expires_on": value.expires_on}


def _grant_columns(value: WantedGrant) -> dict[str, Any]:
    return {"role_name": value.role_name, "role_level": value.role_level, "expires_on": value.expires_on}


def _repository_columns(value: RepositoryValue) -> dict[str, Any]:
    return {
        "name": value.name,
        "path": value.path,
        "web_url": value.web_url,
        "clone_url": value.clone_url,
        "remote_team_id": value.team_id,
        "visibility": value.visibility,
        "code_access": value.code_access,
        "default_branch": value.default_branch,
        "is_archived": value.is_archived,
        "is_pending_deletion": value.is_pending_deletion,
        "last_activity_at": value.last_activity_at,
        "removed_at": None,
    }
