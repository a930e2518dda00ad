"""Why somebody may read a package, or why not: asked without a script, changed at the host, asked again."""

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.settled import SYNCHRONIZATION, settled_ann
from tests.e2e.story import GitLabPerson, find
from tests.fakes.gitlab import FakeGitLab, Level


def test_access_is_explained_and_follows_the_host(chromium: Browser, fake: FakeGitLab, tmp_path: Path) -> None:
    with settled_ann(chromium, fake, tmp_path, script=False) as ann:
        ask(ann, "acme/orm", "finn")
        ann.see("finn may not read acme/orm.")
        ann.see("acme/backend/orm is private at Gitlab, and no team of finn has it.")
        assert f"{fake.base_url}/groups/acme/backend/-/group_members" in links(ann)

        fake.add_member(fake.group("acme/backend"), fake.user("finn"), Level.REPORTER)
        ann.open(SYNCHRONIZATION)
        ann.press("Synchronize now")
        ann.see("Finished")
        ask(ann, "acme/orm", "finn")
        ann.see("finn may read acme/orm because they have the role Reporter in acme/backend at Gitlab.")
        ann.see("they left acme/backend, or had a role there that does not read code")

        ann.press("All readers of acme/orm", "link")
        row = ann.page.get_by_role("row", name="dan")
        expect(row).to_contain_text("Reporter in acme/backend, inherited from acme")
        ann.press("finn", "link")
        ann.see("finn may read")
        said = ann.product.run(
            "access", "explain", "--organization", "acme", "--person", "finn", "--package", "acme/orm"
        )
        assert "finn may read acme/orm because they have the role Reporter in acme/backend at Gitlab." in said


def ask(person: GitLabPerson, package: str, login: str) -> None:
    """From the navigation to the answer; what was typed in part is offered in full."""
    person.open("/orgs/acme")
    person.page.get_by_role("link", name="Access", exact=True).click()
    offered = person.page.locator("#known-person option").evaluate_all("options => options.map(it => it.value)")
    assert login in offered
    person.hand.write(person.page.get_by_label("Package", exact=True), package)
    person.hand.write(person.page.get_by_label("Login at the host"), login)
    person.hand.press(find(person.page, "Explain"))


def links(person: GitLabPerson) -> list[str]:
    """Where the links of the page lead."""
    found: list[str] = person.page.locator("main a").evaluate_all("links => links.map(it => it.href)")
    return found
