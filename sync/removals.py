"""Stable names of what a plan would remove, so that a decision of today still means the same row tomorrow. Pure."""

from collections.abc import Container, Iterable, Iterator
from datetime import date
from urllib.parse import quote, unquote

from models import GrantSource, TeamKind
from sync.plan import Plan
from sync.snapshot import Snapshot
from sync.state import StandingKey, State
from sync.wanted import (
    GrantKey,
    TeamKey,
    read_wanted,
)


def team_removal(key: TeamKey) -> str:
    """`team:<group>:<role>`."""
    return _join("team", *key)


def membership_removal(key: tuple[TeamKey, str]) -> str:
    """`membership:<group>:<role>:<account>`."""
    team, account = key
    return _join("membership", *team, account)


def standing_removal(key: StandingKey) -> str:
    """`standing:<owners or admins>:<account>`."""
    return _join("standing", *key)


def repository_removal(repository_id: str) -> str:
    """`repository:<repository>`."""
    return _join("repository", repository_id)


def package_removal(repository_id: str, name: str) -> str:
    """`package:<repository>:<name>`; it goes with its repository."""
    return _join("package", repository_id, name)


def grant_removal(key: GrantKey) -> str:
    """`grant:<repository>:<source>:` and whom: a team, an account, or everybody."""
    if key.team is not None:
        return _join("grant", key.repository_id, key.source, "team", *key.team)
    if key.account_id is not None:
        return _join("grant", key.repository_id, key.source, "account", key.account_id)
    return _join("grant", key.repository_id, key.source, "everybody")


def undecided_removals(
    names: Iterable[str], *, plan: Plan, applied: Plan, state: State, snapshot: Snapshot, today: date
) -> Iterator[str]:
    """Those that this snapshot neither makes nor unmakes: the row stays here, and the host was not seen to have it."""
    here, going, gone = _rows_of(state), _removed_by(plan), _removed_by(applied)
    left = {name: _parse(name) for name in names}
    left = {name: (kind, key) for name, (kind, key) in left.items() if key in here[kind] and key not in gone[kind]}
    silent = {name for name, (kind, key) in left.items() if key not in going[kind]}
    there = _rows_at_host(snapshot, today) if silent else {}
    return (name for name, (kind, key) in left.items() if name not in silent or key not in there[kind])


def _parse(name: str) -> tuple[str, object]:
    kind, *parts = (unquote(part) for part in name.split(":"))
    match kind:
        case "team":
            return kind, (parts[0], parts[1])
        case "membership":
            return kind, ((parts[0], parts[1]), parts[2])
        case "standing":
            return kind, (TeamKind(parts[0]), parts[1])
        case "grant":
            team = (parts[3], parts[4]) if parts[2] == "team" else None
            account = parts[3] if parts[2] == "account" else None
            return kind, GrantKey(parts[0], GrantSource(parts[1]), team, account)
    return "repository", parts[0]


def _rows_of(state: State) -> dict[str, Container[object]]:
    return {
        "team": state.teams,
        "membership": state.memberships,
        "standing": state.standing,
        "repository": state.repositories,
        "grant": state.grants,
    }


def _removed_by(plan: Plan) -> dict[str, Container[object]]:
    return {
        "team": plan.teams.remove,
        "membership": plan.memberships.remove,
        "standing": plan.standing.remove,
        "repository": plan.repositories.remove,
        "grant": plan.grants.remove,
    }


def _rows_at_host(snapshot: Snapshot, today: date) -> dict[str, Container[object]]:
    """In the snapshot of one person, repositories and what others have of them are our own words, not the host's."""
    wanted = read_wanted(snapshot, today=today)
    repositories = () if snapshot.person else snapshot.repositories
    return {
        "team": wanted.teams,
        "membership": wanted.memberships,
        "standing": {(kind, account) for kind, accounts in wanted.standing.items() for account in accounts},
        "repository": {repository.remote_id for repository in repositories},
        "grant": {key for key in wanted.grants if key.account_id} if snapshot.person else wanted.grants,
    }


def _join(*parts: str) -> str:
    return ":".join(quote(part, safe="") for part in parts)
