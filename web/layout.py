"""The frame of every page: who is looking, where they can go, what needs attention.

`web` knows nobody above it. The packages above hang their answers on `layout_hooks(app)` when they are set up:

    hooks = layout_hooks(app)
    hooks.account = current_account            # accounts
    hooks.organizations = my_organizations     # accounts or organizations
    hooks.banners.append(setup_banner)         # accounts: Setup Mode; organizations: held removals
    hooks.menu.append(administration_link)     # admin

Each hook is called at most once per page, only for pages that use the frame, and never for a page that says that the
server itself is in trouble. A hook must not abort.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from flask import Flask, current_app, g, has_request_context, request

from web.components import Step

HOOKS = "repertory_layout"


@dataclass(frozen=True, slots=True)
class Link:
    """A way to a page: in a menu, in tabs, in the side navigation or in a banner."""

    label: str
    url: str
    icon: str = ""
    is_active: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class OrganizationLink:
    """An entry of the organization switcher; the one whose pages are being looked at is marked by itself."""

    name: str
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """The person who is logged in. `theme` is auto, light or dark; empty: the cookie decides."""

    name: str
    login: str = ""
    theme: str = ""


@dataclass(frozen=True, slots=True)
class Banner:
    """One line under the top bar. Kinds: setup, info, warning, error. `since`: how long it has been so."""

    kind: str
    text: str
    links: tuple[Link, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One thing that runs in the background. Without a total the bar has no end."""

    title: str
    url: str
    sentence: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """The background-work indicator; `poll_url` answers `work_menu(work)` of _macros/navigation.html."""

    items: tuple[WorkItem, ...]
    poll_url: str = ""


def _nobody() -> Account | None:
    return None


def _nothing_running() -> Work | None:
    return None


@dataclass(slots=True)
class LayoutHooks:
    """What the packages above contribute. Empty strings and empty lists leave the part out."""

    instance_name: Callable[[], str] = lambda: "Repertory"
    account: Callable[[], Account | None] = _nobody
    organizations: Callable[[], Sequence[OrganizationLink]] = lambda: ()
    work: Callable[[], Work | None] = _nothing_running
    progress: Callable[[], Sequence[Step]] = lambda: ()
    search_url: Callable[[], str] = lambda: ""
    login_url: Callable[[], str] = lambda: ""
    logout_url: Callable[[], str] = lambda: ""
    footer: Callable[[], str] = lambda: ""
    store_theme: Callable[[str], None] = lambda _theme: None
    menu: list[Callable[[], Iterable[Link]]] = field(default_factory=list)
    banners: list[Callable[[], Iterable[Banner]]] = field(default_factory=list)


THEMES = ("auto", "light", "dark")
THEME_COOKIE = "rpt_theme"


class Frame:
    """What base.html shows around a page; asks each hook on first use."""

    def __init__(self, hooks: LayoutHooks, *, is_bare: bool = False) -> None:
        self._hooks = hooks
        self.is_bare = is_bare

    @cached_property
    def instance_name(self) -> str:
        """Name of the installation."""
        return self._hooks.instance_name()

    @cached_property
    def account(self) -> Account | None:
        """Who is logged in."""
        return self._hooks.account()

    @cached_property
    def organizations(self) -> Sequence[OrganizationLink]:
        """Entries of the organization switcher."""
        entries = self._hooks.organizations()
        return [replace(entry, is_current=entry.is_current or _is_below(entry.url)) for entry in entries]

    @cached_property
    def work(self) -> Work | None:
        """What runs in the background; None hides the indicator."""
        return self._hooks.work()

    @cached_property
    def progress(self) -> Sequence[Step]:
        """Steps of the setup wizard, drawn above the page; empty outside of it."""
        return self._hooks.progress()

    @cached_property
    def search_url(self) -> str:
        """Where the search field sends its `q`."""
        return self._hooks.search_url()

    @cached_property
    def login_url(self) -> str:
        """Shown to people who are not logged in, but for the login page itself."""
        url = self._hooks.login_url()
        return "" if request.path == url else url

    @cached_property
    def logout_url(self) -> str:
        """Target of the Log out button."""
        return self._hooks.logout_url()

    @cached_property
    def footer(self) -> str:
        """Words beside the name at the foot of the page."""
        return self._hooks.footer()

    @cached_property
    def menu(self) -> list[Link]:
        """Links of the account menu."""
        return [link for links in self._hooks.menu for link in links()]

    @cached_property
    def banners(self) -> list[Banner]:
        """Lines under the top bar."""
        return [banner for banners in self._hooks.banners for banner in banners()]

    @cached_property
    def theme(self) -> str:
        """The account's theme, else the cookie's, else what the browser prefers."""
        stored = self.account.theme if self.account else ""
        theme = stored or request.cookies.get(THEME_COOKIE, "")
        return theme if theme in THEMES else "auto"

    @property
    def here(self) -> str:
        """Path of this page, to come back to."""
        return request.full_path.rstrip("?") if request.method == "GET" else "/"


def _is_below(url: str) -> bool:
    return request.path == url or request.path.startswith(f"{url}/")


def layout_hooks(app: Flask) -> LayoutHooks:
    """The hooks of an application, to be filled while it is set up."""
    hooks: LayoutHooks = app.extensions.setdefault(HOOKS, LayoutHooks())
    return hooks


def use_bare_frame() -> None:
    """Draw the rest of this request without asking anybody: when the database may be down."""
    g.frame = Frame(LayoutHooks(), is_bare=True)


def current_frame() -> Frame:
    """The frame of this request."""
    if "frame" not in g:
        g.frame = Frame(layout_hooks(current_app))
    frame: Frame = g.frame
    return frame


def init_layout(app: Flask) -> None:
    """Give templates their `frame`."""
    layout_hooks(app)

    @app.context_processor
    def provide_frame() -> dict[str, Frame]:
        return {"frame": current_frame()} if has_request_context() else {}
