"""What roles on GitLab are worth, and which accounts are bots. Pure.

Levels: https://docs.gitlab.com/api/members/ — rules: https://docs.gitlab.com/user/permissions/
"""

import re
from functools import lru_cache

from integrations.codehost import RemoteRole, Standing

MINIMAL, GUEST, REPORTER, MAINTAINER, OWNER = 5, 10, 20, 40, 50
ROLE_NAMES = {10: "Guest", 15: "Planner", 20: "Reporter", 30: "Developer", 40: "Maintainer", 50: "Owner"}
_BOT = re.compile(r"((project|group)_\d+_bot|service_account_(group_|project_)?)[0-9a-z_]*")


@lru_cache(maxsize=1000)
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


def _standing(level: int) -> Standing:
    if level >= OWNER:
        return Standing.OWNER
    return Standing.ADMIN if level >= MAINTAINER else Standing.MEMBER


def _role_name(level: int) -> str:
    known = [known for known in ROLE_NAMES if known <= level]
    return ROLE_NAMES[max(known)] if known else f"Level {level}"
