"""REST: files and folders of a repository as they are."""

import mimetypes
from hashlib import sha256

from werkzeug import Request, Response

from tests.fakes.parts.git_objects import TreeEntry
from tests.fakes.parts.repository import Repository
from tests.fakes.parts.routing import Json

from .api_lookups import found_repo
from .api_refs import READ, resolved
from .calls import Call, CloudRoutes, Listing
from .errors import not_found
from .model import Repo
from .rendering import href
from .server_core import Core

routes = CloudRoutes()
ENTRIES = Listing(is_counted=False)
LARGE_FILE = b"version https://git-lfs.github.com/spec/v1\n"


@routes.get("/repositories/:workspace/:repo_slug/src", READ)
def root(call: Call) -> Response:
    """Where the main branch begins."""
    repo = found_repo(call)
    git = call.core.repository(repo)
    target = f"{_base(call.core, repo)}/{resolved(git, git.default_branch)}/"
    return Response(status=302, headers={"Location": target})


@routes.get("/repositories/:workspace/:repo_slug/src/:commit/*path", READ)
def source(call: Call) -> Response:
    """A file raw, or with `format=meta` what it is; a folder as a list."""
    repo = found_repo(call)
    git = call.core.repository(repo)
    commit, path = resolved(git, call.params["commit"]), call.params["path"].strip("/")
    entry = git.find_blob(commit, path) if path else None
    if entry is not None:
        if call.query("format") == "meta":
            return call.answer(_entry(call.core, repo, commit, path, entry))
        return _raw(call, git, path, entry)
    rows = git.entries(commit, path)
    if rows is None:
        raise not_found(f"No such file or directory: {path}")
    start = f"{path}/" if path else ""
    return call.page(rows, lambda row: _entry(call.core, repo, commit, f"{start}{row.name}", row), ENTRIES)


def _raw(call: Call, git: Repository, path: str, entry: TreeEntry) -> Response:
    content = git.read(entry.id).body
    if content.startswith(LARGE_FILE):
        return Response(status=301, headers={"Location": f"{call.core.media_url}/{entry.id}/{path.rpartition('/')[2]}"})
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    name = path.rpartition("/")[2]
    response = Response(content, 200, {"Content-Disposition": f'attachment; filename="{name}"'})
    response.headers["Content-Type"] = kind
    response.set_etag(sha256(entry.mode.encode() + content).hexdigest()[:32])
    response.make_conditional(call.request)
    return response


def media(core: Core, request: Request, path: str) -> Response:
    """The other host for large files. A credential has no business there."""
    if "Authorization" in request.headers:
        return Response("Only one authentication mechanism is allowed\n", 400, content_type="text/plain")
    name = path.rpartition("/")[2]
    return Response(f"large file {name}\n", content_type="application/octet-stream")


def _entry(core: Core, repo: Repo, commit: str, path: str, entry: TreeEntry) -> Json:
    base = _base(core, repo)
    body: Json = {
        "type": "commit_directory" if entry.is_tree else "commit_file",
        "path": path,
        "commit": {
            "type": "commit",
            "hash": commit,
            "links": {"self": href(base.replace("/src", f"/commit/{commit}"))},
        },
        "links": {"self": href(f"{base}/{commit}/{path}"), "meta": href(f"{base}/{commit}/{path}?format=meta")},
    }
    if entry.is_tree:
        return body
    attributes = {"100755": ["executable"], "120000": ["link"]}.get(entry.mode, [])
    content = core.repository(repo).read(entry.id).body
    if content.startswith(LARGE_FILE):
        attributes = [*attributes, "lfs"]
    return body | {"size": len(content), "attributes": attributes, "escaped_path": path}


def _base(core: Core, repo: Repo) -> str:
    return f"{core.api_url}/repositories/{core.state.full_name(repo)}/src"
