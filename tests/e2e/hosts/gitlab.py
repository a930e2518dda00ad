"""GitLab on one's own server."""

from collections.abc import Iterable

from playwright.sync_api import Locator, Page

from tests.e2e.hands import Hand
from tests.e2e.hosts import Host, linked
from tests.fakes.gitlab import FakeGitLab


class GitLabHost(Host[FakeGitLab]):
    """Applications of people, or of the instance when `is_managed`."""

    name = "Acme GitLab"
    platform = "GitLab Self-Managed"
    choice = "acme Acme"
    agree = "Authorize "
    hook_secret = "token"

    def __init__(self, fake: FakeGitLab, *, is_managed: bool = False) -> None:
        super().__init__(fake)
        self.is_managed = is_managed

    def application_address(self, guide: Locator) -> str:
        return linked(guide, "Applications in the Admin area" if self.is_managed else "Applications of your account")

    def make_application(self, tab: Page, hand: Hand, callback: str, scopes: list[str]) -> tuple[str, str]:
        hand.write(tab.get_by_label("Name", exact=True), "Repertory")
        hand.write(tab.get_by_label("Redirect URI"), callback)
        for scope in scopes:
            hand.tick(tab.locator(f"input[name=scopes][value={scope}]"))
        hand.press(tab.get_by_role("button", name="Save application"))
        return tab.locator("#application_id").inner_text(), tab.locator("#secret").inner_text()

    def hooks(self) -> Iterable[object]:
        return list(self.fake.state.hooks.values())

    def clone_address(self) -> str:
        token = self.fake.personal_token(self.fake.user("carla"))
        return self.with_login("carla", token, "acme/backend/logging.git")

    def dismiss_bob(self) -> None:
        self.fake.remove_member(self.fake.group("acme/backend"), self.fake.user("bob"))
