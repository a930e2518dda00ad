"""OAuth scopes: what they mean, and which contain which."""

from collections.abc import Iterable

DESCRIPTIONS = {
    "repo": "Full control of private repositories",
    "repo:status": "Access commit status",
    "repo_deployment": "Access deployment status",
    "public_repo": "Access public repositories",
    "repo:invite": "Access repository invitations",
    "admin:repo_hook": "Full control of repository hooks",
    "write:repo_hook": "Write repository hooks",
    "read:repo_hook": "Read repository hooks",
    "admin:org": "Full control of orgs and teams, read and write org projects",
    "write:org": "Read and write org and team membership, read and write org projects",
    "read:org": "Read org and team membership, read org projects",
    "admin:org_hook": "Full control of organization hooks",
    "gist": "Create gists",
    "notifications": "Access notifications",
    "user": "Update all user data",
    "read:user": "Read all user profile data",
    "user:email": "Access user email addresses (read-only)",
    "user:follow": "Follow and unfollow users",
    "delete_repo": "Delete repositories",
    "workflow": "Update GitHub Action workflows",
    "admin:enterprise": "Full control of enterprises",
    "read:enterprise": "Read enterprise profile data",
}
SERVER_SCOPES = {"site_admin": "Site administrators' endpoints"}
CONTAINED = {
    "repo": ("repo:status", "repo_deployment", "public_repo", "repo:invite", "admin:repo_hook"),
    "admin:repo_hook": ("write:repo_hook",),
    "write:repo_hook": ("read:repo_hook",),
    "admin:org": ("write:org",),
    "write:org": ("read:org",),
    "user": ("read:user", "user:email", "user:follow"),
    "admin:enterprise": ("read:enterprise",),
}


def expanded(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes with everything that they contain."""
    found: set[str] = set()
    todo = list(scopes)
    while todo:
        scope = todo.pop()
        if scope not in found:
            found.add(scope)
            todo += CONTAINED.get(scope, ())
    return frozenset(found)


def normalized(scopes: Iterable[str], *, is_server: bool) -> tuple[str, ...]:
    """Known scopes in their order, without those that another one contains and without repetition."""
    known = DESCRIPTIONS | (SERVER_SCOPES if is_server else {})
    wanted = [scope for scope in dict.fromkeys(scopes) if scope in known]
    implied = {part for scope in wanted for part in expanded([scope]) - {scope}}
    return tuple(scope for scope in wanted if scope not in implied)
