"""What roles on Bitbucket Cloud are worth. Pure.

A workspace's owners may do everything in it; being a member gives nothing by itself. The levels of both kinds of roles
are one scale: an owner's own row in a repository says nothing new.

https://support.atlassian.com/bitbucket-cloud/docs/configure-repository-permissions/
"""

from integrations.codehost import RemoteRole, Standing
from integrations.errors import UnexpectedResponse

READ, WRITE, ADMIN = 10, 20, 30
GROUP_ROLE = RemoteRole("member", "", 0, reads_code=True)
_WORKSPACE = {
    "owner": RemoteRole("owner", "Owner", ADMIN, reads_code=True, standing=Standing.OWNER),
    "create-project": RemoteRole("create-project", "Member who creates projects", 1, reads_code=False),
    "member": RemoteRole("member", "Member", 0, reads_code=False),
    "collaborator": RemoteRole("collaborator", "Collaborator", 0, reads_code=False),
}
_REPOSITORY = {
    "admin": RemoteRole("admin", "Admin", ADMIN, reads_code=True),
    "write": RemoteRole("write", "Write", WRITE, reads_code=True),
    "read": RemoteRole("read", "Read", READ, reads_code=True),
    "none": RemoteRole("none", "None", 0, reads_code=False),
}


def workspace_role(permission: str) -> RemoteRole:
    """A role in a workspace. One that we do not know is shown by its own name and reads nothing."""
    return _WORKSPACE.get(permission) or RemoteRole(permission, permission.capitalize(), 0, reads_code=False)


def repository_role(permission: str) -> RemoteRole:
    """A permission in a repository. Raises UnexpectedResponse for one that Bitbucket does not document."""
    role = _REPOSITORY.get(permission)
    if role is None:
        raise UnexpectedResponse(f"the permission {permission[:40]!r} is not known")
    return role
