"""Make the pictures of the documentation, by walking through a demo that was just started.

Type `make demo`, and in another window, as the same user: .venv/bin/python -m docs.screenshots
"""

import argparse
import json
import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import find_chromium

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
WIDTH, TALLEST, MARGIN = 1280, 1100, 8
PATIENCE_MS = 30_000
IN_WORK = re.compile("^(Waiting for a worker|Being read)")
ON_THE_WAY = re.compile("^(Sign in as Ann Almond|Authorize )")


@dataclass(frozen=True, slots=True)
class Demo:
    """Where a running demo is, and the application that exists at its GitLab."""

    base_url: str
    gitlab_url: str
    client_id: str
    secret: str


def read_demo(facts_file: Path) -> Demo:
    """What the make-believe GitLab wrote about itself. Raises OSError when no demo runs there."""
    facts = json.loads(facts_file.read_text(encoding="utf-8"))
    base_url = facts["redirect_uri"].partition("/oauth/")[0]
    return Demo(base_url, facts["base_url"], facts["client_id"], facts["secret"])


@dataclass(slots=True)
class Visitor:
    """Ann, who sets the demo up, and a camera."""

    page: Page
    demo: Demo
    images: Path

    def open(self, path: str) -> None:
        self.page.goto(f"{self.demo.base_url}{path}")

    def press(self, name: str | re.Pattern[str], role: str = "button") -> None:
        place = self.page.locator("main")
        place.get_by_role("link" if role == "link" else "button", name=name, exact=True).first.click()

    def see(self, text: str | re.Pattern[str]) -> None:
        self.page.locator("main").get_by_text(text).first.wait_for()

    def visit_host(self, text: str) -> None:
        """Sign in and agree at GitLab as often as it asks, until a page of ours shows the text."""
        wanted = self.page.locator("main").get_by_text(text).first
        button = self.page.get_by_role("button", name=ON_THE_WAY).first
        while not wanted.is_visible():
            wanted.or_(button).first.wait_for()
            if not wanted.is_visible():
                button.click()
                self.page.wait_for_load_state()

    def photograph(self, name: str, *, top: int = 0, tallest: int = TALLEST) -> None:
        """Keep what the page shows from `top` on, without the caret and without what fades in."""
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
        height = min(self.page.evaluate("document.documentElement.scrollHeight") - top, tallest)
        clip = {"x": 0, "y": top, "width": WIDTH, "height": height}
        path = self.images / f"{name}.png"
        self.page.screenshot(path=path, full_page=True, clip=clip, animations="disabled")  # type: ignore[arg-type]


def set_up(visitor: Visitor) -> None:
    """From the first page to the administrator."""
    page, demo = visitor.page, visitor.demo
    visitor.open("/setup")
    visitor.press("Start", "link")
    visitor.see("System check")
    visitor.press("Continue", "link")
    page.get_by_label("Name", exact=True).fill("GitLab")
    page.get_by_label("Platform").select_option(label="GitLab Self-Managed")
    page.get_by_label("Base URL").fill(demo.gitlab_url)
    page.locator(f'#guide a[href="{demo.gitlab_url}/admin/applications"]').wait_for()
    heading = page.get_by_role("heading", name="Add Integration").bounding_box()
    visitor.photograph("integration", top=int(heading["y"]) - MARGIN if heading else 0, tallest=776)
    page.get_by_label("Client ID / Key").fill(demo.client_id)
    page.get_by_label("Client Secret").fill(demo.secret)
    visitor.press("Create Integration")
    visitor.see("Integration created")
    visitor.open("/setup")
    visitor.photograph("setup")
    visitor.open("/setup/try/gitlab")
    with page.context.expect_page() as opened:
        visitor.press("Try the login")
    visitor.page = opened.value
    visitor.visit_host("The login works")
    visitor.photograph("try-login")
    visitor.press("Continue", "link")
    visitor.press("Log in and become administrator")
    visitor.visit_host("You are the administrator of this installation")


def create_organization(visitor: Visitor) -> None:
    """The group acme, and its first run."""
    page = visitor.page
    visitor.press(re.compile("^Authorize"))
    visitor.visit_host("Create and synchronize")
    page.get_by_label(re.compile("^acme Acme")).check()
    visitor.photograph("new-organization")
    visitor.press("Create and synchronize")
    visitor.see(re.compile("^Finished$"))
    visitor.photograph("run")


def look_around(visitor: Visitor) -> None:
    """The pages that people see every day."""
    visitor.open("/orgs/acme/packages")
    while visitor.page.locator("main td").get_by_text(IN_WORK).count():
        visitor.page.wait_for_timeout(500)
        visitor.page.reload()
    visitor.photograph("packages", tallest=880)
    visitor.open("/orgs/acme/packages/acme/http-client")
    visitor.photograph("package")
    visitor.open("/orgs/acme/teams")
    visitor.photograph("teams", tallest=760)
    visitor.open("/orgs/acme/access?package=acme%2Fhttp-client")
    visitor.photograph("access")
    visitor.open("/profile/tokens")
    visitor.photograph("tokens", tallest=1400)


def main() -> None:
    """Walk from the setup to the token page, and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=Path, default=ROOT / "var" / "demo" / "run" / "gitlab.json")
    parser.add_argument("--images", type=Path, default=IMAGES)
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": WIDTH, "height": 800}, color_scheme="light", reduced_motion="reduce", locale="en-GB"
        )
        context.set_default_timeout(PATIENCE_MS)
        visitor = Visitor(context.new_page(), read_demo(options.facts), options.images)
        set_up(visitor)
        create_organization(visitor)
        look_around(visitor)
        browser.close()


if __name__ == "__main__":
    main()
