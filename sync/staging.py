"""What was read before the host made a run wait, as JSON and back. Pure: no I/O, no clock."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from integrations.codehost import (
    AccountState,
    RemoteAccount,
    RemoteGrant,
    RemoteMember,
    RemoteMemberGrant,
    RemoteRole,
    RemoteTeam,
    RemoteTeamGrant,
    Standing,
)
from models import ManifestState
from sync.snapshot import Manifest

Row = dict[str, Any]


def members_to_json(members: Sequence[RemoteMember]) -> list[Row]:
    """Without e-mail addresses, which no run uses."""
    return [_member_to_json(member) for member in members]


def members_from_json(rows: Sequence[Row]) -> tuple[RemoteMember, ...]:
    """The reverse. Raises KeyError and ValueError for rows that we have not written."""
    return tuple(_member_from_json(row) for row in rows)


def grants_to_json(grants: Sequence[RemoteGrant]) -> list[Row]:
    """Grants of accounts and of teams."""
    return [_grant_to_json(grant) for grant in grants]


def grants_from_json(rows: Sequence[Row]) -> tuple[RemoteGrant, ...]:
    """The reverse. Raises KeyError and ValueError for rows that we have not written."""
    return tuple(_grant_from_json(row) for row in rows)


def manifest_to_json(manifest: Manifest) -> list[Row]:
    """As the one row of a part."""
    return [{"state": manifest.state.value, "name": manifest.name, "reason": manifest.reason}]


def manifest_from_json(rows: Sequence[Row]) -> Manifest:
    """The reverse. Raises KeyError and ValueError for rows that we have not written."""
    (row,) = rows
    return Manifest(ManifestState(row["state"]), row["name"], row["reason"])


def _member_to_json(member: RemoteMember) -> Row:
    account, role = member.account, member.role
    return {
        "id": account.remote_id,
        "login": account.login,
        "name": account.display_name,
        "state": account.state.value,
        "bot": account.is_bot,
        "external": account.is_external,
        "avatar": account.avatar_url,
        "url": account.web_url,
        "role": _role_to_json(role),
        "expires": member.expires_on.isoformat() if member.expires_on else None,
        "awaiting": member.is_awaiting,
        "effective": member.is_sum,
    }


def _member_from_json(row: Row) -> RemoteMember:
    account = RemoteAccount(
        remote_id=row["id"],
        login=row["login"],
        display_name=row["name"],
        state=AccountState(row["state"]),
        is_bot=row["bot"],
        is_external=row["external"],
        avatar_url=row["avatar"],
        web_url=row["url"],
    )
    expires_on = date.fromisoformat(row["expires"]) if row["expires"] else None
    return RemoteMember(account, _role_from_json(row["role"]), expires_on, row["awaiting"], row["effective"])


def _grant_to_json(grant: RemoteGrant) -> Row:
    if isinstance(grant, RemoteMemberGrant):
        return {"repository": grant.repository_id, "member": _member_to_json(grant.member)}
    team = grant.team
    return {
        "repository": grant.repository_id,
        "team": [team.remote_id, team.name, team.path, team.web_url, team.parent_id],
        "role": _role_to_json(grant.role),
    }


def _grant_from_json(row: Row) -> RemoteGrant:
    if "member" in row:
        return RemoteMemberGrant(row["repository"], _member_from_json(row["member"]))
    return RemoteTeamGrant(row["repository"], RemoteTeam(*row["team"]), _role_from_json(row["role"]))


def _role_to_json(role: RemoteRole) -> list[Any]:
    return [role.key, role.name, role.level, role.reads_code, role.standing.value]


def _role_from_json(values: list[Any]) -> RemoteRole:
    key, name, level, reads_code, standing = values
    return RemoteRole(key, name, level, reads_code, Standing(standing))
