"""The start page, the overview of an organization, and the search across all of them."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from accounts.guards import (
    Role,
    current_role,
    current_user,
    current_user_row,
    login_required,
    organization_role_required,
)
from accounts.snippets import TOKEN_PLACE, composer_snippets
from models import Organization, utc_now
from organizations.blueprint import blueprint
from organizations.change_words import change_summary
from organizations.creation import may_create_organizations
from organizations.home import list_rows, measure
from organizations.packages import newest_versions
from organizations.request_viewer import viewer_of
from organizations.runs import latest_changes, list_synchronizations, synchronization_status
from organizations.search import search
from organizations.troubles import find_troubles_of
from web.database import get_session
from web.runtime import current_runtime


@blueprint.get("/")
@login_required
def home() -> ResponseReturnValue:
    """My organizations, and what needs attention."""
    session, today = get_session(), utc_now().date()
    rows = list_rows(session, user_id=current_user.id, today=today)
    mine = [row.organization for row in rows]
    return render_template(
        "organizations/home.html",
        rows=rows,
        troubles=find_troubles_of(session, mine, user_id=current_user.id, today=today),
        may_create=may_create_organizations(session, current_user_row(session)),
        status_of=synchronization_status,
        base_url=current_runtime().settings.base_url,
    )


@blueprint.get("/orgs/<org>")
@organization_role_required(Role.MEMBER)
def overview(organization: Organization) -> ResponseReturnValue:
    """How the organization is doing, what is new in it, and how to use it."""
    session, settings, viewer = get_session(), current_runtime().settings, viewer_of(organization)
    is_admin = current_role() >= Role.ADMIN
    return render_template(
        "organizations/overview.html",
        organization=organization,
        is_admin=is_admin,
        synchronizations=list_synchronizations(session, organization_id=organization.id),
        status_of=synchronization_status,
        sizes=measure(session, viewer),
        versions=newest_versions(session, viewer),
        summary_of=change_summary,
        changes=latest_changes(session, organization_id=organization.id) if is_admin else [],
        repository_url=f"{settings.base_url}/{organization.short_name}/",
        snippets=composer_snippets(settings.base_url, (organization.short_name,), TOKEN_PLACE)[:1],
    )


@blueprint.get("/search")
@login_required
def find() -> ResponseReturnValue:
    """Packages and people with these words, in all my organizations."""
    text = request.args.get("q", "").strip()
    found = search(get_session(), text=text, user_id=current_user.id, today=utc_now().date())
    return render_template("organizations/search.html", text=text, found=found)
