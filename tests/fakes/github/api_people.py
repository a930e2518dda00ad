"""REST: the caller, people, and the organizations that somebody is in."""

from collections.abc import Callable

from werkzeug import Response

from tests.fakes.parts.routing import Json, json_response

from . import rendering
from .api_lookups import found_organization, found_user
from .errors import forbidden, not_found
from .model import Organization, OrganizationMembership, User
from .rights import is_member
from .routing import Call, Routes

routes = Routes()
Convert = Callable[[OrganizationMembership], Json]
ORG_SCOPES = ("user", "read:org")
EMAIL_SCOPES = ("user:email",)


@routes.get("/user", ())
def own_user(call: Call) -> Response:
    user = call.caller.signed_in()
    if call.caller.has("read:user"):
        return json_response(rendering.own_profile(call.core, user))
    return json_response(rendering.profile(call.core, user))


@routes.get("/user/emails", EMAIL_SCOPES)
def emails(call: Call) -> Response:
    return call.page(
        call.caller.signed_in().emails,
        lambda each: {
            "email": each.address,
            "primary": each.is_primary,
            "verified": each.is_verified,
            "visibility": each.visibility,
        },
    )


@routes.get("/user/orgs", ORG_SCOPES)
def own_organizations(call: Call) -> Response:
    rows = [row for row in _rows(call) if row.is_active]
    if call.caller.token is not None and call.caller.token.kind == "fine_grained":
        rows = []
    return _shown(call, rows, lambda row: rendering.organization(call.core, _home(call, row)))


@routes.get("/user/memberships/orgs", ("read:org",))
def own_memberships(call: Call) -> Response:
    wanted = call.choice("state", ("", "active", "pending"))
    rows = [row for row in _rows(call) if not wanted or row.state == wanted]
    return _shown(call, rows, lambda row: rendering.organization_membership(call.core, row))


@routes.get("/user/memberships/orgs/:org", ("read:org",))
def own_membership(call: Call) -> Response:
    home, user = found_organization(call), call.caller.signed_in()
    row = call.core.state.membership(home.id, user.id)
    if row is None:
        raise not_found()
    return json_response(rendering.organization_membership(call.core, row))


@routes.get("/user/teams", ("read:org", "user", "repo"))
def own_teams(call: Call) -> Response:
    user, state = call.caller.signed_in(), call.core.state
    rows = [team for team in state.teams.values() if user.id in state.team_members.get(team.id, {})]
    rows = [team for team in rows if not call.caller.blocked_by_saml(state.organizations[team.organization_id])]
    return call.page(rows, lambda team: rendering.full_team(call.core, team))


@routes.get("/user/:account_id", ())
def by_number(call: Call) -> Response:
    key = call.params["account_id"]
    user = call.core.state.users.get(int(key)) if key.isdigit() else None
    if user is None:
        raise not_found()
    return json_response(_profile(call, user))


@routes.get("/users/:username", ())
def by_login(call: Call) -> Response:
    return json_response(_profile(call, found_user(call)))


def _profile(call: Call, user: User) -> Json:
    asker = call.caller.user
    is_administrator = call.core.is_server and asker is not None and asker.is_site_admin
    shows_suspension = is_administrator and call.caller.has("site_admin")
    return rendering.profile(call.core, user, shows_suspension=shows_suspension)


def _rows(call: Call) -> list[OrganizationMembership]:
    user = call.caller.signed_in()
    return [rows[user.id] for rows in call.core.state.members.values() if user.id in rows]


def _home(call: Call, row: OrganizationMembership) -> Organization:
    return call.core.state.organizations[row.organization_id]


def _shown(call: Call, rows: list[OrganizationMembership], convert: Convert) -> Response:
    """Organizations behind SAML are left out, and their numbers told; unapproved applications hear nothing."""
    hidden = [row for row in rows if call.caller.blocked_by_saml(_home(call, row))]
    open_rows = [row for row in rows if row not in hidden and not call.caller.is_restricted(_home(call, row))]
    answer = call.page(open_rows, convert)
    if hidden:
        numbers = ",".join(str(row.organization_id) for row in hidden)
        answer.headers["X-GitHub-SSO"] = f"partial-results; organizations={numbers}"
    return answer


@routes.get("/orgs/:org/memberships/:username", ("read:org",))
def membership(call: Call) -> Response:
    home = found_organization(call)
    if not call.caller.is_in(home):
        raise forbidden(f"You must be a member of {home.login} to see membership information for {_name(call)}.")
    row = call.core.state.membership(home.id, found_user(call).id)
    if row is None:
        raise not_found()
    return json_response(rendering.organization_membership(call.core, row))


def _name(call: Call) -> str:
    return call.params["username"]


@routes.get("/orgs/:org/members/:username", ())
def check_member(call: Call) -> Response:
    """204 for a member, 404 for anybody else."""
    home, user = found_organization(call), found_user(call)
    row = call.core.state.membership(home.id, user.id)
    is_shown = row is not None and (row.is_public or (call.caller.is_in(home) and call.caller.has("read:org")))
    if not is_shown or not is_member(call.core.state, home, user):
        raise not_found()
    return Response(status=204)
