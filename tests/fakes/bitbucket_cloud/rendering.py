"""The JSON forms of people, workspaces, projects and repositories, as the REST API answers them."""

from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from tests.fakes.parts.routing import Json

from .model import Account, Group, Permission, Project, Repo, Role, Token, Workspace
from .partial import Hidden
from .server_core import Core


def moment(at: datetime) -> str:
    """Bitbucket's time format."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def second(at: datetime) -> str:
    """The format of commits, which know no fractions."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def href(url: str) -> Json:
    return {"href": url}


def encoded(uuid: str) -> str:
    """A uuid in braces as it stands in a path."""
    return quote(uuid, safe="")


def account(core: Core, each: Account) -> Json:
    """Somebody inside another answer. Whether the account is still in use is told only to those who ask for it."""
    home = f"{core.base_url}/{encoded(each.uuid)}/"
    body: Json = {
        "display_name": each.display_name,
        "links": {
            "self": href(f"{core.api_url}/users/{encoded(each.uuid)}"),
            "avatar": href(f"{core.base_url}/account/{encoded(each.uuid)}/avatar/32/"),
            "html": href(home),
        },
        "type": "user",
        "uuid": each.uuid,
        "account_id": each.account_id,
        "nickname": each.nickname,
        "account_status": Hidden(each.account_status),
    }
    return body


def own_account(core: Core, each: Account) -> Json:
    body = account(core, each) | {
        "created_on": moment(each.created_on),
        "account_status": each.account_status,
        "is_staff": False,
        "has_2fa_enabled": False,
    }
    if each.username is not None:
        body["username"] = each.username
    return body


def token_account(core: Core, token: Token) -> Json:
    """What stands behind an access token: an account of its own that is a member of nothing."""
    return {
        "display_name": token.name,
        "links": {"avatar": href(f"{core.base_url}/account/{encoded(token.uuid)}/avatar/32/")},
        "type": "app_user",
        "uuid": token.uuid,
        "account_id": f"access-token:{token.uuid.strip('{}')}",
        "created_on": moment(token.created_at),
        "account_status": "active",
    }


def workspace_base(core: Core, each: Workspace) -> Json:
    """As the list of one's own workspaces shows it: without a name."""
    links = {
        "avatar": href(f"{core.base_url}/workspaces/{each.slug}/avatar/"),
        "self": href(f"{core.api_url}/workspaces/{each.slug}"),
    }
    return {"type": "workspace_base", "uuid": each.uuid, "slug": each.slug, "links": links}


def small_workspace(core: Core, each: Workspace) -> Json:
    links = {
        "self": href(f"{core.api_url}/workspaces/{each.slug}"),
        "html": href(f"{core.base_url}/{each.slug}/"),
        "avatar": href(f"{core.base_url}/workspaces/{each.slug}/avatar/"),
    }
    return {"type": "workspace", "uuid": each.uuid, "name": each.name, "slug": each.slug, "links": links}


def workspace(core: Core, each: Workspace) -> Json:
    api = f"{core.api_url}/workspaces/{each.slug}"
    links = {
        "self": href(api),
        "html": href(f"{core.base_url}/{each.slug}/"),
        "avatar": href(f"{core.base_url}/workspaces/{each.slug}/avatar/"),
        "members": href(f"{api}/members"),
        "owners": href(f"{api}/permissions?q=permission%3D%22owner%22"),
        "projects": href(f"{api}/projects"),
        "repositories": href(f"{core.api_url}/repositories/{each.slug}"),
        "hooks": href(f"{api}/hooks"),
        "snippets": href(f"{core.api_url}/snippets/{each.slug}"),
    }
    return small_workspace(core, each) | {
        "links": links,
        "is_private": each.is_private,
        "is_personal": each.is_personal,
        "is_privacy_enforced": False,
        "forking_mode": "internal_only" if each.is_private else "allow_forks",
        "created_on": moment(each.created_on),
    }


def membership(core: Core, home: Workspace, who: Account) -> Json:
    path = f"{core.api_url}/workspaces/{home.slug}/members/{encoded(who.uuid)}"
    return {
        "type": "workspace_membership",
        "user": account(core, who),
        "workspace": small_workspace(core, home),
        "links": {"self": href(path)},
    }


def permission_in(core: Core, home: Workspace, who: Account, role: Role) -> Json:
    return membership(core, home, who) | {"permission": role}


