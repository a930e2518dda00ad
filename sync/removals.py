"""Stable names of what a plan would remove, so that a decision of today still means the same row tomorrow. Pure."""

from urllib.parse import quote

from sync.state import StandingKey
from sync.wanted import GrantKey, TeamKey


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


def _join(*parts: str) -> str:
    return ":".join(quote(part, safe="") for part in parts)
