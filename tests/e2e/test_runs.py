"""What the next run would do, before it does it; and a run that fails half way, with nothing lost."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.crawl import Inspection
from tests.e2e.settled import SYNCHRONIZATION, settled_ann
from tests.e2e.story import GitLabPerson
from tests.fakes.company import small_company
from tests.fakes.gitlab import FakeGitLab, Kind, Level


@pytest.fixture(scope="module")
def ann(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitLabPerson]:
    """Ann, whose organization was synchronized once."""
    with FakeGitLab() as fake:
        small_company(fake)
        with settled_ann(chromium, fake, tmp_path_factory.mktemp("runs")) as ann:
            yield ann


def changes(person: GitLabPerson) -> list[str]:
    """The list of changes on a run page, folded ones too."""
    return person.page.locator(".changes .change-text").all_text_contents()


def wait_until_ended(person: GitLabPerson, word: str) -> None:
    """The page follows the run by itself."""
    expect(person.page.locator("#run-live .status-word").first).to_have_text(word)
    person.watch.keep(person.page)


def has_package(person: GitLabPerson, name: str) -> bool:
    """Whether it is in the list of packages."""
    person.open(f"/orgs/acme/packages?text={name}")
    person.see("Packages")
    return person.page.locator("main").get_by_role("link", name=name, exact=True).count() == 1


def look_closely(person: GitLabPerson, name: str) -> None:
    """As people do who see badly, use a phone, or prefer the dark."""
    inspection = Inspection()
    inspection.look(person.page, name)
    assert inspection.problems == []


def test_a_preview_shows_what_the_next_run_does(ann: GitLabPerson) -> None:
    fake = ann.host.fake
    fake.remove_member(fake.group("acme/backend"), fake.user("carla"))
    fake.add_member(fake.group("acme/platform"), fake.user("gil"), Level.DEVELOPER)
    fake.delete_project(fake.project("acme/platform/legacy-soap"))
    ann.open(SYNCHRONIZATION)
    ann.press("Preview")
    wait_until_ended(ann, "Finished")
    preview = ann.page.url.removeprefix(ann.product.base_url)

    ann.see("would lose all access: @carla")
    ann.see("would be removed: acme/legacy-soap")
    ann.see("The host may change in between")
    foreseen = changes(ann)
    look_closely(ann, "a preview")
    assert has_package(ann, "acme/legacy-soap")

    ann.open(preview)
    ann.press("Synchronize now")
    wait_until_ended(ann, "Finished")
    ann.see("removed: acme/legacy-soap")
    assert changes(ann) == foreseen
    assert not has_package(ann, "acme/legacy-soap")
    ann.open(preview)
    ann.see("A synchronization has finished since")


def test_a_run_that_fails_half_way_removes_nothing_and_heals(ann: GitLabPerson) -> None:
    fake = ann.host.fake
    fake.delete_project(fake.project("acme/frontend/markdown"))
    fake.misbehave(r"/groups/\d+/projects", Kind.HTML_200)
    ann.open(SYNCHRONIZATION)
    ann.press("Synchronize now")
    wait_until_ended(ann, "Failed")

    ann.see("Nothing was changed")
    ann.see("Everything stays as it was after the last synchronization")
    assert changes(ann) == []
    look_closely(ann, "a run that failed")
    assert has_package(ann, "acme/markdown")

    fake.behave()
    ann.open(SYNCHRONIZATION)
    expect(ann.page.locator("#runs td .status-word").first).to_have_text("Failed")
    ann.press("Synchronize now")
    wait_until_ended(ann, "Finished")
    ann.see("removed: acme/markdown")
    assert not has_package(ann, "acme/markdown")