def group(core: Core, home: Workspace, each: Group) -> Json:
    """As the lists of explicit grants show it. It has no uuid."""
    html = href(f"{core.base_url}/{home.slug}/workspace/settings/groups/{each.slug}")
    return {
        "type": "group",
        "name": each.name,
        "slug": each.slug,
        "full_slug": f"{home.slug}:{each.slug}",
        "owner": team(core, home),
        "workspace": small_workspace(core, home),
        "links": {"html": html},
    }


def team(core: Core, home: Workspace) -> Json:
    """A workspace in the role of an owner, the way accounts are shown."""
    links = {
        "self": href(f"{core.api_url}/workspaces/{encoded(home.uuid)}"),
        "html": href(f"{core.base_url}/{encoded(home.uuid)}/"),
        "avatar": href(f"{core.base_url}/workspaces/{home.slug}/avatar/"),
    }
    return {"display_name": home.name, "links": links, "type": "team", "uuid": home.uuid, "username": home.slug}


def small_project(core: Core, each: Project) -> Json:
    slug = core.state.workspaces[each.workspace].slug
    links = {
        "self": href(f"{core.api_url}/workspaces/{slug}/projects/{each.key}"),
        "html": href(f"{core.base_url}/{slug}/workspace/projects/{each.key}"),
        "avatar": href(f"{core.base_url}/{slug}/workspace/projects/{each.key}/avatar/32"),
    }
    return {"type": "project", "key": each.key, "uuid": each.uuid, "name": each.name, "links": links}


def project(core: Core, each: Project) -> Json:
    home = core.state.workspaces[each.workspace]
    repos = (repo for repo in core.state.repos.values() if repo.project == each.uuid)
    return small_project(core, each) | {
        "owner": team(core, home),
        "workspace": small_workspace(core, home),
        "description": "",
        "is_private": each.is_private,
        "created_on": moment(each.created_on),
        "updated_on": moment(each.created_on),
        "has_publicly_visible_repos": any(not repo.is_private for repo in repos),
    }


def small_repository(core: Core, each: Repo) -> Json:
    path = core.state.full_name(each)
    links = {
        "self": href(f"{core.api_url}/repositories/{path}"),
        "html": href(f"{core.base_url}/{path}"),
        "avatar": href(f"{core.base_url}/-avatars/{encoded(each.uuid)}?ts=default"),
    }
    return {"type": "repository", "full_name": path, "name": each.name, "uuid": each.uuid, "links": links}


def repository(core: Core, each: Repo, viewer: Account | None) -> Json:
    state, home = core.state, core.state.workspaces[each.workspace]
    git = core.repository(each)
    parent = state.repos.get(each.parent or "")
    return small_repository(core, each) | {
        "slug": each.slug,
        "description": each.description,
        "scm": "git",
        "owner": team(core, home),
        "workspace": small_workspace(core, home),
        "project": small_project(core, state.projects[each.project]),
        "is_private": each.is_private,
        "fork_policy": "no_public_forks" if each.is_private else "allow_forks",
        "created_on": moment(each.created_on),
        "updated_on": moment(each.updated_on),
        "size": 4096 + 512 * len(git.refs),
        "language": each.language,
        "has_issues": False,
        "has_wiki": False,
        "parent": None if parent is None else small_repository(core, parent),
        "mainbranch": None if git.is_empty else {"name": git.default_branch, "type": "branch"},
        "links": _links(core, each, viewer),
    }


def _links(core: Core, each: Repo, viewer: Account | None) -> Json:
    path = core.state.full_name(each)
    api, html = f"{core.api_url}/repositories/{path}", f"{core.base_url}/{path}"
    names = ("pullrequests", "commits", "forks", "watchers", "downloads", "hooks")
    links: Json = {name: href(f"{api}/{name}") for name in names}
    links |= {"self": href(api), "html": href(html)}
    links["avatar"] = href(f"{core.base_url}/-avatars/{encoded(each.uuid)}?ts=default")
    links["clone"] = [
        {"name": "https", "href": clone_url(core, each, viewer)},
        {"name": "ssh", "href": f"git@{urlsplit(core.base_url).hostname}:{path}.git"},
    ]
    return links


def clone_url(core: Core, each: Repo, viewer: Account | None = None) -> str:
    """With the viewer's user name in it, which nobody should store."""
    url = f"{core.base_url}/{core.state.full_name(each)}.git"
    if viewer is None or viewer.username is None:
        return url
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{viewer.username}@{rest}"


def repository_permission(core: Core, row: tuple[Account, Repo, Permission]) -> Json:
    who, repo, may = row
    return {
        "type": "repository_permission",
        "user": account(core, who),
        "repository": small_repository(core, repo),
        "permission": may.key,
    }
