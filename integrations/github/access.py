"""What roles on GitHub are worth. Pure.

https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories — whoever may pull,
reads the code; custom roles say so by their `permissions`, and build upon one of the five usual roles.
"""

from collections.abc import Mapping
from functools import lru_cache

from integrations.codehost import RemoteRole, Standing

ROLE_NAMES = {"read": "Read", "triage": "Triage", "write": "Write", "maintain": "Maintain", "admin": "Admin"}
_LEVELS = {"read": 10, "triage": 20, "write": 30, "maintain": 40, "admin": 50}
_OF_PERMISSION = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
OWNER = RemoteRole(key="owner", name="Owner", level=100, reads_code=True, standing=Standing.OWNER)


def member_role(base_permission: str | None) -> RemoteRole:
    """Of somebody in the organization. None: its base permission is hidden, and counts through the collaborators."""
    level = _LEVELS.get(base_permission or "", 0)
    return RemoteRole(key="member", name="Member", level=level, reads_code=level > 0)


def organization_role(role_id: str, name: str, base_role: str) -> RemoteRole:
    """A role in the organization that gives one of the usual roles in all repositories."""
    level = _LEVELS.get(base_role, 0)
    return RemoteRole(key=f"member:role-{role_id}", name=name, level=level, reads_code=level > 0)


@lru_cache(maxsize=1000)
def usual_role(key: str) -> RemoteRole:
    """One of the five usual roles in a repository, by its key."""
    return RemoteRole(key=key, name=ROLE_NAMES[key], level=_LEVELS[key], reads_code=True)


def repository_role(permissions: Mapping[str, bool], role_name: str = "") -> RemoteRole:
    """The role that these permissions make, by the name of a custom one where it has one. Without `pull`, nothing."""
    if not permissions.get("pull"):
        return RemoteRole(key="none", name="None", level=0, reads_code=False)
    held = (_OF_PERMISSION[name] for name, is_given in permissions.items() if is_given and name in _OF_PERMISSION)
    best = max(held, key=_LEVELS.__getitem__)
    if role_name in {"", *ROLE_NAMES}:
        return usual_role(best)
    return RemoteRole(key=role_name, name=role_name, level=_LEVELS[best], reads_code=True)
