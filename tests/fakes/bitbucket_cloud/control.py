"""JSON endpoints below `/_fake/` by which another process (a browser test, the demo) moves the fake's world."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from tests.fakes.parts.control import Control, text_or_none
from tests.fakes.parts.routing import Json

from .api_hooks import rendered
from .changes import Place
from .model import Account, AccountStatus, Group, Role

if TYPE_CHECKING:
    from .fake import FakeBitbucketCloud

Action = Callable[["FakeBitbucketCloud", Json], object]


def control(fake: "FakeBitbucketCloud") -> "Control[FakeBitbucketCloud]":
    return Control(fake, GETS, POSTS)


def _place(fake: "FakeBitbucketCloud", body: Json) -> Place:
    """The repository `workspace/slug` or the project `workspace/KEY` under `source`. Raises KeyError."""
    path = str(body["source"])
    return fake.state.repo_by_path(path) or fake.project(path)


def _holder(fake: "FakeBitbucketCloud", body: Json) -> Account | Group:
    """Whoever is under `user`, or the group `workspace/slug` under `group`. Raises KeyError."""
    return fake.group(str(body["group"])) if "group" in body else fake.user(str(body["user"]))


def _state(fake: "FakeBitbucketCloud", body: Json) -> object:
    state = fake.state
    people = [
        {"uuid": each.uuid, "nickname": each.nickname, "name": each.display_name, "status": each.account_status}
        for each in state.accounts.values()
    ]
    homes = [{"uuid": each.uuid, "slug": each.slug} for each in state.workspaces.values()]
    repos = [
        {"uuid": each.uuid, "path": state.full_name(each), "refs": fake.repository(each).refs}
        for each in state.repos.values()
    ]
    return {"base_url": fake.base_url, "users": people, "workspaces": homes, "repositories": repos}


def _hooks(fake: "FakeBitbucketCloud", body: Json) -> object:
    return [rendered(fake.core, each) for each in fake.state.hooks.values()]


def _readers(fake: "FakeBitbucketCloud", body: Json) -> object:
    names = {each.uuid: each.nickname for each in fake.state.accounts.values()}
    rows = fake.state.repos.values()
    return {fake.state.full_name(each): sorted(names[key] for key in fake.readers(each)) for each in rows}


def _tag(fake: "FakeBitbucketCloud", body: Json) -> object:
    repo, message, target = (
        fake.repo(str(body["repository"])),
        text_or_none(body, "message"),
        text_or_none(body, "target"),
    )
    return {"id": fake.tag(repo, str(body["name"]), target=target, message=message)}


def _commit(fake: "FakeBitbucketCloud", body: Json) -> object:
    files = body["files"]
    if not isinstance(files, dict):
        raise TypeError("files is an object of path to text")
    repo, message = fake.repo(str(body["repository"])), str(body.get("message", "Change"))
    return {"id": fake.commit(repo, files, message=message, branch=text_or_none(body, "branch"))}


def _delete_ref(fake: "FakeBitbucketCloud", body: Json) -> object:
    fake.push(fake.repo(str(body["repository"])), {str(body["ref"]): None})
    return {}


def _add_member(fake: "FakeBitbucketCloud", body: Json) -> object:
    permission = str(body.get("permission", "member"))
    if permission not in {"owner", "create-project", "member"}:
        raise ValueError(permission)
    fake.add_member(fake.workspace(str(body["workspace"])), fake.user(str(body["user"])), cast(Role, permission))
    return {}


def _remove_member(fake: "FakeBitbucketCloud", body: Json) -> object:
    fake.remove_member(fake.workspace(str(body["workspace"])), fake.user(str(body["user"])))
    return {}


def _add_to_group(fake: "FakeBitbucketCloud", body: Json) -> object:
    fake.add_to_group(fake.group(str(body["group"])), fake.user(str(body["user"])))
    return {}


def _remove_from_group(fake: "FakeBitbucketCloud", body: Json) -> object:
    fake.remove_from_group(fake.group(str(body["group"])), fake.user(str(body["user"])))
    return {}


def _grant(fake: "FakeBitbucketCloud", body: Json) -> object:
    fake.grant(_place(fake, body), _holder(fake, body), str(body["permission"]))
    return {}


def _revoke(fake: "FakeBitbucketCloud", body: Json) -> object:
    fake.revoke(_place(fake, body), _holder(fake, body))
    return {}


def _set_state(fake: "FakeBitbucketCloud", body: Json) -> object:
    status = str(body["state"])
    if status not in {"active", "inactive", "closed"}:
        raise ValueError(status)
    fake.set_user_state(fake.user(str(body["user"])), cast(AccountStatus, status))
    return {}


def _rename_repository(fake: "FakeBitbucketCloud", body: Json) -> object:
    slug = str(body["slug"])
    fake.update_repository(fake.repo(str(body["repository"])), slug=slug, name=slug)
    return {}


def _delete_repository(fake: "FakeBitbucketCloud", body: Json) -> object:
    fake.delete_repository(fake.repo(str(body["repository"])))
    return {}


def _application(fake: "FakeBitbucketCloud", body: Json) -> object:
    key = text_or_none(body, "workspace")
    scopes = str(body.get("scopes", "email account team repository webhook")).split()
    made = fake.application(
        redirect_uri=str(body["redirect_uri"]),
        workspace=None if key is None else fake.workspace(key),
        scopes=scopes,
        name=str(body.get("name", "Repertory")),
    )
    return {"client_id": made.client_id, "secret": made.secret}


def _personal_token(fake: "FakeBitbucketCloud", body: Json) -> object:
    who = fake.user(str(body["user"]))
    return {"email": who.primary_email, "token": fake.personal_token(who)}


def _turn_off_groups(fake: "FakeBitbucketCloud", body: Json) -> object:
    fake.turn_off_groups(int(str(body.get("status", 410))))
    return {}


GETS: dict[str, Action] = {"state": _state, "hooks": _hooks, "readers": _readers}
POSTS: dict[str, Action] = {
    "tag": _tag,
    "commit": _commit,
    "delete_ref": _delete_ref,
    "add_member": _add_member,
    "remove_member": _remove_member,
    "add_to_group": _add_to_group,
    "remove_from_group": _remove_from_group,
    "grant": _grant,
    "revoke": _revoke,
    "set_state": _set_state,
    "rename_repository": _rename_repository,
    "delete_repository": _delete_repository,
    "application": _application,
    "personal_token": _personal_token,
    "turn_off_groups": _turn_off_groups,
}
