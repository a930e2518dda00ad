"""Scopes of OAuth consumers and access tokens, those of API tokens, and what they imply."""

OAUTH = {
    "email": "Account: Email",
    "account": "Account: Read",
    "account:write": "Account: Write",
    "team": "Workspace membership: Read",
    "team:write": "Workspace membership: Write",
    "project": "Projects: Read",
    "project:admin": "Projects: Admin",
    "repository": "Repositories: Read",
    "repository:write": "Repositories: Write",
    "repository:admin": "Repositories: Admin",
    "repository:delete": "Repositories: Delete",
    "pullrequest": "Pull requests: Read",
    "pullrequest:write": "Pull requests: Write",
    "issue": "Issues: Read",
    "issue:write": "Issues: Write",
    "wiki": "Wikis: Read and write",
    "snippet": "Snippets: Read",
    "snippet:write": "Snippets: Write",
    "webhook": "Webhooks: Read and write",
    "pipeline": "Pipelines: Read",
    "pipeline:write": "Pipelines: Write",
    "runner": "Runners: Read",
}
IMPLIED = {
    "account:write": ("account",),
    "team:write": ("team",),
    "project": ("repository",),
    "repository:write": ("repository",),
    "pullrequest": ("repository",),
    "pullrequest:write": ("pullrequest", "repository:write", "repository"),
    "issue:write": ("issue",),
    "snippet:write": ("snippet",),
    "pipeline:write": ("pipeline",),
}
ENDING = ":bitbucket"
API_TOKEN = (
    "read:user:bitbucket",
    "read:workspace:bitbucket",
    "read:project:bitbucket",
    "read:repository:bitbucket",
    "read:pullrequest:bitbucket",
    "read:webhook:bitbucket",
    "write:webhook:bitbucket",
    "delete:webhook:bitbucket",
)
USUAL = ("email", "account", "team", "repository", "webhook")


def with_implied(scopes: tuple[str, ...]) -> frozenset[str]:
    """All that a token with these scopes may do."""
    return frozenset(scopes).union(*(IMPLIED.get(each, ()) for each in scopes))


def required(scopes: tuple[str, ...], *, is_api_token: bool) -> tuple[str, ...]:
    """Of what an endpoint asks, the part that is meant for this kind of token."""
    return tuple(each for each in scopes if each.endswith(ENDING) == is_api_token)


def of_event(event: str, *, is_api_token: bool) -> str:
    """The scope without which nobody may subscribe to an event."""
    name = {"repo": "repository"}.get(event.partition(":")[0], event.partition(":")[0])
    return f"read:{name}{ENDING}" if is_api_token else name
