"""The JSON forms of repositories."""

from tests.fakes.parts.routing import Json

from .model import Repo
from .rendering import account, organization, stamp
from .rights import Access
from .server_core import Core, node_id

SINCE_PROPERTIES = (3, 18)
TEMPLATES = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
COUNTS = ("forks_count", "stargazers_count", "watchers_count", "open_issues_count", "forks", "open_issues", "watchers")


def repository(core: Core, repo: Repo, access: Access | None = None) -> Json:
    """The form of lists; with the permissions of the caller unless that is nobody."""
    full_name = core.state.full_name(repo)
    url, web = f"{core.api_url}/repos/{full_name}", f"{core.base_url}/{full_name}"
    body: Json = {
        "id": repo.id,
        "node_id": node_id("Repository", repo.id),
        "name": repo.name,
        "full_name": full_name,
        "owner": account(core, core.state.owner(repo)),
        "private": repo.visibility != "public",
        "html_url": web,
        "description": repo.description,
        "fork": repo.is_fork,
        "url": url,
        **{name: f"{url}{ending}" for name, ending in TEMPLATES.items()},
        **_addresses(core, full_name),
        **_settings(core, repo),
        **dict.fromkeys(COUNTS, 0),
    }
    if core.release >= SINCE_PROPERTIES:
        body["custom_properties"] = {}
    if access is not None:
        body |= {"permissions": access.permissions}
    return body


def _addresses(core: Core, full_name: str) -> Json:
    host = core.base_url.partition("://")[2].partition("/")[0].partition(":")[0]
    web = f"{core.base_url}/{full_name}"
    return {
        "git_url": f"git://{host}/{full_name}.git",
        "ssh_url": f"git@{host}:{full_name}.git",
        "clone_url": f"{web}.git",
        "svn_url": web,
        "mirror_url": None,
    }


def _settings(core: Core, repo: Repo) -> Json:
    return {
        "homepage": None,
        "language": None,
        "license": None,
        "size": 0 if core.repository(repo).is_empty else 12,
        "default_branch": core.repository(repo).default_branch,
        "is_template": repo.is_template,
        "topics": list(repo.topics),
        "has_issues": True,
        "has_projects": True,
        "has_wiki": True,
        "has_pages": False,
        "has_downloads": True,
        "has_discussions": False,
        "archived": repo.archived,
        "disabled": repo.disabled,
        "visibility": repo.visibility,
        "pushed_at": stamp(repo.pushed_at),
        "created_at": stamp(repo.created_at),
        "updated_at": stamp(repo.updated_at),
        "allow_forking": True,
        "web_commit_signoff_required": False,
    }


def full_repository(core: Core, repo: Repo, access: Access | None) -> Json:
    """The form of one repository by itself."""
    body = repository(core, repo, access) | {"network_count": 0, "subscribers_count": 0}
    home = core.state.organization_of(repo)
    if home is not None:
        body["organization"] = account(core, home)
    return body


def event_repository(core: Core, repo: Repo, *, is_push: bool = False) -> Json:
    """The form of webhooks; pushes have numbers for times."""
    body = repository(core, repo)
    if not is_push:
        return body
    owner = account(core, core.state.owner(repo)) | {"name": core.state.owner(repo).login, "email": None}
    return body | {
        "owner": owner,
        "url": body["html_url"],
        "created_at": int(repo.created_at.timestamp()),
        "pushed_at": int(repo.pushed_at.timestamp()),
        "stargazers": 0,
        "master_branch": core.repository(repo).default_branch,
        "organization": getattr(core.state.organization_of(repo), "login", None),
    }


def event_organization(core: Core, repo: Repo) -> Json:
    """The part about the owner that events of an organization's repositories have."""
    home = core.state.organization_of(repo)
    return {} if home is None else {"organization": organization(core, home)}
