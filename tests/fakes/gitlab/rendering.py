"""The JSON forms of people, groups, projects, members and hooks, as the REST API answers them."""

from urllib.parse import urlsplit

from tests.fakes.parts.clock import iso
from tests.fakes.parts.routing import Json

from .model import Group, Hook, MemberRole, Project, Share, Source, User
from .rights import Effective, reads_code, rows_of
from .server_core import Core


def basic_user(core: Core, user: User) -> Json:
    return {
        "id": user.id,
        "username": user.username,
        "public_email": "",
        "name": user.name,
        "state": user.state,
        "locked": False,
        "avatar_url": None,
        "web_url": f"{core.base_url}/{user.username}",
    }


def public_user(core: Core, user: User) -> Json:
    return basic_user(core, user) | {"created_at": iso(user.created_at), "bio": "", "bot": user.bot, "pronouns": None}


def own_user(core: Core, user: User) -> Json:
    profile = public_user(core, user) | {
        "email": user.email,
        "commit_email": user.email,
        "confirmed_at": iso(user.confirmed_at),
        "external": user.external,
        "two_factor_enabled": False,
        "identities": [],
        "namespace_id": 100_000 + user.id,
        "can_create_group": True,
        "can_create_project": True,
        "private_profile": False,
    }
    return profile | {"is_admin": True} if user.is_admin else profile


def member(core: Core, row: Effective) -> Json:
    user, membership = core.state.users[row.user_id], row.membership
    body = basic_user(core, user) | {
        "access_level": row.level,
        "created_at": iso(membership.created_at),
        "expires_at": membership.expires_on.isoformat() if membership.expires_on else None,
        "membership_state": "awaiting" if membership.awaiting else "active",
    }
    if not core.is_enterprise:
        del body["membership_state"]
        return body
    return body | {"member_role": member_role(membership.role)}


def member_role(role: MemberRole | None) -> Json | None:
    if role is None:
        return None
    return {
        "id": role.id,
        "group_id": role.group_id,
        "name": role.name,
        "description": None,
        "base_access_level": role.base_access_level,
        "read_code": role.read_code,
    }


def group(core: Core, each: Group) -> Json:
    full_path = core.state.full_path(each)
    return {
        "id": each.id,
        "web_url": f"{core.base_url}/groups/{full_path}",
        "name": each.name,
        "path": each.path,
        "description": each.description,
        "visibility": each.visibility,
        "share_with_group_lock": False,
        "project_creation_level": "developer",
        "subgroup_creation_level": "maintainer",
        "request_access_enabled": True,
        "default_branch": None,
        "avatar_url": None,
        "full_name": core.state.full_name(each),
        "full_path": full_path,
        "created_at": iso(each.created_at),
        "parent_id": each.parent_id,
        "organization_id": 1,
        "marked_for_deletion_on": each.marked_for_deletion_on.isoformat() if each.marked_for_deletion_on else None,
    }


def group_detail(core: Core, each: Group) -> Json:
    detail = group(core, each) | {"shared_with_groups": shares(core, each.source), "shared_runners_setting": "enabled"}
    if each.parent_id is None:
        detail["prevent_sharing_groups_outside_hierarchy"] = False
    return detail


def shares(core: Core, source: Source) -> list[Json]:
    return [_share(core, share) for share in core.state.shares_of.get(source, {}).values()]


def _share(core: Core, share: Share) -> Json:
    invited = core.state.groups[share.group_id]
    return {
        "group_id": invited.id,
        "group_name": invited.name,
        "group_full_path": core.state.full_path(invited),
        "group_access_level": share.level,
        "expires_at": share.expires_on.isoformat() if share.expires_on else None,
    }


def simple_project(core: Core, each: Project) -> Json:
    home, path = core.state.groups[each.group_id], core.state.project_path(each)
    repository = core.repository(each)
    return {
        "id": each.id,
        "description": each.description,
        "name": each.name,
        "name_with_namespace": f"{core.state.full_name(home)} / {each.name}",
        "path": each.path,
        "path_with_namespace": path,
        "created_at": iso(each.created_at),
        "default_branch": None if repository.is_empty else repository.default_branch,
        "tag_list": list(each.topics),
        "topics": list(each.topics),
        "ssh_url_to_repo": ssh_url(core, each),
        "http_url_to_repo": http_url(core, each),
        "web_url": f"{core.base_url}/{path}",
        "readme_url": None,
        "forks_count": 0,
        "avatar_url": None,
        "star_count": 0,
        "last_activity_at": iso(each.last_activity_at),
        "visibility": each.visibility,
        "namespace": namespace(core, home),
    }


