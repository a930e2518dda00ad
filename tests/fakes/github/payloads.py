"""The bodies of webhook deliveries."""

from tests.fakes.parts.git_http import Change
from tests.fakes.parts.git_objects import Commit
from tests.fakes.parts.repository import ZERO_ID
from tests.fakes.parts.routing import Json

from .model import Hook, Organization, OrganizationMembership, Repo, Team, User
from .rendering import account, organization, organization_membership, stamp, team_part
from .rendering_hooks import hook as hook_row
from .rendering_repos import event_organization, event_repository
from .rights import resolved
from .server_core import Core, node_id

SHOWN_COMMITS = 2048
ZEN = "Anything added dilutes everything else."


def about_repository(core: Core, repo: Repo, sender: User, **more: object) -> Json:
    """What every event of a repository ends with."""
    body: Json = dict(more)
    body |= {"repository": event_repository(core, repo)} | event_organization(core, repo)
    return body | {"sender": account(core, sender)}


def about_organization(core: Core, home: Organization, sender: User, **more: object) -> Json:
    return dict(more) | {"organization": organization(core, home), "sender": account(core, sender)}


def ping(core: Core, hook: Hook, sender: User) -> Json:
    body: Json = {"zen": ZEN, "hook_id": hook.id, "hook": hook_row(core, hook)}
    if hook.kind == "repository":
        return about_repository(core, core.state.repos[hook.parent_id], sender, **body)
    if hook.kind == "organization":
        return about_organization(core, core.state.organizations[hook.parent_id], sender, **body)
    return body


def push(core: Core, repo: Repo, user: User, change: Change) -> Json:
    ref, before, after = change
    commits = _commits(core, repo, change)
    compare = f"{core.base_url}/{core.state.full_name(repo)}/compare/{before[:12]}...{after[:12]}"
    head = None if after == ZERO_ID else _commit(core, repo, _peeled(core, repo, after))
    body: Json = {
        "ref": ref,
        "before": before,
        "after": after,
        "created": before == ZERO_ID,
        "deleted": after == ZERO_ID,
        "forced": False,
        "base_ref": None,
        "compare": compare,
        "commits": [_commit(core, repo, each) for each in reversed(commits[:SHOWN_COMMITS])],
        "head_commit": head,
        "repository": event_repository(core, repo, is_push=True),
        "pusher": {"name": user.login, "email": user.email},
    }
    return body | event_organization(core, repo) | {"sender": account(core, user)}


def _peeled(core: Core, repo: Repo, object_id: str) -> Commit:
    repository = core.repository(repo)
    return repository.read_commit(repository.peel(object_id))


def _commits(core: Core, repo: Repo, change: Change) -> list[Commit]:
    """Tags carry none."""
    ref, before, after = change
    if after == ZERO_ID or ref.startswith("refs/tags/"):
        return []
    return core.repository(repo).history(after, None if before == ZERO_ID else before, 10_000)


def _commit(core: Core, repo: Repo, commit: Commit) -> Json:
    repository = core.repository(repo)
    now = repository.files(commit.id)
    before = repository.files(commit.parents[0]) if commit.parents else {}
    author = {"name": commit.author.name, "email": commit.author.email, "username": commit.author.name.split()[0]}
    return {
        "id": commit.id,
        "tree_id": commit.tree,
        "distinct": True,
        "message": commit.message,
        "timestamp": commit.committer.at.isoformat(),
        "url": f"{core.base_url}/{core.state.full_name(repo)}/commit/{commit.id}",
        "author": author,
        "committer": author,
        "added": sorted(now.keys() - before.keys()),
        "removed": sorted(before.keys() - now.keys()),
        "modified": sorted(path for path in now.keys() & before.keys() if now[path] != before[path]),
    }


def ref_made(core: Core, repo: Repo, user: User, change: Change) -> Json:
    """`create`."""
    more = {"master_branch": core.repository(repo).default_branch, "description": repo.description}
    return about_repository(core, repo, user, **_ref(change[0]), **more)


def ref_deleted(core: Core, repo: Repo, user: User, change: Change) -> Json:
    """`delete`."""
    return about_repository(core, repo, user, **_ref(change[0]))


def _ref(ref: str) -> Json:
    is_tag = ref.startswith("refs/tags/")
    short = ref.removeprefix("refs/tags/").removeprefix("refs/heads/")
    return {"ref": short, "ref_type": "tag" if is_tag else "branch", "pusher_type": "user"}


def release(core: Core, repo: Repo, user: User, tag: str, action: str) -> Json:
    number = repo.id * 1000 + len(core.repository(repo).refs)
    url = f"{core.api_url}/repos/{core.state.full_name(repo)}/releases/{number}"
    body: Json = {
        "url": url,
        "assets_url": f"{url}/assets",
        "upload_url": f"{url}/assets{{?name,label}}",
        "html_url": f"{core.base_url}/{core.state.full_name(repo)}/releases/tag/{tag}",
        "id": number,
        "node_id": f"RE_kgDO{number}",
        "tag_name": tag,
        "target_commitish": core.repository(repo).default_branch,
        "name": tag,
        "draft": False,
        "author": account(core, user),
        "prerelease": False,
        "created_at": stamp(core.clock.now()),
        "published_at": stamp(core.clock.now()),
        "assets": [],
        "tarball_url": None,
        "zipball_url": None,
        "body": "",
    }
    return about_repository(core, repo, user, action=action, release=body)


def team_event(core: Core, team: Team, sender: User, action: str, repo: Repo | None = None, **more: object) -> Json:
    home = core.state.organizations[team.organization_id]
    parent = core.state.teams.get(team.parent_id or 0)
    shown = team_part(core, team) | {"parent": None if parent is None else team_part(core, parent)}
    body: Json = {"action": action, "team": shown} | more
    if repo is not None:
        role = core.state.team_repos.get(team.id, {}).get(repo.id, "none")
        given = resolved(core.state, home.id, role, "Team")
        body["repository"] = event_repository(core, repo) | {"permissions": given.permissions}
    return about_organization(core, home, sender, **body)


def team_membership(core: Core, team: Team, member: User, sender: User, action: str, *, is_gone: bool) -> Json:
    """`membership`; of a deleted team only the name is left."""
    home = core.state.organizations[team.organization_id]
    shown = {"id": team.id, "name": team.name, "deleted": True} if is_gone else team_part(core, team)
    member_part = account(core, member)
    return about_organization(core, home, sender, action=action, scope="team", member=member_part, team=shown)


def organization_event(core: Core, home: Organization, sender: User, action: str, **more: object) -> Json:
    return about_organization(core, home, sender, action=action, **more)


def membership_part(core: Core, row: OrganizationMembership) -> Json:
    """A membership without the organization, which stands beside it."""
    body = organization_membership(core, row)
    return {name: body[name] for name in ("url", "state", "role", "organization_url", "user")}


def invitation_part(core: Core, row: OrganizationMembership, inviter: User) -> Json:
    """What an invitation is told with in place of the membership."""
    user = core.state.users[row.user_id]
    url = f"{core.api_url}/organizations/{row.organization_id}/invitations/{user.id}"
    invitation: Json = {
        "id": user.id,
        "node_id": node_id("User", user.id),
        "login": user.login,
        "email": None,
        "role": "admin" if row.role == "admin" else "direct_member",
        "created_at": stamp(core.clock.now()),
        "failed_at": None,
        "failed_reason": None,
        "inviter": account(core, inviter),
        "team_count": 0,
        "invitation_teams_url": f"{url}/teams",
    }
    return {"invitation": invitation, "user": account(core, user)}
