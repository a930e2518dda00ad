"""REST: files, folders, refs, tags and branches."""

import base64

from werkzeug import Response

from tests.fakes.parts.git_objects import EXECUTABLE_MODE, SYMLINK_MODE, TreeEntry
from tests.fakes.parts.repository import Repository
from tests.fakes.parts.routing import Json, json_response

from .api_lookups import found_repo
from .errors import error, not_found
from .model import Repo
from .routing import Call, Routes
from .server_core import node_id

routes = Routes()
SMALL, LARGE = 1 << 20, 100 << 20
LINE = 60
SUBMODULE_MODE = "160000"


@routes.get("/repos/:owner/:repo/contents/*path", ())
def contents(call: Call) -> Response:
    """A file as JSON or raw bytes, or a folder."""
    repo = found_repo(call)
    repository, path = call.core.repository(repo), call.params["path"].strip("/")
    if repository.is_empty:
        raise error(404, "This repository is empty.")
    ref = call.query("ref") or repository.default_branch
    commit = repository.resolve(ref.removeprefix("refs/heads/").removeprefix("refs/tags/"))
    if commit is None:
        raise error(404, f"No commit found for the ref {ref}")
    entry = repository.find_blob(commit, path) if path else None
    if entry is not None:
        return _file(call, repo, repository, entry, path, ref)
    rows = repository.entries(commit, path)
    if rows is None or (path and not rows):
        raise not_found()
    prefix = f"{path}/" if path else ""
    entries = [_entry(call, repo, repository, row, f"{prefix}{row.name}", ref) for row in rows[:1000]]
    return json_response(entries)


@routes.get("/repos/:owner/:repo/contents", ())
def root_contents(call: Call) -> Response:
    call.params["path"] = ""
    return contents(call)


def _file(call: Call, repo: Repo, repository: Repository, entry: TreeEntry, path: str, ref: str) -> Response:
    content = repository.read(entry.id).body if entry.mode != SUBMODULE_MODE else b""
    if len(content) > LARGE:
        raise error(403, "This API returns blobs up to 100 MB in size.")
    if call.accepts("raw"):
        return Response(content, 200, content_type="application/vnd.github.raw+json; charset=utf-8")
    is_large = len(content) > SMALL
    if is_large and not call.accepts("object"):
        raise error(
            403, "This API returns blobs up to 1 MB in size. The requested blob is too large to fetch via the API"
        )
    body = _entry(call, repo, repository, entry, path, ref)
    if body["type"] == "symlink":
        return json_response(body | {"target": content.decode()})
    encoded = base64.b64encode(content).decode()
    wrapped = "".join(f"{encoded[at : at + LINE]}\n" for at in range(0, len(encoded), LINE))
    return json_response(body | {"content": "" if is_large else wrapped, "encoding": "none" if is_large else "base64"})


def _kind(entry: TreeEntry) -> str:
    if entry.is_tree:
        return "dir"
    kinds = {SYMLINK_MODE: "symlink", SUBMODULE_MODE: "submodule", EXECUTABLE_MODE: "file"}
    return kinds.get(entry.mode, "file")


def _entry(call: Call, repo: Repo, repository: Repository, entry: TreeEntry, path: str, ref: str) -> Json:
    full_name = call.core.state.full_name(repo)
    kind = _kind(entry)
    api, web = f"{call.core.api_url}/repos/{full_name}", f"{call.core.base_url}/{full_name}"
    own = f"{api}/contents/{path}?ref={ref}"
    git = f"{api}/git/{'trees' if entry.is_tree else 'blobs'}/{entry.id}"
    html = f"{web}/{'tree' if entry.is_tree else 'blob'}/{ref}/{path}"
    is_sized = kind in {"file", "symlink"}
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": entry.id,
        "size": len(repository.read(entry.id).body) if is_sized else 0,
        "url": own,
        "html_url": html,
        "git_url": git,
        "download_url": f"{web}/raw/{ref}/{path}" if is_sized else None,
        "type": "file" if kind == "submodule" else kind,
        "_links": {"self": own, "git": git, "html": html},
    }


def _filled(call: Call) -> tuple[Repo, Repository]:
    """Raises ApiError 409 for an empty repository."""
    repo = found_repo(call)
    if not call.core.repository(repo).refs:
        raise error(409, "Git Repository is empty.")
    return repo, call.core.repository(repo)


@routes.get("/repos/:owner/:repo/git/matching-refs/*ref", ())
def matching_refs(call: Call) -> Response:
    """All refs that begin so, in one answer."""
    repo, repository = _filled(call)
    wanted = f"refs/{call.params['ref']}"
    names = sorted(name for name in repository.refs if name.startswith(wanted))
    return json_response([_ref(call, repo, repository, name) for name in names])


@routes.get("/repos/:owner/:repo/git/ref/*ref", ())
def one_ref(call: Call) -> Response:
    repo, repository = _filled(call)
    name = f"refs/{call.params['ref']}"
    if name not in repository.refs:
        raise not_found()
    return json_response(_ref(call, repo, repository, name))


def _ref(call: Call, repo: Repo, repository: Repository, name: str) -> Json:
    target = repository.refs[name]
    kind = repository.read(target).kind
    api = f"{call.core.api_url}/repos/{call.core.state.full_name(repo)}/git"
    return {
        "ref": name,
        "node_id": node_id("Ref", f"{repo.id}:{name}"),
        "url": f"{api}/{name}",
        "object": {"sha": target, "type": kind, "url": f"{api}/{kind}s/{target}"},
    }


@routes.get("/repos/:owner/:repo/tags", ())
def tags(call: Call) -> Response:
    """Newest name first, without dates."""
    repo = found_repo(call)
    repository = call.core.repository(repo)
    names = sorted((name for name in repository.refs if name.startswith("refs/tags/")), reverse=True)
    return call.page(names, lambda name: _tag(call, repo, repository, name.removeprefix("refs/tags/")))


def _tag(call: Call, repo: Repo, repository: Repository, name: str) -> Json:
    api = f"{call.core.api_url}/repos/{call.core.state.full_name(repo)}"
    sha = repository.peel(repository.refs[f"refs/tags/{name}"])
    return {
        "name": name,
        "zipball_url": f"{api}/zipball/refs/tags/{name}",
        "tarball_url": f"{api}/tarball/refs/tags/{name}",
        "commit": {"sha": sha, "url": f"{api}/commits/{sha}"},
        "node_id": node_id("Ref", f"{repo.id}:refs/tags/{name}"),
    }


@routes.get("/repos/:owner/:repo/branches", ())
def branches(call: Call) -> Response:
    repo = found_repo(call)
    repository = call.core.repository(repo)
    api = f"{call.core.api_url}/repos/{call.core.state.full_name(repo)}"
    names = sorted(name for name in repository.refs if name.startswith("refs/heads/"))

    def row(name: str) -> Json:
        sha = repository.refs[name]
        return {
            "name": name.removeprefix("refs/heads/"),
            "commit": {"sha": sha, "url": f"{api}/commits/{sha}"},
            "protected": False,
        }

    return call.page(names, row)
