"""REST: members of groups and projects, direct ones and all who get in."""

from werkzeug import Response

from tests.fakes.parts.routing import ApiError, json_response

from .api_lookups import found_group, found_project
from .model import Membership, Source
from .rendering import member
from .rights import Effective, effective_member, effective_members
from .routing import Call, Routes, bad_parameter, not_found

routes = Routes()


def _source(call: Call) -> Source:
    if call.params["kind"] not in {"groups", "projects"}:
        raise ApiError(404, {"error": "404 Not Found"})
    found = found_group(call) if call.params["kind"] == "groups" else found_project(call)
    return found.source


def _direct(membership: Membership) -> Effective:
    return Effective(membership.user_id, membership.level, membership)


def _list(call: Call, rows: list[Effective]) -> Response:
    words = (call.query("query") or "").lower()
    wanted = {int(key) for key in call.request.args.getlist("user_ids[]") if key.isdigit()}
    users, state = call.core.state.users, call.query("state")
    chosen = [row for row in rows if not wanted or row.user_id in wanted]
    chosen = [row for row in chosen if words in f"{users[row.user_id].username} {users[row.user_id].name}".lower()]
    if state is not None:
        chosen = [row for row in chosen if row.membership.awaiting == (state == "awaiting")]
    return call.page(chosen, lambda row: member(call.core, row))


@routes.get("/:kind/:id/members")
def direct_members(call: Call) -> Response:
    rows = call.core.state.members_of.get(_source(call), {})
    return _list(call, [_direct(rows[user_id]) for user_id in sorted(rows)])


@routes.get("/:kind/:id/members/all")
def all_members(call: Call) -> Response:
    return _list(call, effective_members(call.core.state, _source(call), call.core.clock.today()))


@routes.get("/:kind/:id/members/all/:user_id")
def one_of_all(call: Call) -> Response:
    found = effective_member(call.core.state, _source(call), _user_id(call), call.core.clock.today())
    if found is None:
        raise not_found()
    return json_response(member(call.core, found))


@routes.get("/:kind/:id/members/:user_id")
def one_direct(call: Call) -> Response:
    return json_response(member(call.core, _direct(_found(call))))


def _user_id(call: Call) -> int:
    if not call.params["user_id"].isdigit():
        raise bad_parameter("user_id", "is invalid")
    return int(call.params["user_id"])


def _found(call: Call) -> Membership:
    found = call.core.state.memberships.get((_source(call), _user_id(call)))
    if found is None:
        raise not_found()
    return found
