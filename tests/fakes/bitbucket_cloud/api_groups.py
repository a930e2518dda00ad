"""The 1.0 API: groups of a workspace and their members. Bare lists without pages, for administrators only."""

from werkzeug import Response

from tests.fakes.parts.routing import ApiError, Json, json_response

from .calls import Call, CloudRoutes
from .errors import failure
from .model import Account, Group, Workspace
from .rendering import team

routes = CloudRoutes()
READ = ("account", "read:workspace:bitbucket")


@routes.get("/groups/:workspace", READ)
def groups(call: Call) -> Response:
    home = _administered(call)
    rows = call.core.state.groups.get(home.uuid, {}).values()
    return json_response([_group(call, home, each) for each in rows])


@routes.get("/groups/:workspace/:group/members", READ)
def members(call: Call) -> Response:
    home = _administered(call)
    found = call.core.state.group_by(home, call.params["group"])
    if found is None:
        raise _plain(404, "Group not found")
    return json_response(_members(call, found))


def _administered(call: Call) -> Workspace:
    """Only by slug. Raises ApiError 403 for everybody but owners, 405 for a uuid, and whatever says "switched off"."""
    status = call.core.groups_status
    if status != 200:
        raise failure(status, "This API is no longer available.")
    key = call.params["workspace"]
    if key.startswith("{"):
        raise _plain(405, "Method Not Allowed")
    home = call.core.state.workspace_by(key)
    if home is None or not call.caller.is_owner(call.core.state, home.uuid):
        raise _plain(403, "Forbidden")
    return home


def _plain(status: int, text: str) -> ApiError:
    """The 1.0 API answers mistakes with a text."""
    return PlainError(status, text)


class PlainError(ApiError):
    """An error answer without JSON."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, {})
        self._text = text

    def response(self) -> Response:
        return Response(self._text, self.status, content_type="text/plain")


def _group(call: Call, home: Workspace, each: Group) -> Json:
    owner = {key: value for key, value in team(call.core, home).items() if key in {"display_name", "uuid", "type"}}
    return {
        "name": each.name,
        "permission": None,
        "auto_add": False,
        "slug": each.slug,
        "owner": owner | {"nickname": home.slug},
        "members": _members(call, each),
    }


def _members(call: Call, each: Group) -> list[Json]:
    return [_member(call.core.state.accounts[key]) for key in each.members]


def _member(who: Account) -> Json:
    return {
        "display_name": who.display_name,
        "nickname": who.nickname,
        "uuid": who.uuid,
        "type": "user",
    }
