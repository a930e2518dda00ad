"""Activity, organizations and health of the whole instance."""

from collections.abc import Mapping

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import administrator_or_setup_required
from accounts.system_check import count_failed, run_system_check
from admin.activity import (
    DELIVERY_MARKS,
    JOB_MARKS,
    RUN_MARKS,
    deliveries_query,
    jobs_query,
    organizations_query,
    runs_query,
)
from admin.blueprint import blueprint
from admin.organization_list import count_by_organization
from admin.versions import read_versions
from models import JobState
from sync.attention import list_attention
from sync.run_report import SCOPE_WORDS
from web.database import get_session
from web.layout import Link
from web.paging import load_page, requested_page
from web.runtime import current_runtime

TABS = {"admin.activity": "Jobs", "admin.runs": "Synchronizations", "admin.deliveries": "Deliveries"}


@blueprint.get("/activity")
@administrator_or_setup_required
def activity() -> ResponseReturnValue:
    """Background work."""
    chosen = request.args.get("state", "")
    state = JobState(chosen) if chosen in set(JobState) else None
    page = load_page(get_session(), jobs_query(state), number=requested_page())
    return _tab("admin/activity_jobs.html", page=page, state=state or "", marks=JOB_MARKS)


@blueprint.get("/activity/synchronizations")
@administrator_or_setup_required
def runs() -> ResponseReturnValue:
    """Runs of synchronizations."""
    page = load_page(get_session(), runs_query(), number=requested_page())
    return _tab("admin/activity_runs.html", page=page, marks=RUN_MARKS, scopes=SCOPE_WORDS)


@blueprint.get("/activity/deliveries")
@administrator_or_setup_required
def deliveries() -> ResponseReturnValue:
    """What webhooks delivered."""
    page = load_page(get_session(), deliveries_query(), number=requested_page())
    return _tab("admin/activity_deliveries.html", page=page, marks=DELIVERY_MARKS)


@blueprint.get("/organizations")
@administrator_or_setup_required
def organizations() -> ResponseReturnValue:
    """All organizations of the instance."""
    session = get_session()
    page = load_page(session, organizations_query(), number=requested_page())
    counts = count_by_organization(session, [row.id for row in page.rows])
    return render_template("admin/organizations.html", page=page, counts=counts)


@blueprint.get("/health")
@administrator_or_setup_required
def health() -> ResponseReturnValue:
    """The system check, and which versions are at work."""
    lines = run_system_check(current_runtime())
    versions = read_versions(current_runtime())
    return render_template(
        "admin/health.html",
        lines=lines,
        failed=count_failed(lines),
        versions=versions,
        waiting=list_attention(get_session()),
    )


def _tab(template: str, **values: object) -> ResponseReturnValue:
    links = [Link(label, url_for(name), is_active=request.endpoint == name) for name, label in TABS.items()]
    context: Mapping[str, object] = {"links": links, **values}
    return render_template(template, **context)
