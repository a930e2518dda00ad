"""The bodies of webhook deliveries."""

from datetime import UTC

from tests.fakes.parts.git_http import Change
from tests.fakes.parts.git_objects import Commit
from tests.fakes.parts.repository import ZERO_ID
from tests.fakes.parts.routing import Json

from .core import Core
from .model import Project, Repo, User
from .rendering import commit, project, repository, user

SHOWN_COMMITS = 5
COMMITS_SINCE = (8, 0)
LINKS_SINCE = (6, 0)
ISO_SINCE = (10, 0)
PARENTS_SHOWN = 1


def refs_changed(core: Core, each: Repo, actor: User, changes: list[Change]) -> Json:
    """One push. An annotated tag has its own id in `toHash` and its commit in `toCommit`."""
    body = _head(core, "repo:refs_changed", actor)
    body |= {"repository": _repository(core, each), "changes": [_change(change) for change in changes]}
    newest = next((after for _, _, after in changes if after != ZERO_ID), None)
    if newest is None or not core.is_since(*COMMITS_SINCE):
        return body
    git = core.git(each)
    before = next(before for _, before, after in changes if after == newest)
    stop = None if before == ZERO_ID else git.peel(before)
    history = git.history(git.peel(newest), stop, SHOWN_COMMITS)
    target = git.read_commit(git.peel(newest))
    return body | {"commits": [_commit(core, row) for row in history], "toCommit": _with_parents(core, each, target)}


def _change(change: Change) -> Json:
    ref, before, after = change
    is_tag = ref.startswith("refs/tags/")
    kind = "ADD" if before == ZERO_ID else "DELETE" if after == ZERO_ID else "UPDATE"
    display = ref.removeprefix("refs/tags/" if is_tag else "refs/heads/")
    return {
        "ref": {"id": ref, "displayId": display, "type": "TAG" if is_tag else "BRANCH"},
        "refId": ref,
        "fromHash": before,
        "toHash": after,
        "type": kind,
    }


def _commit(core: Core, each: Commit) -> Json:
    body = commit(core, each)
    if core.is_since(*ISO_SINCE):
        for name, signature in (("authorTimestamp", each.author), ("committerTimestamp", each.committer)):
            body[name] = signature.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return body


def _with_parents(core: Core, place: Repo, each: Commit) -> Json:
    parents = [core.git(place).read_commit(parent) for parent in each.parents[:PARENTS_SHOWN]]
    return _commit(core, each) | {"parents": [_commit(core, parent) for parent in parents]}


def repository_modified(core: Core, actor: User, old: Json, new: Repo) -> Json:
    return _head(core, "repo:modified", actor) | {"old": old, "new": _repository(core, new)}


def project_modified(core: Core, actor: User, old: Json, new: Project) -> Json:
    return _head(core, "project:modified", actor) | {"old": old, "new": short_project(core, new)}


def short_project(core: Core, each: Project) -> Json:
    return {key: value for key, value in project(core, each).items() if key != "links"}


def _repository(core: Core, each: Repo) -> Json:
    body = repository(core, each)
    return body if core.is_since(*LINKS_SINCE) else {key: value for key, value in body.items() if key != "links"}


def _head(core: Core, event: str, actor: User) -> Json:
    """Later versions put the key of the event behind the actor."""
    key: Json = {"eventKey": event}
    body: Json = {"date": core.clock.now().strftime("%Y-%m-%dT%H:%M:%S%z"), "actor": user(core, actor)}
    return body | key if core.is_since(*ISO_SINCE) else key | body
