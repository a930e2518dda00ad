"""Who is in an organization: people, teams, and why somebody may read a package."""

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from accounts.guards import Role, organization_role_required
from models import Organization, utc_now
from organizations.blueprint import blueprint
from organizations.confirmation import read_confirmations
from organizations.explain import explain_access
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


@blueprint.get("/orgs/<org>/access")
@organization_role_required(Role.ADMIN)
def access(organization: Organization) -> ResponseReturnValue:
    """Who may read a package, what a person may read, and why."""
    package, person = request.args.get("package", "").strip().lower(), request.args.get("person", "").strip()
    answer = explain_access(
        get_session(), organization=organization, package=package, login=person.lstrip("@"), today=utc_now().date()
    )
    return render_template(
        "organizations/access.html", organization=organization, package=package, person=person, answer=answer
    )
