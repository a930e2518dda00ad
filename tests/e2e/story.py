"""The steps from a fresh installation to an organization and a token, each as a person does it in a browser."""

import re
import time
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.browsing import Watch
from tests.e2e.hands import Hand
from tests.e2e.hosts import Host
from tests.e2e.hosts.gitlab import GitLabHost
from tests.e2e.product import Product

SECONDS = 30.0
HostT = TypeVar("HostT", bound=Host[Any])


@dataclass(slots=True)
class Person(Generic[HostT]):
    """Somebody with a browser. `who` is the name at the code host."""

    product: Product
    host: HostT
    context: BrowserContext
    watch: Watch
    hand: Hand
    page: Page
    who: str = "Ann Almond"
    secrets: dict[str, str] = field(default_factory=dict, repr=False)

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.goto(f"{self.product.base_url}{path}")
        self.watch.keep(self.page)

    def press(self, name: str, role: str = "button") -> None:
        """A button or a link with this name in the content of the page."""
        self.hand.press(find(self.page, name, role))

    def see(self, text: str | re.Pattern[str]) -> None:
        """Wait until the page shows a text."""
        expect(self.page.locator("main").get_by_text(text).first).to_be_visible()
        self.watch.keep(self.page)

    def go_to_host(self, button: Locator) -> None:
        """Press a button that leads to the code host, and come back."""
        before = self.page.url
        self.hand.press(button)
        self.page.wait_for_url(lambda url: url != before, wait_until="commit")
        self.visit_host()

    def visit_host(self) -> None:
        """Sign in and agree as often as the code host asks, and come back."""
        deadline = time.monotonic() + SECONDS
        wanted = self.page.get_by_role("button", name=re.compile(f"^(Sign in as {self.who}|{self.host.agree})"))
        while self._is_away():
            assert time.monotonic() < deadline, f"did not come back, but is at {self.page.url}"
            if wanted.first.is_visible():
                self.hand.press(wanted.first)
            self.page.wait_for_timeout(20)
        self.page.wait_for_load_state()
        self.watch.keep(self.page)

    def _is_away(self) -> bool:
        path = self.page.url.removeprefix(self.product.base_url)
        return path == self.page.url or path.startswith(("/login/", "/oauth/"))


Anybody = Person[Any]
GitLabPerson = Person[GitLabHost]


def find(page: Page, name: str, role: str = "button") -> Locator:
    """The one element with this role and name in the content of the page."""
    place = page.locator("main")
    return place.get_by_role("link" if role == "link" else "button", name=name, exact=True)


def start_setup(person: Anybody, link: str) -> None:
    """From the setup link over the system check to the form of an integration."""
    person.page.goto(link)
    person.see("Set up this installation")
    person.press("Start", "link")
    person.see("System check")
    assert "failed" not in person.page.locator("main").inner_text().lower()
    person.press("Continue", "link")
    person.see("Add Integration")


def add_integration(person: Anybody, *, ca_certificate: str = "", maker: Anybody | None = None) -> None:
    """Fill the form with the help of the live box, test the connection, and create the integration.

    `maker`: an administrator of the host in a browser of their own, who is told what to do there.
    """
    page, hand = person.page, person.hand
    describe_host(person, person.host.name)
    follow_guide(person)
    client_id, secret = make_application(person, maker or person)
    person.secrets["client secret"] = secret
    hand.write(page.get_by_label("Client ID / Key"), client_id)
    hand.write(page.get_by_label("Client Secret"), secret)
    if ca_certificate:
        hand.write(page.get_by_label("CA certificate (PEM)"), ca_certificate)
    person.press("Test connection")
    person.see("Nothing is wrong as far as it can be seen without a login")
    assert page.get_by_label("Client Secret").input_value() == ""  # kept on the server, not shown
    person.press("Create Integration")
    person.see(f"Integration created: “{person.host.name}”")


def describe_host(person: Anybody, name: str) -> None:
    """The first fields of the form."""
    page, hand = person.page, person.hand
    hand.write(page.get_by_label("Name", exact=True), name)
    hand.choose(page.get_by_label("Platform"), person.host.platform)
    hand.write(page.get_by_label("Base URL"), person.host.base_url)