def namespace(core: Core, home: Group) -> Json:
    full_path = core.state.full_path(home)
    return {
        "id": home.id,
        "name": home.name,
        "path": home.path,
        "kind": "group",
        "full_path": full_path,
        "parent_id": home.parent_id,
        "avatar_url": None,
        "web_url": f"{core.base_url}/groups/{full_path}",
    }


def project(core: Core, each: Project, viewer: User | None) -> Json:
    body = simple_project(core, each) | {
        "empty_repo": core.repository(each).is_empty,
        "archived": each.archived,
        "updated_at": iso(each.last_activity_at),
        "creator_id": None,
        "import_status": "none",
        "mirror": False,
        "issues_enabled": True,
        "issues_access_level": "enabled",
        "repository_access_level": each.repository_access_level,
        "marked_for_deletion_at": each.marked_for_deletion_on.isoformat() if each.marked_for_deletion_on else None,
        "marked_for_deletion_on": each.marked_for_deletion_on.isoformat() if each.marked_for_deletion_on else None,
        "shared_with_groups": shares(core, each.source),
    }
    if viewer is not None:
        body["permissions"] = permissions(core, each, viewer)
    return body


def permissions(core: Core, each: Project, viewer: User) -> Json:
    today = core.clock.today()
    rows = [row for row in rows_of(core.state, each.source, viewer.id, today) if not row.membership.is_expired(today)]
    direct = [row.level for row in rows if row.membership.source == each.source]
    inherited = [row.level for row in rows if row.membership.source != each.source]
    return {"project_access": _access(direct), "group_access": _access(inherited)}


def _access(levels: list[int]) -> Json | None:
    return {"access_level": max(levels), "notification_level": 3} if levels else None


def http_url(core: Core, each: Project) -> str:
    return f"{core.base_url}/{core.state.project_path(each)}.git"


def ssh_url(core: Core, each: Project) -> str:
    return f"git@{urlsplit(core.base_url).hostname}:{core.state.project_path(each)}.git"


def can_read(core: Core, each: Project, viewer: User | None) -> bool:
    return reads_code(core.state, each, viewer, core.clock.today())


PROJECT_EVENTS = (
    "push_events",
    "tag_push_events",
    "releases_events",
    "merge_requests_events",
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "confidential_note_events",
    "pipeline_events",
    "wiki_page_events",
    "deployment_events",
    "job_events",
    "feature_flag_events",
    "resource_access_token_events",
)
GROUP_EVENTS = (*PROJECT_EVENTS, "member_events", "subgroup_events", "project_events")
SYSTEM_EVENTS = ("push_events", "tag_push_events", "merge_requests_events", "repository_update_events")
EVENTS = {"project": PROJECT_EVENTS, "group": GROUP_EVENTS, "system": SYSTEM_EVENTS}


def hook(core: Core, each: Hook) -> Json:
    """Never shows the token or the signing token."""
    body: Json = {"id": each.id, "url": each.url, "name": each.name, "description": each.description}
    body |= {"created_at": iso(each.created_at), "enable_ssl_verification": each.enable_ssl_verification}
    body |= {"alert_status": each.alert_status, "disabled_until": iso(each.disabled_until), "url_variables": []}
    body |= each.events
    if each.kind != "system":
        body[f"{each.kind}_id"] = each.parent_id
        body |= {"push_events_branch_filter": each.push_events_branch_filter, "branch_filter_strategy": "wildcard"}
        body |= {"repository_update_events": False, "custom_webhook_template": ""}
        body["custom_headers"] = [{"key": key} for key, _ in each.custom_headers]
    if core.version_number >= (19, 0):
        body |= {"token_present": bool(each.token), "signing_token_present": bool(each.signing_token)}
    return body
