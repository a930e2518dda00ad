"""The log of an organization: who changed what, people and synchronizations alike."""

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select

from accounts.guards import Role, organization_role_required
from models import AuditRecord, Organization
from organizations.blueprint import blueprint
from web.audit_page import download_csv, download_json, read_audit_page
from web.database import get_session


@blueprint.get("/orgs/<org>/log")
@organization_role_required(Role.ADMIN)
def log(organization: Organization) -> ResponseReturnValue:
    """All records, newest first."""
    csv_path = url_for(".log_csv", org=organization.short_name)
    json_path = url_for(".log_json", org=organization.short_name)
    shown = read_audit_page(get_session(), _records(organization), csv_path=csv_path, json_path=json_path)
    return render_template("organizations/log.html", organization=organization, shown=shown)


@blueprint.get("/orgs/<org>/log.csv")
@organization_role_required(Role.ADMIN)
def log_csv(organization: Organization) -> Response:
    """The same records for a spreadsheet."""
    return download_csv(_records(organization), name=f"{organization.short_name}-log")


@blueprint.get("/orgs/<org>/log.json")
@organization_role_required(Role.ADMIN)
def log_json(organization: Organization) -> Response:
    """The same records for programs."""
    return download_json(_records(organization), name=f"{organization.short_name}-log")


def _records(organization: Organization) -> Select[AuditRecord]:
    return select(AuditRecord).where(AuditRecord.organization_id == organization.id)