def follow_guide(person: Anybody) -> None:
    """Wait for the live box to follow what was typed; without script a button does it."""
    page = person.page
    update = page.get_by_role("button", name="Update guide")
    if update.is_visible():
        person.hand.press(update)
    callback = f"{person.product.base_url}/oauth/{person.host.slug}/callback"
    expect(page.get_by_role("textbox", name="Callback URL / Redirect URL")).to_have_value(callback)
    expect(page.locator("#guide").get_by_text(person.host.base_url.partition("://")[2]).first).to_be_visible()


def make_application(person: Anybody, maker: Anybody) -> tuple[str, str]:
    """Go where the live box says, and make the application there with what it says."""
    guide = person.page.locator("#guide")
    callback = guide.get_by_role("textbox", name="Callback URL / Redirect URL").input_value()
    scopes = guide.locator(".guide-scopes .mono").all_inner_texts()
    tab = _open_applications(guide, person) if maker is person else maker.page
    if maker is not person:
        tab.goto(person.host.application_address(guide))
    maker.hand.press(tab.get_by_role("button", name=f"Sign in as {maker.who}"))
    host: Host[Any] = person.host
    made = host.make_application(tab, maker.hand, callback, scopes)
    tab.close()
    return made


def _open_applications(guide: Locator, person: Anybody) -> Page:
    """By a link where there is one; an address with a gap has to be typed."""
    address = person.host.application_address(guide)
    link = guide.locator(f"a[href='{address}']")
    if not link.count():
        tab = person.context.new_page()
        tab.goto(address)
        return tab
    with person.context.expect_page() as opened:
        person.hand.press(link)
    return opened.value


def try_login(person: Anybody) -> None:
    """A round trip in a new tab, in which the person goes on."""
    with person.context.expect_page() as opened:
        person.press("Try the login")
    before, person.page = person.page, opened.value
    person.visit_host()
    person.see("The login works")
    before.close()
    person.press("Continue", "link")


def claim_administration(person: Anybody) -> None:
    """Log in and become the administrator, which ends Setup Mode."""
    person.see("Become administrator")
    person.go_to_host(find(person.page, "Log in and become administrator"))
    person.see("You are the administrator of this installation")


def create_organization(person: Anybody) -> None:
    """From the group acme; then watch the first run to its end, also across a reload."""
    allow = person.page.locator("main").get_by_role("button", name=re.compile("^Authorize"))
    if allow.count():
        person.go_to_host(allow.first)
    person.hand.tick(person.page.get_by_label(re.compile(f"^{person.host.choice}\\b")))
    person.press("Create and synchronize")
    expect(person.page).to_have_url(re.compile(r"/orgs/acme/synchronizations/\d+/runs/1$"))
    person.page.reload()
    wait_until_finished(person)


def wait_until_finished(person: Anybody) -> None:
    """The run page follows the run by itself."""
    expect(person.page.locator("main").get_by_text("Finished", exact=True).first).to_be_visible()
    person.watch.keep(person.page)


def make_token(person: Anybody, name: str) -> str:
    """A Composer token of one's own; only this answer shows it."""
    person.open("/profile/tokens")
    person.hand.write(person.page.get_by_label("Name", exact=True), name)
    person.hand.press(find(person.page, "Create token"))
    token = person.page.get_by_label("Token", exact=True).input_value()
    person.secrets[f"token {name}"] = token
    return token


def look_at_packages(person: Anybody) -> None:
    """From the run to the list, and to one package."""
    person.press("Go to the packages", "link")
    person.see("acme/logging")
    person.press("acme/logging", "link")
    wait_for_text(person, "v2.0.0")
    expect(person.page.get_by_role("textbox", name="Install it")).to_have_value("composer require acme/logging")


def wait_for_text(person: Anybody, text: str) -> None:
    """Look again until the page shows it: this page does not follow by itself."""
    deadline = time.monotonic() + SECONDS
    while not person.page.locator("main").get_by_text(text, exact=True).first.is_visible():
        assert time.monotonic() < deadline, f"{text} does not appear"
        person.page.wait_for_timeout(300)
        person.page.reload()
    person.watch.keep(person.page)


def log_out(person: Anybody) -> None:
    """From the menu of the account."""
    menu = person.page.locator("details.menu-account")
    person.hand.press(menu.locator("summary"))
    person.hand.press(menu.get_by_role("button", name="Log out"))
    person.see("You are logged out here")
