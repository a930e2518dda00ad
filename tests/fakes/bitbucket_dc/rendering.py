"""The JSON forms of people, projects, repositories, refs, commits and hooks, as the REST API answers them."""

from datetime import datetime
from urllib.parse import urlsplit

from tests.fakes.parts.git_objects import Commit, Signature
from tests.fakes.parts.routing import Json

from .core import Core
from .model import EVERYWHERE, Hook, HttpToken, Principal, Project, Repo, SshKey, User

SHORT_ID = 11
DIRECTORY = "Bitbucket Internal Directory"


def millis(moment: datetime) -> int:
    """Dates are milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def user(core: Core, each: User) -> Json:
    body: Json = {"name": each.name}
    if each.email is not None:
        body["emailAddress"] = each.email
    return body | {
        "active": each.active,
        "displayName": each.display_name,
        "id": each.id,
        "slug": each.slug,
        "type": each.type,
        "links": {"self": [{"href": f"{core.base_url}/users/{each.slug}"}]},
    }


def detailed_user(core: Core, each: User) -> Json:
    """As the administration lists people."""
    return user(core, each) | {
        "directoryName": DIRECTORY,
        "deletable": True,
        "lastAuthenticationTimestamp": 1_700_000_000_000,
        "mutableDetails": True,
        "mutableGroups": True,
    }


def project(core: Core, each: Project) -> Json:
    body: Json = {"key": each.key, "id": each.id, "name": each.name}
    if each.description:
        body["description"] = each.description
    if each.owner_id is None:
        href = f"{core.base_url}/projects/{each.key}"
        return body | {"public": each.public, "type": "NORMAL", "links": {"self": [{"href": href}]}}
    owner = core.state.users[each.owner_id]
    href = f"{core.base_url}/users/{owner.slug}"
    return body | {"type": "PERSONAL", "owner": user(core, owner), "links": {"self": [{"href": href}]}}


def repository(core: Core, each: Repo, viewer: User | None = None) -> Json:
    """`links.clone` leaves out what the administrator switched off, and may name the caller."""
    home = core.state.project_of(each)
    body: Json = {"slug": each.slug, "id": each.id, "name": each.name}
    if each.description:
        body["description"] = each.description
    body |= {
        "hierarchyId": each.hierarchy_id,
        "scmId": "git",
        "state": each.state,
        "statusMessage": STATUS_MESSAGES[each.state],
        "forkable": each.forkable,
    }
    if each.origin_id is not None:
        body["origin"] = repository(core, core.state.repos[each.origin_id], viewer)
    body |= {"project": project(core, home), "public": each.public}
    if core.has_archiving:
        body["archived"] = each.archived
    return body | {"links": {"clone": _clone_links(core, each, viewer), "self": [{"href": browse_url(core, each)}]}}


STATUS_MESSAGES = {
    "AVAILABLE": "Available",
    "INITIALISING": "Initialising",
    "INITIALISATION_FAILED": "Initialisation failed",
    "OFFLINE": "Offline",
}


def browse_url(core: Core, each: Repo) -> str:
    return f"{core.base_url}/{_web_home(core, core.state.project_of(each))}/repos/{each.slug}/browse"


def _web_home(core: Core, home: Project) -> str:
    if home.owner_id is None:
        return f"projects/{home.key}"
    return f"users/{core.state.users[home.owner_id].slug}"


def clone_path(core: Core, each: Repo) -> str:
    return f"{core.state.project_of(each).key.lower()}/{each.slug}.git"


def http_url(core: Core, each: Repo, viewer: User | None = None) -> str:
    scheme, _, rest = core.base_url.partition("://")
    name = f"{viewer.slug}@" if viewer is not None and core.names_users_in_clone_urls else ""
    return f"{scheme}://{name}{rest}/scm/{clone_path(core, each)}"


def ssh_url(core: Core, each: Repo) -> str:
    return f"ssh://git@{urlsplit(core.base_url).hostname}:7999/{clone_path(core, each)}"


def _clone_links(core: Core, each: Repo, viewer: User | None) -> list[Json]:
    links: list[Json] = []
    if core.offers_ssh:
        links.append({"href": ssh_url(core, each), "name": "ssh"})
    if core.offers_http:
        links.append({"href": http_url(core, each, viewer), "name": "http"})
    return links


def branch(core: Core, each: Repo, ref: str) -> Json:
    git = core.git(each)
    return {
        "id": ref,
        "displayId": ref.removeprefix("refs/heads/"),
        "type": "BRANCH",
        "latestCommit": git.refs[ref],
        "latestChangeset": git.refs[ref],
        "isDefault": ref == f"refs/heads/{git.default_branch}",
    }


def tag(core: Core, each: Repo, ref: str) -> Json:
    """`hash` is the tag object of an annotated tag, and null for a lightweight one."""
    git = core.git(each)
    target = git.refs[ref]
    commit_id = git.peel(target)
    return {
        "id": ref,
        "displayId": ref.removeprefix("refs/tags/"),
        "type": "TAG",
        "latestCommit": commit_id,
        "latestChangeset": commit_id,
        "hash": None if commit_id == target else target,
    }


def commit(core: Core, each: Commit) -> Json:
    return {
        "id": each.id,
        "displayId": each.id[:SHORT_ID],
        "author": _person(each.author),
        "authorTimestamp": millis(each.author.at),
        "committer": _person(each.committer),
        "committerTimestamp": millis(each.committer.at),
        "message": each.message,
        "parents": [{"id": parent, "displayId": parent[:SHORT_ID]} for parent in each.parents],
    }


def _person(signature: Signature) -> Json:
    return {"name": signature.name, "emailAddress": signature.email}


def permission_row(core: Core, principal: Principal, permission: str) -> Json:
    """As the lists of users and of groups with permissions have it: a group is an object."""
    if principal.kind == "user":
        return {"user": user(core, core.state.users[int(principal.key)]), "permission": permission}
    return {"group": {"name": group_name(core, principal)}, "permission": permission}


def searched_row(core: Core, principal: Principal, permission: str) -> Json:
    """As the search through permissions has it: a group is its name."""
    if principal.kind == "user":
        return permission_row(core, principal, permission)
    return {"group": group_name(core, principal), "permission": permission}


def group_name(core: Core, principal: Principal) -> str:
    """The name as it is written; permissions outlive their groups."""
    found = core.state.groups.get(str(principal.key))
    return found.name if found is not None else str(principal.key)


def hook(core: Core, each: Hook) -> Json:
    """Shows the secret in clear, and of credentials only the name."""
    body: Json = {
        "id": each.id,
        "name": each.name,
        "createdDate": millis(each.created_at),
        "updatedDate": millis(each.updated_at),
        "events": list(each.events),
        "configuration": dict(each.configuration),
        "url": each.url,
        "active": each.active,
        "scopeType": each.place.kind,
        "sslVerificationRequired": each.is_tls_checked,
    }
    return body | {"credentials": {"username": each.username}} if each.username else body


def http_token(each: HttpToken) -> Json:
    return {"id": each.id, "createdDate": millis(each.created_at), "name": each.name}


def ssh_key(core: Core, each: SshKey) -> Json:
    key: Json = {"id": each.id, "text": each.text, "label": each.label}
    if each.place.kind == "project":
        home: Json = {"project": project(core, core.state.projects[each.place.id])}
    else:
        home = {"repository": repository(core, core.state.repos[each.place.id])}
    return {"key": key, **home, "permission": each.permission}


def instance_grants(core: Core) -> dict[Principal, str]:
    return core.state.granted(EVERYWHERE)
