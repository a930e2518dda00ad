"""The bodies of webhook deliveries."""

from tests.fakes.parts.clock import iso
from tests.fakes.parts.git_objects import Commit
from tests.fakes.parts.repository import ZERO_ID
from tests.fakes.parts.routing import Json

from .model import LEVEL_NAMES, Group, Membership, Project, User
from .rendering import http_url, ssh_url
from .server_core import Core

VISIBILITY_LEVELS = {"private": 0, "internal": 10, "public": 20}
SHOWN_COMMITS = 20

Change = tuple[str, str, str]  # ref, before, after


def push(core: Core, project: Project, user: User, change: Change) -> Json:
    """A branch or tag that was created, moved or deleted."""
    ref, before, after = change
    kind = "tag_push" if ref.startswith("refs/tags/") else "push"
    commits = _commits(core, project, change)
    repository = core.repository(project)
    return {
        "object_kind": kind,
        "event_name": kind,
        "before": before,
        "after": after,
        "ref": ref,
        "ref_protected": ref == f"refs/heads/{repository.default_branch}",
        "checkout_sha": None if after == ZERO_ID else repository.peel(after),
        "message": None if after == ZERO_ID else repository.tag_message(after),
        "user_id": user.id,
        "user_name": user.name,
        "user_username": user.username,
        "user_email": None,
        "user_avatar": None,
        "project_id": project.id,
        "project": project_part(core, project),
        "repository": _repository_part(core, project),
        "commits": [_commit(core, project, each) for each in reversed(commits[:SHOWN_COMMITS])],
        "total_commits_count": len(commits),
        "push_options": {},
    }


def for_system_hook(core: Core, project: Project, body: Json) -> Json:
    """A system hook gets no commits, and fewer names for the same thing."""
    dropped = {"object_kind", "ref_protected", "message", "user_username", "push_options"}
    kept = {key: value for key, value in body.items() if key not in dropped}
    return kept | {"project": _nameless_part(core, project), "commits": [], "total_commits_count": 0}


def _nameless_part(core: Core, project: Project) -> Json:
    return {key: value for key, value in project_part(core, project).items() if key not in {"id", "ci_config_path"}}


def release(core: Core, project: Project, tag: str, action: str) -> Json:
    repository = core.repository(project)
    commit = repository.read_commit(repository.peel(repository.refs[f"refs/tags/{tag}"]))
    url = f"{core.base_url}/{core.state.project_path(project)}/-/releases/{tag}"
    return {
        "object_kind": "release",
        "action": action,
        "id": project.id * 1000 + len(repository.refs),
        "created_at": iso(core.clock.now()),
        "released_at": iso(core.clock.now()),
        "name": tag,
        "tag": tag,
        "description": "",
        "project": project_part(core, project),
        "url": url,
        "assets": {"count": 0, "links": [], "sources": []},
        "commit": _commit(core, project, commit),
    }


def repository_update(core: Core, project: Project, user: User, changes: list[Change]) -> Json:
    return {
        "event_name": "repository_update",
        "user_id": user.id,
        "user_name": user.name,
        "user_email": "",
        "user_avatar": None,
        "project_id": project.id,
        "project": _nameless_part(core, project),
        "changes": [{"before": before, "after": after, "ref": ref} for ref, before, after in changes],
        "refs": [ref for ref, _, _ in changes],
    }


def project_part(core: Core, project: Project) -> Json:
    path = core.state.project_path(project)
    web_url = f"{core.base_url}/{path}"
    return {
        "id": project.id,
        "name": project.name,
        "description": project.description,
        "web_url": web_url,
        "avatar_url": None,
        "git_ssh_url": ssh_url(core, project),
        "git_http_url": http_url(core, project),
        "namespace": core.state.full_name(core.state.groups[project.group_id]),
        "visibility_level": VISIBILITY_LEVELS[project.visibility],
        "path_with_namespace": path,
        "default_branch": core.repository(project).default_branch,
        "ci_config_path": None,
        "homepage": web_url,
        "url": ssh_url(core, project),
        "ssh_url": ssh_url(core, project),
        "http_url": http_url(core, project),
    }


