"""What organizations contribute to the frame of every page: background work and the search."""

from flask import Flask, render_template_string, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import current_user, login_required
from models import utc_now
from organizations.blueprint import blueprint
from organizations.navigation import organization_links, settings_links
from organizations.work import watch_work
from web.database import get_session
from web.layout import Work, layout_hooks

FRAGMENT = '{% from "_macros/navigation.html" import work_menu %}{{ work_menu(work) }}'


def init_layout(app: Flask) -> None:
    """Hang our answers on the frame."""
    hooks = layout_hooks(app)
    hooks.work = _work
    hooks.search_url = _search_url
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


def _search_url() -> str:
    return url_for("organizations.find") if current_user.is_authenticated else ""
