"""GitLab's endpoints below `/_fake/`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.fakes.parts.control import Control, text_or_none
from tests.fakes.parts.routing import Json

from .model import Group, Project
from .rendering import hook

if TYPE_CHECKING:
    from .fake import FakeGitLab

Action = Callable[["FakeGitLab", Json], object]


def control(fake: "FakeGitLab") -> "Control[FakeGitLab]":
    return Control(fake, GETS, POSTS)


def place(fake: "FakeGitLab", body: Json) -> Group | Project:
    """The group or project whose full path is under `source`. Raises KeyError."""
    path = str(body["source"])
    found = fake.state.project_by(path) or fake.state.group_by(path)
    if found is None:
        raise KeyError(path)
    return found


def _state(fake: "FakeGitLab", body: Json) -> object:
    state = fake.state
    people = [{"id": u.id, "username": u.username, "name": u.name, "state": u.state} for u in state.users.values()]
    groups = [{"id": each.id, "path": state.full_path(each)} for each in state.groups.values()]
    projects = [
        {"id": each.id, "path": state.project_path(each), "refs": fake.repository(each).refs}
        for each in state.projects.values()
    ]
    return {"base_url": fake.base_url, "users": people, "groups": groups, "projects": projects}


def _hooks(fake: "FakeGitLab", body: Json) -> object:
    return [hook(fake.core, each) | {"kind": each.kind} for each in fake.state.hooks.values()]


def _readers(fake: "FakeGitLab", body: Json) -> object:
    state = fake.state
    names = {each.id: each.username for each in state.users.values()}
    return {
        state.project_path(each): sorted(names[key] for key in fake.readers(each)) for each in state.projects.values()
    }


def _tag(fake: "FakeGitLab", body: Json) -> object:
    project = fake.project(str(body["project"]))
    target, message = text_or_none(body, "target"), text_or_none(body, "message")
    tagged = fake.tag(project, str(body["name"]), target=target, message=message)
    return {"id": tagged}


def _commit(fake: "FakeGitLab", body: Json) -> object:
    files = body["files"]
    if not isinstance(files, dict):
        raise TypeError("files is an object of path to text")
    project = fake.project(str(body["project"]))
    message = str(body.get("message", "Change"))
    made = fake.commit(project, files, message=message, branch=text_or_none(body, "branch"))
    return {"id": made}


def _delete_ref(fake: "FakeGitLab", body: Json) -> object:
    fake.push(fake.project(str(body["project"])), {str(body["ref"]): None})
    return {}


def _add_member(fake: "FakeGitLab", body: Json) -> object:
    fake.add_member(place(fake, body), fake.user(str(body["user"])), int(str(body["level"])))
    return {}


def _update_member(fake: "FakeGitLab", body: Json) -> object:
    fake.update_member(place(fake, body), fake.user(str(body["user"])), level=int(str(body["level"])))
    return {}


def _remove_member(fake: "FakeGitLab", body: Json) -> object:
    fake.remove_member(place(fake, body), fake.user(str(body["user"])))
    return {}


def _set_state(fake: "FakeGitLab", body: Json) -> object:
    fake.set_user_state(fake.user(str(body["user"])), str(body["state"]))
    return {}


def _application(fake: "FakeGitLab", body: Json) -> object:
    scopes = str(body.get("scopes", "api read_api read_user read_repository")).split()
    made = fake.application(
        redirect_uri=str(body["redirect_uri"]), scopes=scopes, name=str(body.get("name", "Repertory"))
    )
    return {"client_id": made.client_id, "secret": made.secret}


GETS: dict[str, Action] = {
    "state": _state,
    "hooks": _hooks,
    "readers": _readers,
}
POSTS: dict[str, Action] = {
    "tag": _tag,
    "commit": _commit,
    "delete_ref": _delete_ref,
    "add_member": _add_member,
    "update_member": _update_member,
    "remove_member": _remove_member,
    "set_state": _set_state,
    "application": _application,
}
