"""The pages of the administration beside each of them, and the way to them in the account menu."""

from collections.abc import Iterable

from flask import Flask, request, url_for

from accounts.guards import current_user
from web.layout import Link, layout_hooks

PAGES = (
    ("admin.integrations", "Integrations", "link"),
    ("admin.users", "People", "people"),
    ("admin.organizations", "Organizations", "team"),
    ("admin.settings", "Settings", "gear"),
    ("admin.activity", "Activity", "running"),
    ("admin.health", "Health", "shield"),
    ("admin.log", "Log", "log"),
)


OTHER_TABS = {"admin.runs": "admin.activity", "admin.deliveries": "admin.activity"}


def init_navigation(app: Flask) -> None:
    """Put the way into the account menu of administrators, and the list at the disposal of our pages."""
    layout_hooks(app).menu.append(_menu)
    app.jinja_env.globals["admin_pages"] = admin_pages


def admin_pages() -> list[Link]:
    """The side navigation."""
    here = OTHER_TABS.get(request.endpoint or "", request.endpoint)
    return [Link(label, url_for(endpoint), icon=icon, is_active=here == endpoint) for endpoint, label, icon in PAGES]


def _menu() -> Iterable[Link]:
    if current_user.is_administrator:
        yield Link("Administration", url_for("admin.integrations"), icon="gear")
