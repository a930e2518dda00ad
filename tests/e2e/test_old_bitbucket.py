"""A Bitbucket Server before 7.20 in a browser: the form follows the platform, keys go there, and people log in."""

from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e import story
from tests.e2e.browsing import watched_context
from tests.e2e.hands import Mouse
from tests.e2e.hosts import linked
from tests.e2e.hosts.bitbucket_dc import BitbucketDataCenterHost
from tests.e2e.product import running_product
from tests.e2e.story import Anybody, Person
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.fakes.bitbucket_dc.companies import small_company


def test_keys_are_made_here_and_entered_there(chromium: Browser, tmp_path: Path) -> None:
    with FakeBitbucketDataCenter(version="7.17.0") as fake:
        small_company(fake)
        with (
            running_product(tmp_path, outbound_allow=f"127.0.0.1:{fake.port}") as product,
            watched_context(chromium, product.base_url) as (context, watch),
        ):
            host = BitbucketDataCenterHost(fake)
            ann: Anybody = Person(product, host, context, watch, Mouse(), context.new_page())
            story.start_setup(ann, f"{product.base_url}/setup")
            look_how_the_form_follows(ann.page)
            create_with_keys(ann)
            enter_keys_at_host(ann)
            ann.press("Test connection")
            ann.see("The host knows its keys.")
            story.try_login(ann)
            story.claim_administration(ann)


def look_how_the_form_follows(page: Page) -> None:
    """Choose one platform after the other: name, address, choices and the box change with it."""
    name, address = page.get_by_label("Name", exact=True), page.get_by_label("Base URL")
    version, client = page.get_by_role("group", name="OAuth version"), page.get_by_label("Client ID / Key")
    expect(version).to_be_hidden()

    page.get_by_label("Platform").select_option(label="GitHub")
    expect(name).to_have_value("GitHub")
    expect(address).to_have_value("https://github.com")
    expect(page.get_by_label("Members of synchronized organizations only")).to_be_checked()
    prefilled = linked(page.locator("#guide"), "New OAuth app of your account")
    assert "oauth_application%5Bcallback_url%5D=" in prefilled

    page.get_by_label("Platform").select_option(label="Bitbucket")
    expect(address).to_have_value("https://bitbucket.org")
    expect(page.locator("#guide").get_by_text("<WORKSPACE_NAME>").last).to_be_visible()

    page.get_by_label("Platform").select_option(label="GitLab")
    expect(address).to_be_hidden()

    page.get_by_label("Platform").select_option(label="Bitbucket Data Center / Server")
    expect(name).to_have_value("Bitbucket")
    expect(version).to_be_visible()
    expect(client).to_be_visible()
    page.get_by_label("OAuth 1.0a, for servers before 7.20").check()
    expect(client).to_be_hidden()
    expect(page.locator("#guide").get_by_text("Save first")).to_be_visible()


def create_with_keys(ann: Anybody) -> None:
    """Nothing is to be copied from the host."""
    ann.hand.write(ann.page.get_by_label("Name", exact=True), ann.host.name)
    ann.hand.write(ann.page.get_by_label("Base URL"), ann.host.base_url)
    expect(ann.page.locator("#guide").get_by_role("heading")).to_have_text(
        f"At {ann.host.base_url.partition('://')[2]}"
    )
    ann.press("Create Integration")
    ann.see("Nobody can log in with it yet")


def enter_keys_at_host(ann: Anybody) -> None:
    """An administrator of the host does what the live box says."""
    guide, tab = ann.page.locator("#guide"), ann.context.new_page()
    tab.goto(linked(guide, "Application links"))
    tab.get_by_role("button", name="Sign in as Rosa").click()
    tab.goto(linked(guide, "Application links"))
    tab.get_by_label("Consumer key").fill(copied(guide, "Consumer key"))
    tab.get_by_label("Consumer name").fill(copied(guide, "Consumer name"))
    tab.get_by_label("Public key").fill(guide.locator("#public-key").inner_text())
    tab.get_by_role("button", name="Save incoming authentication").click()
    expect(tab.get_by_text("Saved.")).to_be_visible()
    leave(tab)
    tab.close()


def copied(guide: Locator, label: str) -> str:
    """What stands in a field to be copied."""
    return guide.get_by_role("textbox", name=label).input_value()


def leave(tab: Page) -> None:
    """Leave the host to Ann."""
    tab.context.clear_cookies(name="BITBUCKETSESSIONID")
