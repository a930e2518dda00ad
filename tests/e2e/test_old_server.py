"""An old Bitbucket Server, which speaks OAuth 1.0a alone: a pair of keys instead of a secret, until somebody is in."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e import story
from tests.e2e.browsing import watched_context
from tests.e2e.hands import Mouse
from tests.e2e.hosts.bitbucket_dc import BitbucketDataCenterHost
from tests.e2e.product import running_product
from tests.e2e.story import Anybody, Person
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.fakes.bitbucket_dc.companies import small_company


def test_an_old_server_is_connected_with_a_pair_of_keys(chromium: Browser, tmp_path: Path) -> None:
    with (
        FakeBitbucketDataCenter(version="7.6.4") as fake,
        running_product(tmp_path, outbound_allow=f"127.0.0.1:{fake.port}") as product,
        watched_context(chromium, product.base_url) as (context, watch),
        watched_context(chromium, product.base_url) as (other_context, other_watch),
    ):
        small_company(fake)
        host = BitbucketDataCenterHost(fake)
        ann = Person(product, host, context, watch, Mouse(), context.new_page())
        root = Person(product, host, other_context, other_watch, Mouse(), other_context.new_page(), who="Rosa Root")
        story.start_setup(ann, f"{product.base_url}/setup")
        story.describe_host(ann, host.name)
        story.follow_guide(ann)
        ann.hand.tick(ann.page.locator("input[name=oauth_version][value='1']"))
        ann.press("Create Integration")
        ann.see("Its keys are made")
        allow_keys(ann, root)
        ann.press("Test connection")
        story.try_login(ann)
        story.claim_administration(ann)
        story.create_organization(ann)
        ann.press("Go to the packages", "link")
        ann.see("acme/logging")


def allow_keys(person: Anybody, root: Anybody) -> None:
    """The administrator of the host types what the live box says."""
    guide = person.page.locator("#guide")
    expect(guide.get_by_role("textbox", name="Consumer key")).to_be_visible()
    root.page.goto(person.host.application_address(guide))
    root.hand.press(root.page.get_by_role("button", name=f"Sign in as {root.who}"))
    for label in ("Consumer key", "Consumer name"):
        shown = guide.get_by_role("textbox", name=label).input_value()
        root.hand.write(root.page.get_by_label(label, exact=True), shown)
    root.hand.write(root.page.get_by_label("Public key", exact=True), guide.locator("#public-key").inner_text())
    root.hand.press(root.page.get_by_role("button", name="Save incoming authentication"))
    expect(root.page.get_by_text("Saved.")).to_be_visible()
