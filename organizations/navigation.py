"""The side navigation of an organization, and the tabs of its settings."""

from collections.abc import Sequence

from flask import request, url_for

from accounts.guards import Role, current_role
from models import Organization
from web.layout import Link

PAGES = (
    ("Overview", "overview", "home", Role.MEMBER),
    ("Packages", "packages", "package", Role.MEMBER),
    ("People", "people", "person", Role.MEMBER),
    ("Teams", "teams", "team", Role.MEMBER),
    ("Access", "access", "eye", Role.ADMIN),
    ("Log", "log", "log", Role.ADMIN),
    ("Settings", "settings", "gear", Role.ADMIN),
)
SETTINGS = (
    ("General", "general"),
    ("Synchronizations", "synchronizations"),
    ("Credentials", "credentials"),
    ("Tokens", "tokens"),
    ("Webhooks", "webhooks"),
)


def organization_links(organization: Organization) -> Sequence[Link]:
    """The pages of an organization that the person may open; the one that is shown is marked."""
    role = current_role()
    return [
        Link(label, _url(organization, view), icon=icon, is_active=_is_shown(organization, view))
        for label, view, icon, needed in PAGES
        if role >= needed
    ]


def settings_links(organization: Organization) -> Sequence[Link]:
    """The tabs of the settings."""
    return [
        Link(label, _url(organization, view), is_active=_is_below(_url(organization, view))) for label, view in SETTINGS
    ]


def _is_shown(organization: Organization, view: str) -> bool:
    url = _url(organization, view)
    if view == "overview":
        return request.path == url
    if view == "settings" and request.path.startswith(f"{_url(organization, 'overview')}/synchronizations/"):
        return True
    return _is_below(url)


def _is_below(url: str) -> bool:
    return request.path == url or request.path.startswith(f"{url}/")


def _url(organization: Organization, view: str) -> str:
    return url_for(f"organizations.{view}", org=organization.short_name)
