"""The audit log of the whole installation."""

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from accounts.guards import administrator_or_setup_required
from admin.blueprint import blueprint
from models import AuditRecord
from web.audit_page import download_csv, download_json, read_audit_page
from web.database import get_session


@blueprint.get("/log")
@administrator_or_setup_required
def log() -> ResponseReturnValue:
    """All records of all organizations, newest first."""
    paths = {"csv_path": url_for(".log_csv"), "json_path": url_for(".log_json")}
    return render_template("admin/log.html", shown=read_audit_page(get_session(), select(AuditRecord), **paths))


@blueprint.get("/log.csv")
@administrator_or_setup_required
def log_csv() -> Response:
    """The same records for a spreadsheet."""
    return download_csv(select(AuditRecord), name="log")


@blueprint.get("/log.json")
@administrator_or_setup_required
def log_json() -> Response:
    """The same records for programs."""
    return download_json(select(AuditRecord), name="log")
