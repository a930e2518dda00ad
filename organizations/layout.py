"""What organizations contribute to the frame of every page: background work and the search."""

from collections.abc import Iterable

from flask import Flask, g, render_template_string, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import Role, current_role, current_user, login_required
from models import Organization, utc_now
from organizations.blueprint import blueprint
from organizations.navigation import organization_links, settings_links
from organizations.troubles import find_troubles
from organizations.work import watch_work
from sync.attention import Need
from web.database import get_session
from web.layout import Banner, Link, Work, layout_hooks

QUIET_NEEDS = (Need.PROBLEMS,)  # heal by themselves: the overview says so, banners do not
FRAGMENT = '{% from "_macros/navigation.html" import work_menu %}{{ work_menu(work) }}'


def init_layout(app: Flask) -> None:
    """Hang our answers on the frame."""
    hooks = layout_hooks(app)
    hooks.work = _work
    hooks.search_url = _search_url
    hooks.banners.append(_troubles)
    app.jinja_env.globals["organization_links"] = organization_links
    app.jinja_env.globals["settings_links"] = settings_links


@blueprint.get("/activity")
@login_required
def activity() -> ResponseReturnValue:
    """The background-work indicator, asked for again while something runs."""
    return render_template_string(FRAGMENT, work=_work())


def _work() -> Work | None:
    if not current_user.is_authenticated:
        return None
    return watch_work(
        get_session(),
        user_id=current_user.id,
        today=utc_now().date(),
        poll_url=url_for("organizations.activity"),
    )


def _troubles() -> Iterable[Banner]:
    """On the pages of an organization, for those who can mend it: what waits for them. One query."""
    organization: Organization | None = g.get("organization")
    if organization is None or current_role() < Role.ADMIN:
        return
    for trouble in find_troubles(get_session(), organization=organization):
        if trouble.need not in QUIET_NEEDS and request.path not in (trouble.url, trouble.home):
            yield Banner(trouble.kind, trouble.line, (Link(trouble.action, trouble.url),), trouble.since)


def _search_url() -> str:
    return url_for("organizations.find") if current_user.is_authenticated else ""
