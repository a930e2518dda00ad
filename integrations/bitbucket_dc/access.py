"""What permissions on Bitbucket Data Center are worth. Pure.

https://confluence.atlassian.com/bitbucketserver/using-project-permissions-776639801.html
"""

from integrations.codehost import RemoteRole, Standing

PROJECT_ADMIN = RemoteRole("PROJECT_ADMIN", "Project admin", 50, reads_code=True, standing=Standing.OWNER)
ADMINISTRATOR = RemoteRole("ADMIN", "Bitbucket administrator", 40, reads_code=True)
PROJECT_PERMISSIONS = ("PROJECT_ADMIN", "PROJECT_WRITE", "PROJECT_READ")  # that everybody can be given, best first
REPOSITORY_PERMISSIONS = ("REPO_READ", "REPO_WRITE", "REPO_ADMIN")
_OF_PROJECTS = {
    "PROJECT_ADMIN": PROJECT_ADMIN,
    "REPO_CREATE": RemoteRole("REPO_CREATE", "Project create", 35, reads_code=True),
    "PROJECT_WRITE": RemoteRole("PROJECT_WRITE", "Project write", 30, reads_code=True),
    "PROJECT_READ": RemoteRole("PROJECT_READ", "Project read", 20, reads_code=True),
}
# Not the levels of projects: who has both is shown with both.
_OF_REPOSITORIES = {
    "REPO_ADMIN": RemoteRole("REPO_ADMIN", "Repository admin", 51, reads_code=True),
    "REPO_WRITE": RemoteRole("REPO_WRITE", "Repository write", 31, reads_code=True),
    "REPO_READ": RemoteRole("REPO_READ", "Repository read", 21, reads_code=True),
}


def project_role(permission: str) -> RemoteRole | None:
    """What a permission on a project gives; None for those that we do not know to let anybody read."""
    return _OF_PROJECTS.get(permission)


def repository_role(permission: str) -> RemoteRole | None:
    """What a permission on a repository gives; None for those of projects and of the instance."""
    return _OF_REPOSITORIES.get(permission)


def better(one: RemoteRole | None, other: RemoteRole) -> RemoteRole:
    """The role with the higher level."""
    return other if one is None or other.level > one.level else one
