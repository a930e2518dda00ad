"""What organizations contribute to the frame of every page: background work and the search."""

from collections.abc import Iterable

from flask import Flask, g, render_template_string, request, url_for
from flask.typing import ResponseReturnValue

from accounts.guards import Role, current_role, current_user, login_required
from models import Organization, SynchronizationState, utc_now
from organizations.blueprint import blueprint
from organizations.navigation import organization_links, settings_links
from organizations.runs import STATES, list_synchronizations
from organizations.work import watch_work
from web.database import get_session
from web.layout import Banner, Link, Work, layout_hooks

STANDING_STILL = (SynchronizationState.NEEDS_CREDENTIAL, SynchronizationState.REMOTE_MISSING)
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
    """On the pages of an organization, for those who can mend it: what stands still."""
    organization: Organization | None = g.get("organization")
    if organization is None or current_role() < Role.ADMIN:
        return
    for synchronization in list_synchronizations(get_session(), organization_id=organization.id):
        url = url_for(
            "organizations.synchronization", org=organization.short_name, synchronization_id=synchronization.id
        )
        if synchronization.state in STANDING_STILL and request.path != url:
            _, word = STATES[synchronization.state]
            text = f"{synchronization.remote_path} at {synchronization.integration.name}: {word.lower()}."
            yield Banner("error", f"{text} Nothing is removed meanwhile.", (Link("See what to do", url),))


def _search_url() -> str:
    return url_for("organizations.find") if current_user.is_authenticated else ""
