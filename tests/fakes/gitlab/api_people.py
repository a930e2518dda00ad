"""REST: version, the caller's own account, other users, and what the caller's token may do."""

from werkzeug import Response

from tests.fakes.parts.clock import iso
from tests.fakes.parts.routing import Json, json_response

from .model import AccessToken
from .rendering import own_user, public_user
from .rights import level_in
from .routing import ANY, READ, READ_USER, Call, Routes, not_found, unauthorized

routes = Routes()


@routes.get("/version", READ_USER)
def version(call: Call) -> Response:
    call.caller.signed_in()
    return json_response({"version": call.core.version, "revision": "0123456789a"})


@routes.get("/metadata", READ_USER)
def metadata(call: Call) -> Response:
    call.caller.signed_in()
    kas = {"enabled": False, "externalUrl": None, "version": None}
    body = {"version": call.core.version, "revision": "0123456789a", "kas": kas}
    return json_response(body | {"enterprise": call.core.is_enterprise})


@routes.get("/user", READ_USER)
def user(call: Call) -> Response:
    return json_response(own_user(call.core, call.caller.signed_in()))


@routes.get("/user/emails", READ_USER)
def emails(call: Call) -> Response:
    rows = call.caller.signed_in().emails
    return call.page(rows, lambda row: {"id": row.id, "email": row.address, "confirmed_at": iso(row.confirmed_at)})


@routes.get("/users/:id", READ_USER)
def one_user(call: Call) -> Response:
    call.caller.signed_in()
    key = call.params["id"]
    found = call.core.state.users.get(int(key)) if key.isdigit() else None
    if found is None:
        raise not_found("User")
    return json_response(public_user(call.core, found))


@routes.get("/personal_access_tokens/self", ANY)
def own_token(call: Call) -> Response:
    call.caller.signed_in()
    return json_response(_token(call, _personal(call)))


@routes.get("/personal_access_tokens/self/associations", READ)
def associations(call: Call) -> Response:
    account = call.caller.signed_in()
    _personal(call)
    least = call.number("min_access_level") or 10
    state, today = call.core.state, call.core.clock.today()
    groups = {each.id: level_in(state, each.source, account, today) for each in state.groups.values()}
    projects = {each.id: level_in(state, each.source, account, today) for each in state.projects.values()}
    body = {
        "groups": [{"id": key, "access_levels": level} for key, level in groups.items() if level >= least],
        "projects": [{"id": key, "access_levels": level} for key, level in projects.items() if level >= least],
    }
    return json_response(body)


def _personal(call: Call) -> AccessToken:
    token = call.caller.token
    if not isinstance(token, AccessToken):
        raise unauthorized()
    return token


def _token(call: Call, token: AccessToken) -> Json:
    return {
        "id": token.id,
        "name": token.name,
        "revoked": token.is_revoked,
        "created_at": iso(token.created_at),
        "description": None,
        "scopes": list(token.scopes),
        "user_id": token.user_id,
        "last_used_at": iso(token.last_used_at),
        "active": not token.is_revoked,
        "expires_at": token.expires_on.isoformat() if token.expires_on else None,
    }
