"""Explain access: who may read a package, what a person may read, and why (or why not) in both directions."""

from collections.abc import Sequence

from flask import render_template, request
from flask.typing import ResponseReturnValue

from accounts.guards import Role, organization_role_required
from models import Organization, utc_now
from organizations.access_answers import Answer, Line, answer_question, suggest
from organizations.access_loading import Question
from organizations.blueprint import blueprint
from web.database import get_session
from web.paging import Page, page_of, requested_page


@blueprint.get("/orgs/<org>/access")
@organization_role_required(Role.ADMIN)
def access(organization: Organization) -> ResponseReturnValue:
    """Who may read a package, what a person may read, and why."""
    question = _question(organization)
    is_asked = bool(question.package or question.login)
    answer = answer_question(get_session(), question) if is_asked else Answer()
    has_others = "others" in request.args
    return render_template(
        "organizations/access.html",
        organization=organization,
        package=question.package,
        person=question.login,
        is_asked=is_asked,
        answer=answer,
        lines=_page(answer.readers or (answer.others if has_others else answer.packages)),
        has_others=has_others,
        suggestions=suggest(get_session(), question),
    )


def _question(organization: Organization) -> Question:
    return Question(
        organization,
        today=utc_now().date(),
        login=request.args.get("person", "").strip().lstrip("@"),
        package=request.args.get("package", "").strip().lower(),
    )


def _page(lines: Sequence[Line]) -> Page[Line]:
    return page_of(lines, number=requested_page())