def _repository_part(core: Core, project: Project) -> Json:
    return {
        "name": project.name,
        "url": ssh_url(core, project),
        "description": project.description,
        "homepage": f"{core.base_url}/{core.state.project_path(project)}",
        "git_http_url": http_url(core, project),
        "git_ssh_url": ssh_url(core, project),
        "visibility_level": VISIBILITY_LEVELS[project.visibility],
    }


def _commits(core: Core, project: Project, change: Change) -> list[Commit]:
    ref, before, after = change
    if after == ZERO_ID:
        return []
    repository = core.repository(project)
    if ref.startswith("refs/tags/"):
        return repository.history(repository.peel(after), None, 1)
    stop = None if before == ZERO_ID else before
    return repository.history(after, stop, 10_000)


def _commit(core: Core, project: Project, commit: Commit) -> Json:
    repository = core.repository(project)
    now = repository.files(commit.id)
    before = repository.files(commit.parents[0]) if commit.parents else {}
    return {
        "id": commit.id,
        "message": commit.message,
        "title": commit.title,
        "timestamp": commit.committer.at.isoformat(),
        "url": f"{core.base_url}/{core.state.project_path(project)}/-/commit/{commit.id}",
        "author": {"name": commit.author.name, "email": "[REDACTED]"},
        "added": sorted(now.keys() - before.keys()),
        "modified": sorted(path for path in now.keys() & before.keys() if now[path] != before[path]),
        "removed": sorted(before.keys() - now.keys()),
    }


def group_member(core: Core, membership: Membership, event: str) -> Json:
    group, user = core.state.groups[membership.source.id], core.state.users[membership.user_id]
    return {
        "created_at": iso(membership.created_at),
        "updated_at": iso(core.clock.now()),
        "group_name": group.name,
        "group_path": group.path,
        "group_id": group.id,
        "user_username": user.username,
        "user_name": user.name,
        "user_email": "[REDACTED]",
        "user_id": user.id,
        "group_access": LEVEL_NAMES.get(membership.level, "Custom"),
        "group_plan": None,
        "expires_at": f"{membership.expires_on}T00:00:00Z" if membership.expires_on else None,
        "event_name": event,
    }


def project_member(core: Core, membership: Membership, event: str) -> Json:
    project, user = core.state.projects[membership.source.id], core.state.users[membership.user_id]
    return {
        "created_at": iso(membership.created_at),
        "updated_at": iso(core.clock.now()),
        "event_name": event,
        "access_level": LEVEL_NAMES.get(membership.level, "Custom"),
        "project_id": project.id,
        "project_name": project.name,
        "project_path": project.path,
        "project_path_with_namespace": core.state.project_path(project),
        "user_email": user.email,
        "user_name": user.name,
        "user_username": user.username,
        "user_id": user.id,
        "project_visibility": project.visibility,
    }


def subgroup(core: Core, group: Group, event: str) -> Json:
    assert group.parent_id is not None
    parent = core.state.groups[group.parent_id]
    return {
        "created_at": iso(group.created_at),
        "updated_at": iso(core.clock.now()),
        "event_name": event,
        "name": group.name,
        "path": group.path,
        "full_path": core.state.full_path(group),
        "group_id": group.id,
        "parent_group_id": parent.id,
        "parent_name": parent.name,
        "parent_path": parent.path,
        "parent_full_path": core.state.full_path(parent),
    }


def group_event(core: Core, group: Group, event: str) -> Json:
    return {
        "created_at": iso(group.created_at),
        "updated_at": iso(core.clock.now()),
        "event_name": event,
        "name": group.name,
        "path": group.path,
        "full_path": core.state.full_path(group),
        "group_id": group.id,
    }


def project_event(core: Core, project: Project, event: str) -> Json:
    return {
        "event_name": event,
        "created_at": iso(project.created_at),
        "updated_at": iso(core.clock.now()),
        "name": project.name,
        "path": project.path,
        "path_with_namespace": core.state.project_path(project),
        "project_id": project.id,
        "project_namespace_id": project.group_id,
        "owners": [],
        "project_visibility": project.visibility,
    }


def user_event(core: Core, user: User, event: str) -> Json:
    return {
        "event_name": event,
        "created_at": iso(user.created_at),
        "updated_at": iso(core.clock.now()),
        "email": user.email,
        "name": user.name,
        "username": user.username,
        "user_id": user.id,
    }
