"""Load the local side of a synchronization as values: few queries whatever the size, columns and no objects."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, select, type_coerce
from sqlalchemy.orm import Mapped, Session

from models import (
    Grant,
    GrantSource,
    Identity,
    IdentityState,
    Membership,
    MembershipSource,
    Package,
    PackageState,
    Repository,
    Synchronization,
    Team,
    TeamKind,
)
from sync.state import (
    IdentityValue,
    ManifestValue,
    PackageValue,
    RepositoryValue,
    RowIds,
    StandingKey,
    State,
    TeamValue,
)
from sync.wanted import GrantKey, TeamKey, WantedGrant, WantedMembership

MEMBERSHIP_SOURCES = {source.value: source for source in MembershipSource}
GRANT_SOURCES = {source.value: source for source in GrantSource}
REPOSITORY_COLUMNS = (
    *("id", "remote_id", "removed_at", "excluded_at", "manifest_state", "manifest_name", "manifest_reason"),
    *("name", "path", "web_url", "clone_url", "remote_team_id", "visibility", "code_access", "default_branch"),
    *("is_archived", "is_pending_deletion", "last_activity_at"),
)


def load_state(session: Session, synchronization: Synchronization) -> State:
    """Everything that this synchronization owns, by remote ids."""
    identities = _identities(session, synchronization)
    account_of = {row.id: row.remote_id for row in identities}
    teams = _teams(session, synchronization)
    key_of_team: dict[int, TeamKey] = {row.id: (row.remote_id or "", row.role_key) for row in teams}
    repositories = _repositories(session, synchronization)
    remote_of = {row.id: row.remote_id for row in repositories}
    membership_ids, memberships = _memberships(session, synchronization, key_of_team, account_of)
    grant_ids, grants = _grants(session, synchronization, (remote_of, key_of_team, account_of))
    standing, built_in_teams = _standing(session, synchronization, account_of)
    return State(
        is_primary=synchronization.is_primary,
        identities={row.remote_id: _identity_value(row) for row in identities},
        teams={key_of_team[row.id]: _team_value(row) for row in teams},
        memberships=memberships,
        standing={key: value for key, (_, value) in standing.items()},
        repositories={row.remote_id: _repository_value(row) for row in repositories if row.removed_at is None},
        grants=grants,
        manifests={row.remote_id: _manifest_value(row) for row in repositories},
        packages=_packages(session, synchronization, remote_of),
        ids=RowIds(
            identities={row.remote_id: row.id for row in identities},
            teams={key_of_team[row.id]: row.id for row in teams},
            memberships=membership_ids,
            standing={key: row_id for key, (row_id, _) in standing.items()},
            built_in_teams=built_in_teams,
            repositories={row.remote_id: row.id for row in repositories},
            grants=grant_ids,
        ),
    )


def _identities(session: Session, synchronization: Synchronization) -> Sequence[Row[*tuple[Any, ...]]]:
    columns = (Identity.id, Identity.remote_id, Identity.login, Identity.display_name, Identity.web_url)
    query = select(*columns, Identity.avatar_url, Identity.state)
    return _rows(session, query.where(Identity.integration_id == synchronization.integration_id))


def _teams(session: Session, synchronization: Synchronization) -> Sequence[Row[*tuple[Any, ...]]]:
    query = select(*Team.__table__.columns).where(Team.synchronization_id == synchronization.id)
    return _rows(session, query)


def _repositories(session: Session, synchronization: Synchronization) -> Sequence[Row[*tuple[Any, ...]]]:
    table = Repository.__table__
    query = select(*(table.c[name] for name in REPOSITORY_COLUMNS)).where(
        table.c.synchronization_id == synchronization.id
    )
    return _rows(session, query)


def _memberships(
    session: Session, synchronization: Synchronization, key_of_team: dict[int, TeamKey], account_of: dict[int, str]
) -> tuple[dict[tuple[TeamKey, str], int], dict[tuple[TeamKey, str], WantedMembership]]:
    columns = (Membership.id, Membership.team_id, Membership.identity_id, _text(Membership.source))
    query = select(*columns, Membership.expires_on).join(Team).where(Team.synchronization_id == synchronization.id)
    ids, values = {}, {}
    for row_id, team_id, identity_id, source, expires_on in _rows(session, query):
        key = key_of_team[team_id], account_of[identity_id or 0]
        ids[key], values[key] = row_id, WantedMembership(MEMBERSHIP_SOURCES[source], expires_on)
    return ids, values


def _grants(
    session: Session,
    synchronization: Synchronization,
    names: tuple[dict[int, str], dict[int, TeamKey], dict[int, str]],
) -> tuple[dict[GrantKey, int], dict[GrantKey, WantedGrant]]:
    remote_of, key_of_team, account_of = names
    subject = (Grant.id, Grant.repository_id, _text(Grant.source), Grant.team_id, Grant.identity_id)
    query = select(*subject, Grant.role_name, Grant.role_level, Grant.expires_on)
    rows = _rows(session, query.where(Grant.synchronization_id == synchronization.id))
    ids, values = {}, {}
    for row_id, repository_id, source, team_id, identity_id, role_name, role_level, expires_on in rows:
        team = None if team_id is None else key_of_team[team_id]
        account = None if identity_id is None else account_of[identity_id]
        key = GrantKey(remote_of[repository_id], GRANT_SOURCES[source], team, account)
        ids[key], values[key] = row_id, WantedGrant(role_name, role_level, expires_on)
    return ids, values


def _standing(
    session: Session, synchronization: Synchronization, account_of: dict[int, str]
) -> tuple[dict[StandingKey, tuple[int, WantedMembership]], dict[TeamKind, int]]:
    kinds = (TeamKind.OWNERS, TeamKind.ADMINS)
    built_in = select(Team.id, Team.kind).where(
        Team.organization_id == synchronization.organization_id, Team.kind.in_(kinds)
    )
    teams: dict[int, TeamKind] = {row.id: row.kind for row in _rows(session, built_in)}
    query = select(Membership.id, Membership.team_id, Membership.identity_id, Membership.source).where(
        Membership.team_id.in_(teams), Membership.synchronization_id == synchronization.id
    )
    rows = {
        (teams[team_id], account_of[identity_id or 0]): (row_id, WantedMembership(source))
        for row_id, team_id, identity_id, source in _rows(session, query)
    }
    return rows, {kind: team_id for team_id, kind in teams.items()}


def _packages(
    session: Session, synchronization: Synchronization, remote_of: dict[int, str]
) -> dict[str, tuple[PackageValue, ...]]:
    query = (
        select(Package.id, Package.name, Package.repository_id)
        .join(Repository)
        .where(Repository.synchronization_id == synchronization.id, Package.state != PackageState.REMOVED)
    )
    found: defaultdict[str, list[PackageValue]] = defaultdict(list)
    for package_id, name, repository_id in _rows(session, query):
        found[remote_of[repository_id or 0]].append(PackageValue(package_id, name))
    return {key: tuple(packages) for key, packages in found.items()}


def _text(column: Mapped[Any]) -> ColumnElement[str]:
    """A choice as it is stored: to look it up here is quicker than to have it converted, thousands of times."""
    return type_coerce(column, Text)


def _rows(session: Session, query: Select[*tuple[Any, ...]]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Past the loading of objects, which takes several times as long and makes none here."""
    session.flush()
    return session.connection().execute(query).all()


def _identity_value(row: Row[*tuple[Any, ...]]) -> IdentityValue:
    is_blocked = row.state is IdentityState.BLOCKED
    return IdentityValue(row.login, row.display_name, row.web_url, row.avatar_url, is_blocked)


def _team_value(row: Row[*tuple[Any, ...]]) -> TeamValue:
    return TeamValue(row.name, row.remote_path, row.remote_url, row.remote_parent_id, row.role_name, row.role_level)


def _repository_value(row: Row[*tuple[Any, ...]]) -> RepositoryValue:
    return RepositoryValue(
        name=row.name,
        path=row.path,
        web_url=row.web_url,
        clone_url=row.clone_url,
        team_id=row.remote_team_id,
        visibility=row.visibility,
        code_access=row.code_access,
        default_branch=row.default_branch,
        is_archived=row.is_archived,
        is_pending_deletion=row.is_pending_deletion,
        last_activity_at=row.last_activity_at,
    )


def _manifest_value(row: Row[*tuple[Any, ...]]) -> ManifestValue:
    return ManifestValue(
        state=row.manifest_state,
        name=row.manifest_name,
        reason=row.manifest_reason,
        is_excluded=row.excluded_at is not None,
    )
