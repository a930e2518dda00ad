"""REST: branches, tags, commits and files of a repository."""

from collections.abc import Callable
from typing import NamedTuple

from werkzeug import Response

from tests.fakes.parts.git_objects import TreeEntry
from tests.fakes.parts.repository import Repository
from tests.fakes.parts.routing import ApiError, Json

from .api_lookups import found_commit, found_git, found_repository
from .model import Repo
from .rendering import branch, commit, tag
from .routing import Call, Routes, bad_request, empty, error, json_response, unknown_endpoint

routes = Routes()
REPOSITORY = "/rest/api/latest/projects/:projectKey/repos/:repositorySlug"
DEFAULT_BRANCH_SINCE = (7, 5)
TEXT_LIMIT = 5000


class Found(NamedTuple):
    """A file at a commit."""

    path: str
    commit_id: str
    content: bytes


@routes.get(f"{REPOSITORY}/default-branch")
def default_branch(call: Call) -> Response:
    """404 when it does not exist, as in an empty repository."""
    if not call.core.is_since(*DEFAULT_BRANCH_SINCE):
        raise unknown_endpoint()
    repository, git = found_git(call)
    ref = f"refs/heads/{git.default_branch}"
    if ref not in git.refs:
        message = f"The default branch '{git.default_branch}' does not exist in repository '{repository.slug}'."
        raise error(404, message, "repository.NoDefaultBranchException")
    return json_response({"id": ref, "displayId": git.default_branch, "type": "BRANCH"})


@routes.get(f"{REPOSITORY}/branches/default")
def old_default_branch(call: Call) -> Response:
    """204 for an empty repository, 404 when only the default branch is missing."""
    repository, git = found_git(call)
    ref = f"refs/heads/{git.default_branch}"
    if git.is_empty:
        return empty()
    if ref not in git.refs:
        raise error(404, f"Branch '{git.default_branch}' does not exist.", "repository.NoDefaultBranchException")
    return json_response(branch(call.core, repository, ref))


@routes.get(f"{REPOSITORY}/branches")
def branches(call: Call) -> Response:
    repository, git = found_git(call)
    return call.page(_refs(call, git, "refs/heads/"), lambda ref: branch(call.core, repository, ref))


@routes.get(f"{REPOSITORY}/tags")
def tags(call: Call) -> Response:
    repository, git = found_git(call)
    return call.page(_refs(call, git, "refs/tags/"), lambda ref: tag(call.core, repository, ref))


def _refs(call: Call, git: Repository, prefix: str) -> list[str]:
    """By name, or those first whose commit is the latest; `filterText` is anywhere in the name."""
    words, order = (call.query("filterText") or "").lower(), call.query("orderBy") or "MODIFICATION"
    if order not in {"ALPHABETICAL", "MODIFICATION"}:
        raise bad_request("orderBy is ALPHABETICAL or MODIFICATION", "orderBy")
    names = sorted(ref for ref in git.refs if ref.startswith(prefix) and words in ref.removeprefix(prefix).lower())
    if order == "MODIFICATION":
        names.sort(key=lambda ref: git.read_commit(git.peel(git.refs[ref])).committer.at, reverse=True)
    return names


@routes.get(f"{REPOSITORY}/tags/*name")
def one_tag(call: Call) -> Response:
    repository, git = found_git(call)
    ref = f"refs/tags/{call.params['name'].removeprefix('refs/tags/')}"
    if ref not in git.refs:
        message = f"Tag '{call.params['name']}' does not exist in repository '{repository.slug}'."
        raise error(404, message, "repository.NoSuchTagException")
    return json_response(tag(call.core, repository, ref))


@routes.get(f"{REPOSITORY}/commits")
def commits(call: Call) -> Response:
    repository, git = found_git(call)
    start = found_commit(call, repository, call.query("until") or "")
    return call.page(git.history(start, None, 10_000), lambda each: commit(call.core, each))


@routes.get(f"{REPOSITORY}/commits/:commitId")
def one_commit(call: Call) -> Response:
    """Takes the id of an annotated tag for its commit."""
    repository, git = found_git(call)
    return json_response(commit(call.core, git.read_commit(found_commit(call, repository, call.params["commitId"]))))


@routes.get(f"{REPOSITORY}/raw/*path")
def raw(call: Call) -> Response:
    content = _file(call, found_repository(call)).content
    is_text = b"\0" not in content
    return Response(content, content_type="text/plain;charset=UTF-8" if is_text else "application/octet-stream")


def _file(call: Call, repository: Repo) -> Found:
    git, path = call.core.git(repository), call.params["path"]
    commit_id = found_commit(call, repository, call.query("at") or "")
    entry = git.find_blob(commit_id, path)
    if entry is None:
        raise _no_such_path(path, commit_id)
    return Found(path, commit_id, git.read(entry.id).body)


def _no_such_path(path: str, commit_id: str) -> ApiError:
    message = f'The path "{path}" does not exist at revision "{commit_id}"'
    return error(404, message, "content.NoSuchPathException")


@routes.get(f"{REPOSITORY}/browse")
@routes.get(f"{REPOSITORY}/browse/*path")
def browse(call: Call) -> Response:
    """A folder's children, a file's lines, or (`type=true`) only which of the two it is."""
    repository, git = found_git(call)
    path = call.params.get("path", "").strip("/")
    commit_id = found_commit(call, repository, call.query("at") or "")
    rows = git.entries(commit_id, path)
    if call.flag("type"):
        kind = "DIRECTORY" if rows is not None else "FILE"
        if rows is None and git.find_blob(commit_id, path) is None:
            raise _no_such_path(path, commit_id)
        return json_response({"type": kind})
    if rows is None:
        return _lines(call, _file(call, repository))
    return _children(call, path, commit_id, rows)


def _children(call: Call, path: str, commit_id: str, rows: list[TreeEntry]) -> Response:
    response = call.page(rows, _child)
    body: Json = {"path": _path(path), "revision": commit_id, "children": response.get_json()}
    return json_response(body)


def _child(entry: TreeEntry) -> Json:
    kind = "DIRECTORY" if entry.is_tree else "FILE"
    return {"path": _path(entry.name), "contentId": entry.id, "type": kind}


def _path(path: str) -> Json:
    components = [part for part in path.split("/") if part]
    name = components[-1] if components else ""
    extension = name.rpartition(".")[2] if "." in name else ""
    return {
        "components": components,
        "parent": "/".join(components[:-1]),
        "name": name,
        "extension": extension,
        "toString": path,
    }


def _lines(call: Call, found: Found) -> Response:
    rows = found.content.decode("utf-8", "replace").splitlines()
    start, limit = call.number("start", 0), min(call.number("limit", 500), TEXT_LIMIT)
    shown = rows[start : start + limit]
    is_last = start + limit >= len(rows)
    body: Json = {
        "lines": [{"text": each} for each in shown],
        "start": start,
        "size": len(shown),
        "isLastPage": is_last,
    }
    return json_response(body if is_last else body | {"nextPageStart": start + limit})


@routes.get(f"{REPOSITORY}/files")
@routes.get(f"{REPOSITORY}/files/*path")
def files(call: Call) -> Response:
    repository, git = found_git(call)
    commit_id = found_commit(call, repository, call.query("at") or "")
    folder = call.params.get("path", "").strip("/")
    prefix = f"{folder}/" if folder else ""
    rows = sorted(each.removeprefix(prefix) for each in git.files(commit_id) if each.startswith(prefix))
    if not rows and folder:
        raise _no_such_path(folder, commit_id)
    show: Callable[[str], object] = str
    return call.page(rows, show)
