"""Bitbucket Data Center."""

from collections.abc import Iterable

from playwright.sync_api import Locator, Page

from tests.e2e.hands import Hand
from tests.e2e.hosts import Host, linked
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter


class BitbucketDataCenterHost(Host[FakeBitbucketDataCenter]):
    """Only administrators make application links."""

    name = "Acme Data Center"
    platform = "Bitbucket Data Center / Server"
    choice = "ACME Acme"
    agree = "Allow"
    is_managed = True

    def application_address(self, guide: Locator) -> str:
        return linked(guide, "Application links")

    def make_application(self, tab: Page, hand: Hand, callback: str, scopes: list[str]) -> tuple[str, str]:
        hand.write(tab.get_by_label("Name", exact=True), "Repertory")
        hand.write(tab.get_by_label("Redirect URL"), callback)
        for scope in scopes:
            if scope != "PUBLIC_REPOS":  # needs no tick
                hand.tick(tab.locator(f"input[name=scopes][value={scope}]"))
        hand.press(tab.get_by_role("button", name="Save", exact=True))
        return tab.locator("#client_id").inner_text(), tab.locator("#client_secret").inner_text()

    def hooks(self) -> Iterable[object]:
        return list(self.fake.state.hooks.values())

    def clone_address(self) -> str:
        token = self.fake.personal_token(self.fake.user("carla"))
        return self.with_login("carla", token, "scm/acme/logging.git")

    def dismiss_bob(self) -> None:
        self.fake.remove_from_group(self.fake.group("Backend team"), self.fake.user("bob"))
