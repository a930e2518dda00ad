"""GitHub.com, GHE.com and GitHub Enterprise Server: REST and GraphQL, OAuth, Apps, webhooks."""

CLOUD = "https://github.com"
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
INSTALLATION_TOKEN = "ghs_"  # noqa: S105 - how the tokens of installed Apps begin
GIT_USER = "x-access-token"  # installed Apps must be called so by git; for other tokens any name will do
