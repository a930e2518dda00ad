"""The integration form in a browser: name, address, choices and the live box change with the platform."""

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import watched_context
from tests.e2e.hosts import linked
from tests.e2e.product import running_product


def test_the_form_follows_the_platform(chromium: Browser, tmp_path: Path) -> None:
    with (
        running_product(tmp_path, outbound_allow="") as product,
        watched_context(chromium, product.base_url) as (context, _),
    ):
        page = context.new_page()
        page.goto(f"{product.base_url}/admin/integrations/new")
        expect(page.get_by_role("group", name="OAuth version")).to_be_hidden()
        choose_github(page)
        choose_bitbucket(page)
        choose_data_center(page)


def choose_github(page: Page) -> None:
    """The page at GitHub opens with everything filled in."""
    page.get_by_label("Platform").select_option(label="GitHub")

    expect(page.get_by_label("Name", exact=True)).to_have_value("GitHub")
    expect(page.get_by_label("Base URL")).to_have_value("https://github.com")
    expect(page.get_by_label("Members of synchronized organizations only")).to_be_checked()
    link = linked(page.locator("#guide"), "New OAuth app of your account")
    assert "oauth_application%5Bcallback_url%5D=http%3A%2F%2Flocalhost" in link


def choose_bitbucket(page: Page) -> None:
    """The name of the workspace is for the person to put in; GitLab.com leaves no choice of an address."""
    page.get_by_label("Platform").select_option(label="Bitbucket")
    expect(page.get_by_label("Base URL")).to_have_value("https://bitbucket.org")
    expect(page.locator("#guide").get_by_text("<WORKSPACE_NAME>").last).to_be_visible()

    page.get_by_label("Platform").select_option(label="GitLab")
    expect(page.get_by_label("Base URL")).to_be_hidden()


def choose_data_center(page: Page) -> None:
    """With OAuth 1.0a there is nothing to copy from the host. What was typed as a name stays."""
    page.get_by_label("Name", exact=True).fill("Our code")
    page.get_by_label("Platform").select_option(label="Bitbucket Data Center / Server")
    client = page.get_by_label("Client ID / Key")

    expect(page.get_by_label("Name", exact=True)).to_have_value("Our code")
    expect(page.get_by_label("Everyone with an account there")).to_be_checked()
    expect(client).to_be_visible()
    page.get_by_label("OAuth 1.0a, for servers before 7.20").check()
    expect(client).to_be_hidden()
    expect(page.locator("#guide").get_by_text("Save first")).to_be_visible()
