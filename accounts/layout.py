"""What accounts contribute to the frame of every page: who is looking, where they can go, and the Setup Mode banner."""

from collections.abc import Iterable, Sequence

from flask import Flask, url_for
from sqlalchemy import select

from accounts.current import current_user
from accounts.setup_access import Way
from accounts.setup_guard import is_setup_mode, setup_session, unlocked_browsers
from composer.access import list_organizations
from models import Instance, Theme, User, utc_now
from web.database import get_session
from web.layout import Account, Banner, Link, OrganizationLink, layout_hooks


def init_layout(app: Flask) -> None:
    """Hang our answers on the frame."""
    hooks = layout_hooks(app)
    hooks.instance_name = _instance_name
    hooks.account = _account
    hooks.organizations = _organizations
    hooks.login_url = lambda: "" if is_setup_mode() else url_for("accounts.login")
    hooks.logout_url = lambda: url_for("accounts.log_out")
    hooks.store_theme = _store_theme
    hooks.menu.append(_menu)
    hooks.banners.append(_setup_banner)


def _instance_name() -> str:
    return get_session().scalar(select(Instance.name).where(Instance.id == 1)) or "Repertory"


def _account() -> Account | None:
    if not current_user.is_authenticated:
        return None
    return Account(name=current_user.display_name, login=current_user.login, theme=current_user.theme)


def _organizations() -> Sequence[OrganizationLink]:
    if not current_user.is_authenticated:
        return ()
    found = list_organizations(get_session(), user_id=current_user.id, today=utc_now().date())
    return [OrganizationLink(name=organization.name, url=f"/orgs/{organization.short_name}") for organization in found]


def _menu() -> Iterable[Link]:
    yield Link("Profile", url_for("accounts.profile"), icon="person")
    yield Link("Composer tokens", url_for("accounts.tokens"), icon="key")
    yield Link("Sessions", url_for("accounts.sessions"), icon="lock")


def _store_theme(theme: str) -> None:
    if current_user.is_authenticated:
        session = get_session()
        session.get_one(User, current_user.id).theme = Theme(theme)
        session.commit()


def _setup_banner() -> Iterable[Banner]:
    admitted = setup_session()
    if admitted is None:
        return
    count = unlocked_browsers()
    text = (
        "Setup Mode: this installation is not finished, and nobody else can use it yet. "
        f"It is unlocked in {count} {'browser' if count == 1 else 'browsers'}."
    )
    if admitted.way is Way.OPEN:
        text += (
            " Everybody who reaches this address can take it over: REPERTORY_SETUP_ACCESS is “open”, "
            "for one hour after the start."
        )
    yield Banner("error" if admitted.way is Way.OPEN else "setup", text, (Link("Continue the setup", "/setup"),))
