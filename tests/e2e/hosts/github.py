"""GitHub Enterprise Server."""

from collections.abc import Iterable

from playwright.sync_api import Locator, Page, expect

from tests.e2e.hands import Hand
from tests.e2e.hosts import Host, linked
from tests.fakes.github import FakeGitHub


class GitHubHost(Host[FakeGitHub]):
    """Our link fills the form for a new application; scopes are asked for later."""

    name = "Acme GitHub"
    platform = "GitHub Enterprise Server"
    choice = "acme"
    agree = "Authorize "

    def application_address(self, guide: Locator) -> str:
        return linked(guide, "New OAuth app of your account")

    def make_application(self, tab: Page, hand: Hand, callback: str, scopes: list[str]) -> tuple[str, str]:
        expect(tab.get_by_label("Authorization callback URL")).to_have_value(callback)
        hand.press(tab.get_by_role("button", name="Register application"))
        hand.press(tab.get_by_role("button", name="Generate a new client secret"))
        return tab.locator("#client_id").inner_text(), tab.locator("#client_secret").inner_text()

    def hooks(self) -> Iterable[object]:
        return list(self.fake.state.hooks.values())

    def clone_address(self) -> str:
        return self.with_login("carla", self.fake.personal_token(self.fake.user("carla")), "acme/logging.git")

    def dismiss_bob(self) -> None:
        self.fake.remove_member(self.fake.organization("acme"), self.fake.user("bob"))
