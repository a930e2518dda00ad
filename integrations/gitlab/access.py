"""Who may read code on GitLab. Pure; `today` is passed in.

Levels: https://docs.gitlab.com/api/members/ — rules: https://docs.gitlab.com/user/permissions/
"""

import re
from datetime import date

from integrations.codehost import (
    AccountState,
    CodeAccess,
    RemoteMember,
    RemoteRepository,
    RemoteRole,
    Standing,
    Visibility,
)

MINIMAL, GUEST, REPORTER, MAINTAINER, OWNER = 5, 10, 20, 40, 50
ROLE_NAMES = {10: "Guest", 15: "Planner", 20: "Reporter", 30: "Developer", 40: "Maintainer", 50: "Owner"}
_BOT = re.compile(r"((project|group)_\d+_bot|service_account_(group_|project_)?)[0-9a-z_]*")


def role(level: int, *, custom_id: str = "", custom_name: str = "", custom_reads_code: bool = False) -> RemoteRole:
    """A role by its level, and by the custom role that refines it. Unknown levels count as the known one below."""
    if custom_id:
        reads = level >= REPORTER or custom_reads_code
        name = custom_name or _role_name(level)
        return RemoteRole(f"{level}:custom-{custom_id}", name, level, reads, _standing(level))
    return RemoteRole(str(level), _role_name(level), level, level >= REPORTER, _standing(level))


def is_member_level(level: int) -> bool:
    """Whether the level gives anything: minimal access and "no access" do not."""
    return level >= GUEST


def is_bot_name(login: str) -> bool:
    """Whether the login is one that GitLab gives to the users behind access tokens and service accounts."""
    return _BOT.fullmatch(login) is not None


def is_in_force(member: RemoteMember, *, today: date) -> bool:
    """Whether a person has this membership today: active, not expired, not waiting for a seat, no bot."""
    is_over = member.expires_on is not None and member.expires_on <= today
    is_active = member.account.state is AccountState.ACTIVE and not member.account.is_bot
    return is_active and not is_over and not member.is_awaiting


def may_read_code(repository: RemoteRepository, own_role: RemoteRole | None, *, is_external: bool | None) -> bool:
    """Whether an active person reads the code; `own_role` is the best one that reaches the project, None without one.

    Reporters and custom roles with `read_code` read it always. Everybody signed in reads internal projects, unless
    known to be external, and public ones; where their code is for members only, from Guest up.
    """
    if repository.code_access is CodeAccess.DISABLED:
        return False
    if own_role is not None and own_role.reads_code:
        return True
    return _is_open_to(repository, is_external) and (
        repository.code_access is CodeAccess.ENABLED or own_role is not None
    )


def _is_open_to(repository: RemoteRepository, is_external: bool | None) -> bool:
    if repository.visibility is Visibility.PUBLIC:
        return True
    return repository.visibility is Visibility.INTERNAL and not is_external


def _standing(level: int) -> Standing:
    if level >= OWNER:
        return Standing.OWNER
    return Standing.ADMIN if level >= MAINTAINER else Standing.MEMBER


def _role_name(level: int) -> str:
    known = [known for known in ROLE_NAMES if known <= level]
    return ROLE_NAMES[max(known)] if known else f"Level {level}"
