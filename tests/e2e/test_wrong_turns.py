"""What people do that nobody planned: going back, clicking twice, two tabs, old addresses, a lost network."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e import story
from tests.e2e.browsing import watched_context
from tests.e2e.hands import Mouse
from tests.e2e.hosts.gitlab import GitLabHost
from tests.e2e.product import running_product
from tests.e2e.story import GitLabPerson, find
from tests.fakes.gitlab import FakeGitLab

OFFLINE = "ERR_INTERNET_DISCONNECTED"


@pytest.fixture
def ann(chromium: Browser, fake: FakeGitLab, tmp_path: Path) -> Iterator[GitLabPerson]:
    """Somebody in front of a new installation."""
    with (
        running_product(tmp_path, outbound_allow=f"127.0.0.1:{fake.port}") as product,
        watched_context(chromium, product.base_url) as (context, watch),
    ):
        yield GitLabPerson(product, GitLabHost(fake), context, watch, Mouse(), context.new_page())


def test_wrong_turns_on_the_way_lead_nowhere_bad(ann: GitLabPerson) -> None:
    story.start_setup(ann, f"{ann.product.base_url}/setup")
    stale = open_second_tab(ann)
    story.add_integration(ann)
    send_the_form_of_the_other_tab(ann, stale)
    story.try_login(ann)
    callback = claim_and_remember_the_callback(ann)
    go_back_to_the_claim(ann)
    use_the_callback_again(ann, callback)
    find_setup_closed_in_another_tab(ann, stale)
    create_with_a_double_click(ann)
    lose_the_network_while_a_run_is_shown(ann)


def open_second_tab(ann: GitLabPerson) -> GitLabPerson:
    """The same wizard in the same browser: the form is filled there, and left alone."""
    tab = GitLabPerson(ann.product, ann.host, ann.context, ann.watch, ann.hand, ann.context.new_page())
    tab.open("/admin/integrations/new")
    story.describe_host(tab, ann.host.name)
    story.follow_guide(tab)
    made = ann.host.fake.application(redirect_uri=callback_of(ann, ann.host.slug))
    tab.hand.write(tab.page.get_by_label("Client ID / Key"), made.client_id)
    tab.hand.write(tab.page.get_by_label("Client Secret"), made.secret)
    return tab


def send_the_form_of_the_other_tab(ann: GitLabPerson, stale: GitLabPerson) -> None:
    """Its callback URL was taken meanwhile: the form comes back with a new one, and nothing typed is lost."""
    typed = stale.page.get_by_label("Client ID / Key").input_value()
    stale.press("Create Integration")
    stale.see("The callback URL was taken meanwhile")
    expect(stale.page.get_by_role("textbox", name="Callback URL")).to_have_value(callback_of(ann, f"{ann.host.slug}-2"))
    assert stale.page.get_by_label("Client ID / Key").input_value() == typed


def callback_of(ann: GitLabPerson, slug: str) -> str:
    """The callback URL of an integration."""
    return f"{ann.product.base_url}/oauth/{slug}/callback"


def claim_and_remember_the_callback(ann: GitLabPerson) -> str:
    """Become administrator. The address with which the browser came back."""
    seen: list[str] = []
    ann.page.on("request", lambda request: seen.append(request.url) if "/callback?" in request.url else None)
    story.claim_administration(ann)
    assert len(seen) == 1
    return seen[0]


def go_back_to_the_claim(ann: GitLabPerson) -> None:
    """The back button shows no page that could claim again."""
    ann.watch.expected |= {400, 404}
    ann.page.go_back()
    ann.page.wait_for_load_state()
    ann.page.reload()
    assert not ann.page.get_by_role("button", name="Log in and become administrator").is_visible()
    ann.open("/orgs/new")
    ann.see("New organization")


def use_the_callback_again(ann: GitLabPerson, callback: str) -> None:
    """A code works once; the person stays logged in."""
    ann.page.goto(callback)
    ann.see("This login can not be finished")
    ann.open("/profile")
    ann.see("Ann Almond")


def find_setup_closed_in_another_tab(ann: GitLabPerson, stale: GitLabPerson) -> None:
    """The addresses of the wizard are gone, also for the tab that was left in it."""
    answer = stale.page.goto(f"{ann.product.base_url}/setup/claim")
    assert answer is not None
    assert answer.status == 404
    stale.page.close()


def create_with_a_double_click(ann: GitLabPerson) -> None:
    """One organization, one first run."""
    ann.open("/orgs/new")
    allow = ann.page.locator("main").get_by_role("button", name=re.compile("^Authorize"))
    ann.go_to_host(allow.first)
    ann.hand.tick(ann.page.get_by_label(re.compile("^acme Acme")))
    find(ann.page, "Create and synchronize").dblclick()
    expect(ann.page).to_have_url(re.compile(r"/orgs/acme/synchronizations/1/runs/1$"))
    assert len(json.loads(ann.product.run("sync", "list", "--json"))) == 1


def lose_the_network_while_a_run_is_shown(ann: GitLabPerson) -> None:
    """The page waits for it, and then shows the end of the run."""
    story.wait_until_finished(ann)
    ann.host.fake.misbehave(r"/members/all", "slow", times=3, seconds=2.0)
    ann.open("/orgs/acme/synchronizations/1")
    ann.press("Synchronize now")
    expect(ann.page).to_have_url(re.compile(r"/runs/2$"))
    ann.context.set_offline(True)
    ann.page.wait_for_timeout(2500)
    ann.context.set_offline(False)
    story.wait_until_finished(ann)
    ann.host.fake.behave()
    lost = [text for text in ann.watch.complaints if OFFLINE in text]
    ann.watch.complaints[:] = [text for text in ann.watch.complaints if OFFLINE not in text]
    assert lost, "the page has asked while there was no network"
