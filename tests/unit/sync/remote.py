"""Short ways to write down what a host has."""

from datetime import date

from integrations.codehost import (
    AccountState,
    CodeAccess,
    RemoteAccount,
    RemoteMember,
    RemoteOrganization,
    RemoteRepository,
    RemoteRole,
    RemoteTeam,
    Standing,
    Visibility,
)
from models import PartStatus
from sync.snapshot import Manifest, Part, Snapshot

TODAY = date(2026, 11, 20)
ROOT = RemoteOrganization("1", "group", "Acme", "acme", "https://gitlab.test/acme")

GUEST = RemoteRole("10", "Guest", 10, reads_code=False)
REPORTER = RemoteRole("20", "Reporter", 20, reads_code=True)
DEVELOPER = RemoteRole("30", "Developer", 30, reads_code=True)
MAINTAINER = RemoteRole("40", "Maintainer", 40, reads_code=True, standing=Standing.ADMIN)
OWNER = RemoteRole("50", "Owner", 50, reads_code=True, standing=Standing.OWNER)
AUDITOR = RemoteRole("10:7", "Auditor", 10, reads_code=True)


def account(login: str, *, state: AccountState = AccountState.ACTIVE, is_bot: bool = False) -> RemoteAccount:
    return RemoteAccount(f"id-{login}", login, login.title(), state=state, is_bot=is_bot)


def member(
    login: str,
    role: RemoteRole = DEVELOPER,
    *,
    expires_on: date | None = None,
    is_awaiting: bool = False,
    state: AccountState = AccountState.ACTIVE,
    is_bot: bool = False,
) -> RemoteMember:
    return RemoteMember(account(login, state=state, is_bot=is_bot), role, expires_on, is_awaiting)


def team(team_id: str = "1", *, path: str = "acme", parent_id: str | None = None) -> RemoteTeam:
    return RemoteTeam(team_id, path.rpartition("/")[2], path, f"https://gitlab.test/{path}", parent_id)


def repository(
    repository_id: str = "100",
    *,
    team_id: str = "1",
    visibility: Visibility = Visibility.PRIVATE,
    code_access: CodeAccess = CodeAccess.ENABLED,
    is_pending_deletion: bool = False,
    default_branch: str | None = "main",
) -> RemoteRepository:
    path = f"acme/{repository_id}"
    return RemoteRepository(
        repository_id,
        repository_id,
        path,
        f"https://gitlab.test/{path}",
        f"https://gitlab.test/{path}.git",
        visibility,
        code_access,
        team_id,
        default_branch,
        is_pending_deletion=is_pending_deletion,
    )


def complete(*members: RemoteMember) -> Part[RemoteMember]:
    return Part(PartStatus.COMPLETE, members)


def unknown(reason: str = "timeout") -> Part[RemoteMember]:
    return Part(PartStatus.UNKNOWN, reason=reason)


def snapshot(
    *,
    teams: tuple[RemoteTeam, ...] | None = None,
    team_members: dict[str, Part[RemoteMember]] | None = None,
    repositories: tuple[RemoteRepository, ...] = (),
    repository_members: dict[str, Part[RemoteMember]] | None = None,
    manifests: dict[str, Manifest] | None = None,
    doubt: str = "",
) -> Snapshot:
    """A snapshot of the group "acme"; what is not given is complete and empty."""
    listed = (team(),) if teams is None else teams
    return Snapshot(
        root=ROOT,
        teams=listed,
        team_members={item.remote_id: complete() for item in listed} | (team_members or {}),
        repositories=repositories,
        repository_members={item.remote_id: complete() for item in repositories} | (repository_members or {}),
        manifests=manifests or {},
        may_remove=not doubt,
        doubt=doubt,
    )
