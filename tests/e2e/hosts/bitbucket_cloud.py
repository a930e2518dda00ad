"""Bitbucket Cloud."""

from collections.abc import Iterable

from playwright.sync_api import Locator, Page

from tests.e2e.hands import Hand
from tests.e2e.hosts import Host
from tests.fakes.bitbucket_cloud import FakeBitbucketCloud

SCOPES = ("read:repository:bitbucket", "write:repository:bitbucket")


class BitbucketCloudHost(Host[FakeBitbucketCloud]):
    """Consumers belong to a workspace, whose name has to be put into the address."""

    name = "Acme Bitbucket"
    platform = "Bitbucket"
    choice = "acme"
    agree = "Grant access"

    def application_address(self, guide: Locator) -> str:
        shown = guide.locator("ol .mono", has_text="<WORKSPACE_NAME>").first.inner_text()
        return shown.replace("<WORKSPACE_NAME>", "acme")

    def make_application(self, tab: Page, hand: Hand, callback: str, scopes: list[str]) -> tuple[str, str]:
        hand.write(tab.get_by_label("Name", exact=True), "Repertory")
        hand.write(tab.get_by_label("Callback URL"), callback)
        hand.tick(tab.get_by_label("This is a private consumer"))
        for scope in scopes:
            hand.tick(tab.locator(f"input[name=permissions][value='{scope}']"))
        hand.press(tab.get_by_role("button", name="Save"))
        hand.press(tab.get_by_text("Repertory", exact=True))
        return tab.locator("#key-0").inner_text(), tab.locator("#secret-0").inner_text()

    def hooks(self) -> Iterable[object]:
        return list(self.fake.state.hooks.values())

    def clone_address(self) -> str:
        token = self.fake.personal_token(self.fake.user("carla"), SCOPES)
        return self.with_login("x-bitbucket-api-token-auth", token, "acme/logging.git")

    def dismiss_bob(self) -> None:
        self.fake.remove_member(self.fake.workspace("acme"), self.fake.user("bob"))
