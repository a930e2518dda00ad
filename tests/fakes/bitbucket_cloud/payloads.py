"""The bodies of webhook deliveries."""

from tests.fakes.parts.git_http import Change
from tests.fakes.parts.repository import ZERO_ID, Repository
from tests.fakes.parts.routing import Json

from . import api_refs
from .model import Account, Repo
from .partial import plain
from .rendering import account, href, small_project, small_repository, small_workspace, team
from .server_core import Core

SHOWN_COMMITS = 5


def push(core: Core, repo: Repo, actor: Account, changes: list[Change]) -> Json:
    """One push with all branches and tags that it created, moved or deleted."""
    rows = [_change(core, repo, each) for each in changes]
    return {"push": {"changes": rows}} | event(core, repo, actor)


def event(core: Core, repo: Repo, actor: Account) -> Json:
    """What every event says."""
    return {"repository": repository(core, repo), "actor": plain(account(core, actor))}


def repository(core: Core, each: Repo) -> Json:
    """Without a slug."""
    home = core.state.workspaces[each.workspace]
    parent = core.state.repos.get(each.parent or "")
    return small_repository(core, each) | {
        "scm": "git",
        "website": None,
        "owner": team(core, home),
        "workspace": small_workspace(core, home),
        "is_private": each.is_private,
        "project": small_project(core, core.state.projects[each.project]),
        "parent": None if parent is None else small_repository(core, parent),
    }


def _change(core: Core, repo: Repo, change: Change) -> Json:
    """A deletion has neither commits nor links, a tag no commits."""
    ref, before, after = change
    git = core.repository(repo)
    body: Json = {
        "old": _ref(core, repo, ref, before),
        "new": _ref(core, repo, ref, after),
        "created": before == ZERO_ID,
        "closed": after == ZERO_ID,
        "forced": _is_forced(git, before, after),
        "truncated": False,
    }
    if after == ZERO_ID:
        return body
    body["links"] = {
        "commits": href(f"{core.api_url}/repositories/{core.state.full_name(repo)}/commits?include={after}")
    }
    if ref.startswith("refs/tags/"):
        return body
    commits = git.history(after, None if before == ZERO_ID else before, SHOWN_COMMITS + 1)
    shown = [api_refs.bare_commit(core, repo, each) for each in commits[:SHOWN_COMMITS]]
    return body | {"truncated": len(commits) > SHOWN_COMMITS, "commits": shown}


def _ref(core: Core, repo: Repo, ref: str, target: str) -> Json | None:
    if target == ZERO_ID:
        return None
    if ref.startswith("refs/tags/"):
        return api_refs.tag_at(core, repo, ref.removeprefix("refs/tags/"), target)
    return api_refs.branch_at(core, repo, ref.removeprefix("refs/heads/"), target)


def _is_forced(git: Repository, before: str, after: str) -> bool:
    """Whether the old commit is no ancestor of the new one."""
    if ZERO_ID in (before, after):
        return False
    wanted, ahead, seen = git.peel(before), [git.peel(after)], set[str]()
    while ahead:
        commit = ahead.pop()
        if commit == wanted:
            return False
        if commit not in seen:
            seen.add(commit)
            ahead += git.read_commit(commit).parents
    return True
