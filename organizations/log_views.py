"""The log of an organization: who changed what, people and synchronizations alike."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, or_, select

from accounts.guards import Role, organization_role_required
from models import AuditRecord, Organization
from organizations.blueprint import blueprint
from organizations.packages import like_pattern
from web.database import get_session
from web.paging import load_page, requested_page


@blueprint.get("/orgs/<org>/log")
@organization_role_required(Role.ADMIN)
def log(organization: Organization) -> ResponseReturnValue:
    """All records, newest first."""
    text = request.args.get("text", "").strip()
    session = get_session()
    everything = select(AuditRecord).where(AuditRecord.organization_id == organization.id)
    page = load_page(session, _narrow(everything, text), number=requested_page())
    total = session.scalar(select(func.count()).select_from(everything.subquery())) or 0
    return render_template("organizations/log.html", organization=organization, page=page, total=total, text=text)


def _narrow(query: Select[AuditRecord], text: str) -> Select[AuditRecord]:
    if text:
        pattern = like_pattern(text.replace(" ", "_") if "_" not in text else text)
        plain = like_pattern(text)
        query = query.where(
            or_(
                func.lower(AuditRecord.actor).like(plain, escape="\\"),
                func.lower(AuditRecord.target).like(plain, escape="\\"),
                AuditRecord.action.like(pattern, escape="\\"),
            )
        )
    return query.order_by(AuditRecord.id.desc())
