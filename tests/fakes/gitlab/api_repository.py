"""REST: files, folders, branches and tags of a project's repository."""

import base64
from collections.abc import Callable
from hashlib import sha256

from werkzeug import Response

from tests.fakes.parts.clock import iso
from tests.fakes.parts.git_objects import Commit, TreeEntry
from tests.fakes.parts.repository import Repository
from tests.fakes.parts.routing import Json, json_response

from .api_lookups import found_project
from .model import Project
from .rendering import can_read
from .routing import READ_FILES, Call, Routes, bad_parameter, forbidden, not_found

routes = Routes()


def _repository(call: Call) -> tuple[Project, Repository]:
    """Raises ApiError 404 for a hidden project and 403 for one whose code the caller may not read."""
    project = found_project(call)
    if not can_read(call.core, project, call.caller.user):
        raise forbidden()
    return project, call.core.repository(project)


def _commit(repository: Repository, ref: str) -> Commit:
    found = repository.resolve(ref)
    if found is None:
        raise not_found("Commit")
    return repository.read_commit(found)


def _file(call: Call) -> tuple[Json, bytes]:
    _, repository = _repository(call)
    ref = call.query("ref")
    if not ref:
        raise bad_parameter("ref", "is missing")
    path = call.params["path"]
    commit = _commit(repository, ref)
    entry = repository.find_blob(commit.id, path)
    if entry is None:
        raise not_found("File")
    content = repository.read(entry.id).body
    facts: Json = {
        "file_name": path.rpartition("/")[2],
        "file_path": path,
        "size": len(content),
        "encoding": "base64",
        "content_sha256": sha256(content).hexdigest(),
        "ref": ref,
        "blob_id": entry.id,
        "commit_id": commit.id,
        "last_commit_id": _last_change(repository, commit, path, entry),
        "execute_filemode": entry.mode == "100755",
    }
    return facts, content


def _last_change(repository: Repository, commit: Commit, path: str, entry: TreeEntry) -> str:
    while commit.parents:
        before = repository.find_blob(commit.parents[0], path)
        if before is None or before.id != entry.id:
            break
        commit = repository.read_commit(commit.parents[0])
    return commit.id


def _fact_headers(facts: Json) -> dict[str, str]:
    return {f"X-Gitlab-{key.replace('_', '-').title()}": str(value) for key, value in facts.items()}


@routes.get("/projects/:id/repository/files/:path", READ_FILES)
def one_file(call: Call) -> Response:
    facts, content = _file(call)
    body = facts | {"content": base64.b64encode(content).decode()}
    return json_response(body, 200, _fact_headers(facts))


@routes.get("/projects/:id/repository/files/:path/raw", READ_FILES)
def raw_file(call: Call) -> Response:
    facts, content = _file(call)
    return Response(content, 200, _fact_headers(facts), content_type="text/plain; charset=utf-8")


@routes.get("/projects/:id/repository/tree")
def tree(call: Call) -> Response:
    _, repository = _repository(call)
    path = (call.query("path") or "").strip("/")
    commit = repository.resolve(call.query("ref") or "HEAD")
    rows = None if commit is None else repository.entries(commit, path)
    if rows is None:
        raise not_found("Tree")
    found = _rows(repository, rows, f"{path}/" if path else "", is_recursive=call.flag("recursive"))
    return call.page(found, lambda row: row)


def _rows(repository: Repository, rows: list[TreeEntry], prefix: str, *, is_recursive: bool) -> list[Json]:
    found: list[Json] = []
    for entry in sorted(rows, key=lambda each: (not each.is_tree, each.name)):
        path, kind = f"{prefix}{entry.name}", "tree" if entry.is_tree else "blob"
        found.append({"id": entry.id, "name": entry.name, "type": kind, "path": path, "mode": entry.mode.zfill(6)})
        if entry.is_tree and is_recursive:
            inner = repository.entries_of(entry.id)
            found += _rows(repository, inner, f"{path}/", is_recursive=True)
    return found


