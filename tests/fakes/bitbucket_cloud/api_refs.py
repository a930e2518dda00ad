"""REST: branches, tags and commits of a repository."""

from collections.abc import Callable

from werkzeug import Response

from tests.fakes.parts.git_objects import Commit
from tests.fakes.parts.repository import Repository
from tests.fakes.parts.routing import Json

from .api_lookups import found_repo
from .calls import Call, CloudRoutes, Listing
from .errors import not_found
from .model import Repo
from .rendering import href, second, small_repository
from .server_core import Core

routes = CloudRoutes()
REFS = Listing(
    filters=frozenset({"name", "target.hash", "target.date"}), sorts=frozenset({"name", "target.hash", "target.date"})
)
READ = ("repository", "read:repository:bitbucket")


@routes.get("/repositories/:workspace/:repo_slug/refs/branches", READ)
def branches(call: Call) -> Response:
    return _refs(call, "refs/heads/", branch)


@routes.get("/repositories/:workspace/:repo_slug/refs/tags", READ)
def tags(call: Call) -> Response:
    return _refs(call, "refs/tags/", tag)


@routes.get("/repositories/:workspace/:repo_slug/refs/branches/*name", READ)
def one_branch(call: Call) -> Response:
    return _ref(call, "refs/heads/", branch)


@routes.get("/repositories/:workspace/:repo_slug/refs/tags/*name", READ)
def one_tag(call: Call) -> Response:
    return _ref(call, "refs/tags/", tag)


@routes.get("/repositories/:workspace/:repo_slug/commit/:commit", READ)
def one_commit(call: Call) -> Response:
    repo = found_repo(call)
    git = call.core.repository(repo)
    return call.answer(commit(call.core, repo, git.read_commit(resolved(git, call.params["commit"]))))


def resolved(git: Repository, name: str) -> str:
    """The commit that a hash, branch or tag stands for. Raises ApiError 404, always for a name with a slash."""
    found = None if "/" in name else git.resolve(name)
    if found is None:
        raise not_found("Commit not found")
    return found


def _refs(call: Call, prefix: str, convert: Callable[[Core, Repo, str], Json]) -> Response:
    repo = found_repo(call)
    names = [ref.removeprefix(prefix) for ref in call.core.repository(repo).refs if ref.startswith(prefix)]
    return call.page(sorted(names), lambda name: convert(call.core, repo, name), REFS)


def _ref(call: Call, prefix: str, convert: Callable[[Core, Repo, str], Json]) -> Response:
    repo, name = found_repo(call), call.params["name"]
    if f"{prefix}{name}" not in call.core.repository(repo).refs:
        raise not_found(f"No such ref: {name}")
    return call.answer(convert(call.core, repo, name))


def branch(core: Core, repo: Repo, name: str) -> Json:
    git = core.repository(repo)
    return branch_at(core, repo, name, git.refs[f"refs/heads/{name}"])


def branch_at(core: Core, repo: Repo, name: str, target: str) -> Json:
    """A branch as it was when it pointed to `target`."""
    return {
        "type": "branch",
        "name": name,
        "target": commit(core, repo, core.repository(repo).read_commit(target)),
        "links": _ref_links(core, repo, "branches", name),
        "merge_strategies": ["merge_commit", "squash", "fast_forward"],
        "default_merge_strategy": "merge_commit",
    }


def tag(core: Core, repo: Repo, name: str) -> Json:
    git = core.repository(repo)
    return tag_at(core, repo, name, git.refs[f"refs/tags/{name}"])


def tag_at(core: Core, repo: Repo, name: str, target: str) -> Json:
    """A tag as it was when it pointed to `target`: the commit, also for an annotated one."""
    git = core.repository(repo)
    message, made = git.tag_message(target), git.read_commit(git.peel(target))
    is_annotated = message is not None
    return {
        "type": "tag",
        "name": name,
        "message": None if message is None else f"{message}\n",
        "date": second(made.committer.at) if is_annotated else None,
        "tagger": _author(made) if is_annotated else None,
        "target": commit(core, repo, made),
        "links": _ref_links(core, repo, "tags", name),
    }


def _ref_links(core: Core, repo: Repo, kind: str, name: str) -> Json:
    path = core.state.full_name(repo)
    api = f"{core.api_url}/repositories/{path}"
    html = f"branch/{name}" if kind == "branches" else f"commits/tag/{name}"
    return {
        "self": href(f"{api}/refs/{kind}/{name}"),
        "commits": href(f"{api}/commits/{name}"),
        "html": href(f"{core.base_url}/{path}/{html}"),
    }


def commit(core: Core, repo: Repo, each: Commit) -> Json:
    return bare_commit(core, repo, each) | {"repository": small_repository(core, repo)}


def bare_commit(core: Core, repo: Repo, each: Commit) -> Json:
    """A commit inside an answer that names its repository anyhow."""
    return {
        "type": "commit",
        "hash": each.id,
        "date": second(each.committer.at),
        "author": _author(each),
        "message": each.message,
        "summary": {"type": "rendered", "raw": each.message, "markup": "markdown", "html": f"<p>{each.title}</p>"},
        "links": _commit_links(core, repo, each.id),
        "parents": [{"type": "commit", "hash": key, "links": _commit_links(core, repo, key)} for key in each.parents],
    }


def _author(each: Commit) -> Json:
    return {"type": "author", "raw": f"{each.author.name} <{each.author.email}>"}


def _commit_links(core: Core, repo: Repo, key: str) -> Json:
    path = core.state.full_name(repo)
    return {
        "self": href(f"{core.api_url}/repositories/{path}/commit/{key}"),
        "html": href(f"{core.base_url}/{path}/commits/{key}"),
    }
