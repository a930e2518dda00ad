"""Bitbucket's endpoints below `/_fake/`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.fakes.parts.control import Control, text_or_none
from tests.fakes.parts.routing import Json

from .building import Home, Who
from .model import Level
from .rendering import hook

if TYPE_CHECKING:
    from .fake import FakeBitbucketDataCenter

Action = Callable[["FakeBitbucketDataCenter", Json], object]


def control(fake: "FakeBitbucketDataCenter") -> "Control[FakeBitbucketDataCenter]":
    return Control(fake, GETS, POSTS)


def _home(fake: "FakeBitbucketDataCenter", body: Json) -> Home:
    """The project `KEY` or the repository `KEY/slug` under `source`. Raises KeyError."""
    path = str(body["source"])
    return fake.repo(path) if "/" in path else fake.project(path)


def _who(fake: "FakeBitbucketDataCenter", body: Json) -> Who:
    """The user or the group that is named. Raises KeyError."""
    return fake.group(str(body["group"])) if "group" in body else fake.user(str(body["user"]))


def _path(fake: "FakeBitbucketDataCenter", number: int) -> str:
    repository = fake.state.repos[number]
    return f"{fake.state.project_of(repository).key}/{repository.slug}"


def _state(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    state = fake.state
    return {
        "base_url": fake.base_url,
        "users": [{"id": each.id, "name": each.name, "active": each.active} for each in state.users.values()],
        "groups": [{"name": each.name, "members": sorted(each.members)} for each in state.groups.values()],
        "projects": [{"id": each.id, "key": each.key} for each in state.projects.values()],
        "repositories": [
            {"id": each.id, "path": _path(fake, each.id), "refs": fake.repository(each).refs}
            for each in state.repos.values()
        ],
    }


def _hooks(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    """Without secrets, other than the API."""
    rows = fake.state.hooks.values()
    return [hook(fake.core, each) | {"kind": each.place.kind, "configuration": {}} for each in rows]


def _readers(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    names = {each.id: each.name for each in fake.state.users.values()}
    rows = fake.state.repos.values()
    return {_path(fake, each.id): sorted(names[key] for key in fake.readers(each)) for each in rows}


def _tag(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    repository = fake.repo(str(body["project"]))
    target, message = text_or_none(body, "target"), text_or_none(body, "message")
    return {"id": fake.tag(repository, str(body["name"]), target=target, message=message)}


def _commit(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    files = body["files"]
    if not isinstance(files, dict):
        raise TypeError("files is an object of path to text")
    repository, message = fake.repo(str(body["project"])), str(body.get("message", "Change"))
    return {"id": fake.commit(repository, files, message=message, branch=text_or_none(body, "branch"))}


def _delete_ref(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    fake.push(fake.repo(str(body["project"])), {str(body["ref"]): None})
    return {}


def _grant(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    fake.grant(_home(fake, body), _who(fake, body), str(body["permission"]))
    return {}


def _revoke(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    fake.revoke(_home(fake, body), _who(fake, body))
    return {}


def _add_to_group(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    fake.add_to_group(fake.group(str(body["group"])), fake.user(str(body["user"])))
    return {}


def _remove_from_group(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    fake.remove_from_group(fake.group(str(body["group"])), fake.user(str(body["user"])))
    return {}


def _set_default(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    fake.set_default(fake.project(str(body["project"])), Level[str(body["level"])])
    return {}


def _set_active(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    user = fake.user(str(body["user"]))
    user.active = body.get("active") is True
    fake.set_licensed(user, body.get("licensed") is not False)
    return {}


def _rename(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    fake.rename_repository(fake.repo(str(body["project"])), str(body["name"]))
    return {}


def _application(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    scopes = str(body.get("scopes", "REPO_ADMIN PROJECT_ADMIN")).split()
    made = fake.application(
        redirect_uri=str(body["redirect_uri"]), scopes=scopes, name=str(body.get("name", "Repertory"))
    )
    return {"client_id": made.client_id, "secret": made.secret}


def _token(fake: "FakeBitbucketDataCenter", body: Json) -> object:
    permissions = str(body.get("permissions", "PROJECT_ADMIN REPO_ADMIN")).split()
    return {"token": fake.personal_token(fake.user(str(body["user"])), permissions)}


GETS: dict[str, Action] = {"state": _state, "hooks": _hooks, "readers": _readers}
POSTS: dict[str, Action] = {
    "tag": _tag,
    "commit": _commit,
    "delete_ref": _delete_ref,
    "grant": _grant,
    "revoke": _revoke,
    "add_to_group": _add_to_group,
    "remove_from_group": _remove_from_group,
    "set_default": _set_default,
    "set_active": _set_active,
    "rename": _rename,
    "application": _application,
    "token": _token,
}