@routes.get("/projects/:id/repository/tags")
def tags(call: Call) -> Response:
    project, repository = _repository(call)
    names = _names(call, repository, "refs/tags/")
    if call.query("order_by") in (None, "updated"):
        names.sort(key=lambda name: _time(repository, f"refs/tags/{name}"))
    if call.query("sort") != "asc":
        names.reverse()
    return call.page(names, lambda name: _tag(call, project, name))


@routes.get("/projects/:id/repository/tags/:name")
def one_tag(call: Call) -> Response:
    project, repository = _repository(call)
    if f"refs/tags/{call.params['name']}" not in repository.refs:
        raise not_found("Tag")
    return json_response(_tag(call, project, call.params["name"]))


@routes.get("/projects/:id/repository/branches")
def branches(call: Call) -> Response:
    project, repository = _repository(call)
    return call.page(_names(call, repository, "refs/heads/"), lambda name: _branch(call, project, name))


@routes.get("/projects/:id/repository/branches/:name")
def one_branch(call: Call) -> Response:
    project, repository = _repository(call)
    if f"refs/heads/{call.params['name']}" not in repository.refs:
        raise not_found("Branch")
    return json_response(_branch(call, project, call.params["name"]))


@routes.get("/projects/:id/repository/commits/:sha")
def one_commit(call: Call) -> Response:
    project, repository = _repository(call)
    return json_response(_commit_row(call, project, _commit(repository, call.params["sha"])))


def _names(call: Call, repository: Repository, prefix: str) -> list[str]:
    matches = _search(call.query("search") or "")
    return sorted(name for ref in repository.refs if (name := _name(ref, prefix)) is not None and matches(name))


def _name(ref: str, prefix: str) -> str | None:
    return ref.removeprefix(prefix) if ref.startswith(prefix) else None


def _search(term: str) -> Callable[[str], bool]:
    """`^x` begins with x, `x$` ends with it, else contains it."""
    if term.startswith("^"):
        return lambda name: name.startswith(term[1:])
    if term.endswith("$"):
        return lambda name: name.endswith(term[:-1])
    return lambda name: term in name


def _time(repository: Repository, ref: str) -> tuple[float, str]:
    return repository.read_commit(repository.peel(repository.refs[ref])).committer.at.timestamp(), ref


def _tag(call: Call, project: Project, name: str) -> Json:
    repository = call.core.repository(project)
    target = repository.refs[f"refs/tags/{name}"]
    return {
        "name": name,
        "message": repository.tag_message(target) or "",
        "target": target,
        "commit": _commit_row(call, project, repository.read_commit(repository.peel(target))),
        "release": None,
        "protected": False,
        "created_at": None,
    }


def _branch(call: Call, project: Project, name: str) -> Json:
    repository = call.core.repository(project)
    path = call.core.state.project_path(project)
    is_default = name == repository.default_branch
    return {
        "name": name,
        "commit": _commit_row(call, project, repository.read_commit(repository.refs[f"refs/heads/{name}"])),
        "merged": False,
        "protected": is_default,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": True,
        "default": is_default,
        "web_url": f"{call.core.base_url}/{path}/-/tree/{name}",
    }


def _commit_row(call: Call, project: Project, commit: Commit) -> Json:
    path = call.core.state.project_path(project)
    return {
        "id": commit.id,
        "short_id": commit.id[:8],
        "created_at": iso(commit.committer.at),
        "parent_ids": list(commit.parents),
        "title": commit.title,
        "message": commit.message,
        "author_name": commit.author.name,
        "author_email": commit.author.email,
        "authored_date": iso(commit.author.at),
        "committer_name": commit.committer.name,
        "committer_email": commit.committer.email,
        "committed_date": iso(commit.committer.at),
        "web_url": f"{call.core.base_url}/{path}/-/commit/{commit.id}",
    }
