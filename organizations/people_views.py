"""Who is in an organization: people and teams."""

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from accounts.guards import Role, current_role, organization_role_required
from models import Organization, utc_now
from organizations.blueprint import blueprint
from organizations.confirmation import read_confirmations
from organizations.people import (
    filter_people,
    find_team,
    list_people,
    list_team_members,
    list_team_packages,
    list_teams,
)
from organizations.request_viewer import viewer_of
from web.database import get_session


@blueprint.get("/orgs/<org>/people")
@organization_role_required(Role.MEMBER)
def people(organization: Organization) -> ResponseReturnValue:
    """Everybody in the organization."""
    text = request.args.get("text", "").strip()
    session = get_session()
    everybody = list_people(session, organization_id=organization.id, today=utc_now().date())
    return render_template(
        "organizations/people.html",
        organization=organization,
        rows=filter_people(everybody, text),
        total=len(everybody),
        confirmations=read_confirmations(session, organization_id=organization.id),
        text=text,
        is_admin=current_role() >= Role.ADMIN,
    )


@blueprint.get("/orgs/<org>/teams")
@organization_role_required(Role.MEMBER)
def teams(organization: Organization) -> ResponseReturnValue:
    """All teams, with where they come from."""
    session = get_session()
    return render_template(
        "organizations/teams.html",
        organization=organization,
        rows=list_teams(session, organization_id=organization.id),
        confirmations=read_confirmations(session, organization_id=organization.id),
    )


@blueprint.get("/orgs/<org>/teams/<int:team_id>")
@organization_role_required(Role.MEMBER)
def team(organization: Organization, team_id: int) -> ResponseReturnValue:
    """Who is in a team, and what it may read."""
    session = get_session()
    shown = find_team(session, organization_id=organization.id, team_id=team_id) or abort(404)
    return render_template(
        "organizations/team.html",
        organization=organization,
        team=shown,
        confirmations=read_confirmations(session, organization_id=organization.id),
        members=list_team_members(session, shown),
        packages=list_team_packages(session, viewer_of(organization), shown),
    )
