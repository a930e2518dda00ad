"""GitHub's endpoints below `/_fake/`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.fakes.parts.control import Control, text_or_none
from tests.fakes.parts.routing import Json

from .rendering_hooks import hook

if TYPE_CHECKING:
    from .fake import FakeGitHub

Action = Callable[["FakeGitHub", Json], object]


def control(fake: "FakeGitHub") -> "Control[FakeGitHub]":
    return Control(fake, GETS, POSTS)


def _state(fake: "FakeGitHub", body: Json) -> object:
    state = fake.state
    people = [
        {"id": each.id, "login": each.login, "name": each.name, "suspended": not each.is_active}
        for each in state.users.values()
    ]
    homes = [
        {"id": each.id, "login": each.login, "base": each.base_permission} for each in state.organizations.values()
    ]
    teams = [
        {"id": each.id, "path": f"{state.organizations[each.organization_id].login}/{each.slug}"}
        for each in state.teams.values()
    ]
    repos = [
        {"id": each.id, "path": state.full_name(each), "refs": fake.repository(each).refs}
        for each in state.repos.values()
    ]
    return {"base_url": fake.base_url, "users": people, "organizations": homes, "teams": teams, "repos": repos}


def _hooks(fake: "FakeGitHub", body: Json) -> object:
    return [hook(fake.core, each) | {"kind": each.kind} for each in fake.state.hooks.values()]


def _readers(fake: "FakeGitHub", body: Json) -> object:
    state = fake.state
    names = {each.id: each.login for each in state.users.values()}
    rows = [each for each in state.repos.values() if each.owner_id in state.organizations]
    return {state.full_name(each): sorted(names[key] for key in fake.readers(each)) for each in rows}


def _tag(fake: "FakeGitHub", body: Json) -> object:
    target, message = text_or_none(body, "target"), text_or_none(body, "message")
    return {"id": fake.tag(fake.repo(str(body["repo"])), str(body["name"]), target=target, message=message)}


def _commit(fake: "FakeGitHub", body: Json) -> object:
    files = body["files"]
    if not isinstance(files, dict):
        raise TypeError("files is an object of path to text")
    message, branch = str(body.get("message", "Change")), text_or_none(body, "branch")
    return {"id": fake.commit(fake.repo(str(body["repo"])), files, message=message, branch=branch)}


def _delete_ref(fake: "FakeGitHub", body: Json) -> object:
    fake.push(fake.repo(str(body["repo"])), {str(body["ref"]): None})
    return {}


def _add_member(fake: "FakeGitHub", body: Json) -> object:
    home = fake.organization(str(body["organization"]))
    fake.add_member(home, fake.user(str(body["user"])), role=str(body.get("role", "member")))
    return {}


def _remove_member(fake: "FakeGitHub", body: Json) -> object:
    fake.remove_member(fake.organization(str(body["organization"])), fake.user(str(body["user"])))
    return {}


def _add_team_member(fake: "FakeGitHub", body: Json) -> object:
    fake.add_team_member(fake.team(str(body["team"])), fake.user(str(body["user"])))
    return {}


def _remove_team_member(fake: "FakeGitHub", body: Json) -> object:
    fake.remove_team_member(fake.team(str(body["team"])), fake.user(str(body["user"])))
    return {}


def _add_collaborator(fake: "FakeGitHub", body: Json) -> object:
    fake.add_collaborator(fake.repo(str(body["repo"])), fake.user(str(body["user"])), str(body.get("role", "pull")))
    return {}


def _remove_collaborator(fake: "FakeGitHub", body: Json) -> object:
    fake.remove_collaborator(fake.repo(str(body["repo"])), fake.user(str(body["user"])))
    return {}


def _suspend(fake: "FakeGitHub", body: Json) -> object:
    user = fake.user(str(body["user"]))
    if body.get("suspended", True):
        fake.suspend(user)
    else:
        fake.unsuspend(user)
    return {}


def _application(fake: "FakeGitHub", body: Json) -> object:
    made = fake.application(redirect_uri=str(body["redirect_uri"]), name=str(body.get("name", "Repertory")))
    return {"client_id": made.client_id, "secret": made.secret}


GETS: dict[str, Action] = {"state": _state, "hooks": _hooks, "readers": _readers}
POSTS: dict[str, Action] = {
    "tag": _tag,
    "commit": _commit,
    "delete_ref": _delete_ref,
    "add_member": _add_member,
    "remove_member": _remove_member,
    "add_team_member": _add_team_member,
    "remove_team_member": _remove_team_member,
    "add_collaborator": _add_collaborator,
    "remove_collaborator": _remove_collaborator,
    "suspend": _suspend,
    "application": _application,
}
