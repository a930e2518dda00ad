"""Look at a page as people do who see badly, use a phone, or prefer the dark: what is wrong with it?"""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDE, NARROW, PHONE = 1280, 320, 360
AXE = Axe()
EVERYTHING: dict[str, object] = {"resultTypes": ["violations"]}
ONLY_COLOURS: dict[str, object] = EVERYTHING | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
RUN_AXE = """options => {
    window.axeFound = null
    axe.run(document, options).then(found => { window.axeFound = found })
}"""
LOOKS, LOOK_SECONDS = 600, 0.05
TOO_WIDE = """width => [...document.querySelectorAll("main *, header *, footer *")]
    .filter(element => element.getBoundingClientRect().right > width + 1 && element.checkVisibility())
    .slice(0, 3).map(element => element.outerHTML.slice(0, 120))"""


@dataclass(slots=True)
class Inspection:
    """All pages that were looked at, and what is wrong with them.

    With REPERTORY_TEST_SCREENSHOTS=FOLDER in the environment it leaves pictures of them there.
    """

    problems: list[str] = field(default_factory=list)
    pictures: str = field(default_factory=lambda: os.environ.get("REPERTORY_TEST_SCREENSHOTS", ""))

    def look(self, page: Page, name: str) -> None:
        """At both widths, with every menu open; in the dark only where it is narrow: all colours are there."""
        if self.pictures:
            self._photograph(page, name)
        for width in (WIDE, NARROW):
            page.set_viewport_size({"width": width, "height": 900})
            self._check_width(page, f"{name} at {width}", width)
            _open_menus(page, is_open=True)
            self._check_width(page, f"{name} at {width} with open menus", width)
            for theme in THEMES if width == NARROW else THEMES[:1]:
                page.emulate_media(color_scheme=theme)
                self._run_axe(page, f"{name} at {width}, {theme}", is_complete=theme == "light")
            _open_menus(page, is_open=False)
        page.set_viewport_size({"width": WIDE, "height": 900})

    def _run_axe(self, page: Page, name: str, *, is_complete: bool) -> None:
        """Everything but colours is the same in both themes."""
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE.axe_script)
        page.evaluate(RUN_AXE, EVERYTHING if is_complete else ONLY_COLOURS)
        for violation in _wait_for_axe(page)["violations"]:
            targets = [node["target"] for node in violation["nodes"]][:3]
            self.problems.append(f"{name}: {violation['id']} at {targets}")

    def _check_width(self, page: Page, name: str, width: int) -> None:
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            self.problems.append(f"{name}: is {needed} wide, because of {page.evaluate(TOO_WIDE, width)}")

    def _photograph(self, page: Page, name: str) -> None:
        folder = Path(self.pictures)
        folder.mkdir(parents=True, exist_ok=True)
        for width in (WIDE, PHONE):
            page.set_viewport_size({"width": width, "height": 900})
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                file = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
                page.screenshot(path=folder / f"{file}-{width}-{theme}.png", full_page=True)


def _open_menus(page: Page, *, is_open: bool) -> None:
    page.eval_on_selector_all("details", "(all, open) => all.forEach(one => { one.open = open; })", is_open)


def _wait_for_axe(page: Page) -> Any:
    """Not for ever: the answer is lost when the page loads itself anew meanwhile."""
    for _ in range(LOOKS):
        found = page.evaluate("window.axeFound")
        if found:
            return found
        page.wait_for_timeout(1000 * LOOK_SECONDS)
    raise AssertionError(f"{page.url} was not examined to the end")
