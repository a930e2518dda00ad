"""JSON endpoints below `/_fake/` by which another process (a browser test, the demo) moves the fake's world."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug import Request, Response

from .clock import iso
from .deliveries import DeliveryRecord
from .model import Group, Project
from .rendering import hook
from .routing import Json, json_response

if TYPE_CHECKING:
    from .fake import FakeGitLab

Action = Callable[["FakeGitLab", Json], object]


@dataclass(slots=True)
class Control:
    """GET endpoints look, POST endpoints take a JSON object and act. Unknown names answer 404, mistakes 400."""

    fake: "FakeGitLab"

    def respond(self, request: Request, path: str) -> Response:
        name = path.removeprefix("/_fake/").strip("/")
        action = (POSTS if request.method == "POST" else GETS).get(name)
        if action is None:
            return json_response({"error": "no such endpoint", "endpoints": sorted(GETS) + sorted(POSTS)}, 404)
        try:
            body = json.loads(request.get_data() or b"{}")
            return json_response(action(self.fake, body))
        except (KeyError, ValueError, TypeError) as error:
            return json_response({"error": f"{type(error).__name__}: {error}"}, 400)


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


def _deliveries(fake: "FakeGitLab", body: Json) -> object:
    return [_delivery(each) for each in fake.deliveries]


def _delivery(record: DeliveryRecord) -> Json:
    headers = {key: value for key, value in record.headers.items() if key != "X-Gitlab-Token"}
    return {
        "id": record.id,
        "hook_id": record.hook_id,
        "url": record.url,
        "event": record.event,
        "at": iso(record.at),
        "status": record.status,
        "error": record.error,
        "headers": headers,
        "payload": record.payload,
    }


def _requests(fake: "FakeGitLab", body: Json) -> object:
    return [
        {"method": each.method, "path": each.path, "query": each.query, "status": each.status} for each in fake.requests
    ]


def _readers(fake: "FakeGitLab", body: Json) -> object:
    state = fake.state
    names = {each.id: each.username for each in state.users.values()}
    return {
        state.project_path(each): sorted(names[key] for key in fake.readers(each)) for each in state.projects.values()
    }


def _tag(fake: "FakeGitLab", body: Json) -> object:
    message = body.get("message")
    project = fake.project(str(body["project"]))
    target = body.get("target")
    tagged = fake.tag(
        project,
        str(body["name"]),
        target=None if target is None else str(target),
        message=None if message is None else str(message),
    )
    return {"id": tagged}


def _commit(fake: "FakeGitLab", body: Json) -> object:
    files = body["files"]
    if not isinstance(files, dict):
        raise TypeError("files is an object of path to text")
    branch = body.get("branch")
    project = fake.project(str(body["project"]))
    message = str(body.get("message", "Change"))
    made = fake.commit(project, files, message=message, branch=None if branch is None else str(branch))
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


def _misbehave(fake: "FakeGitLab", body: Json) -> object:
    times = body.get("times")
    fake.misbehave(
        str(body["path_regex"]),
        str(body["kind"]),
        after=int(str(body.get("after", 0))),
        times=None if times is None else int(str(times)),
        seconds=float(str(body.get("seconds", 1.0))),
    )
    return {}


def _behave(fake: "FakeGitLab", body: Json) -> object:
    fake.behave()
    return {}


def _advance(fake: "FakeGitLab", body: Json) -> object:
    fake.clock.advance(seconds=float(str(body["seconds"])))
    return {"now": iso(fake.clock.now())}


def _redeliver(fake: "FakeGitLab", body: Json) -> object:
    wanted = int(str(body["id"]))
    record = next(each for each in fake.deliveries if each.id == wanted)
    return _delivery(fake.redeliver(record))


GETS: dict[str, Action] = {
    "state": _state,
    "hooks": _hooks,
    "deliveries": _deliveries,
    "requests": _requests,
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
    "misbehave": _misbehave,
    "behave": _behave,
    "advance": _advance,
    "redeliver": _redeliver,
}
