"""What the next run would do, before it does it; and a run that fails half way, with nothing lost."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.e2e.browsing import watched_context
from tests.e2e.hands import Mouse
from tests.e2e.product import running_product
from tests.e2e.settled import SYNCHRONIZATION, settle
from tests.e2e.story import Person, find
from tests.fakes.gitlab import FakeGitLab, Kind, Level


@pytest.fixture
def ann(chromium: Browser, fake: FakeGitLab, tmp_path: Path) -> Iterator[Person]:
    """Ann, whose organization was synchronized once."""
    with (
        running_product(tmp_path, outbound_allow=f"127.0.0.1:{fake.port}") as product,
        watched_context(chromium, product.base_url) as (context, watch),
    ):
        settle(product, fake, context)
        yield Person(product, fake, context, watch, Mouse(), context.new_page())


def change_host(fake: FakeGitLab) -> None:
    """Carla goes, Dan comes to the platform, and a project with a package is deleted."""
    fake.remove_member(fake.group("acme/backend"), fake.user("carla"))
    fake.add_member(fake.group("acme/platform"), fake.user("gil"), Level.DEVELOPER)
    fake.delete_project(fake.project("acme/platform/legacy-soap"))


def changes(person: Person) -> list[str]:
    """The list of changes on a run page, folded ones too."""
    return person.page.locator(".changes .change-text").all_text_contents()


def ended(person: Person, word: str) -> Locator:
    """The status of the run, once it is over."""
    status = person.page.locator("#run-live .status-word").first
    expect(status).to_have_text(word)
    person.watch.keep(person.page)
    return status


def test_a_preview_shows_what_the_next_run_does(ann: Person, fake: FakeGitLab) -> None:
    change_host(fake)
    ann.open(SYNCHRONIZATION)
    ann.press("Preview")
    expect(ann.page).to_have_url(re.compile(r"/runs/2$"))
    ended(ann, "Finished")

    ann.see("1 package would be removed: acme/legacy-soap")
    ann.see("The host may change in between")
    foreseen = changes(ann)
    ann.open("/orgs/acme/packages?text=legacy-soap")
    ann.see("acme/legacy-soap")

    ann.open(f"{SYNCHRONIZATION}/runs/2")
    ann.press("Synchronize now")
    expect(ann.page).to_have_url(re.compile(r"/runs/3$"))
    ended(ann, "Finished")
    assert changes(ann) == foreseen
    ann.see("1 package removed: acme/legacy-soap")
    ann.open("/orgs/acme/packages?text=legacy-soap")
    expect(ann.page.locator("main").get_by_text("acme/legacy-soap")).to_have_count(0)
    ann.open(f"{SYNCHRONIZATION}/runs/2")
    ann.see("A synchronization has finished since")


def test_a_run_that_fails_half_way_removes_nothing_and_heals(ann: Person, fake: FakeGitLab) -> None:
    change_host(fake)
    fake.misbehave(r"/groups/\d+/projects", Kind.TRUNCATED_JSON)
    ann.open(SYNCHRONIZATION)
    ann.press("Synchronize now")
    ended(ann, "Failed")

    ann.see("Nothing was changed")
    ann.see("Everything stays as it was after the last synchronization")
    assert changes(ann) == []
    ann.open("/orgs/acme/packages?text=legacy-soap")
    ann.see("acme/legacy-soap")

    fake.behave()
    ann.open(SYNCHRONIZATION)
    ann.see("Failed")
    ann.hand.press(find(ann.page, "Synchronize now"))
    ended(ann, "Finished")
    ann.see("1 package removed: acme/legacy-soap")
    ann.see("Compared with run 1")
