"""How somebody uses a page: with a mouse, or with nothing but the keyboard."""

from typing import Protocol

from playwright.sync_api import Locator

MOST_TABS = 250


class Hand(Protocol):
    """What can be done with what is on a page."""

    def press(self, target: Locator) -> None:
        """A button or a link."""
        ...

    def write(self, target: Locator, text: str) -> None:
        """Put a text in the place of what a field holds."""
        ...

    def tick(self, target: Locator) -> None:
        """A check box or a radio button, unless it is ticked."""
        ...

    def choose(self, target: Locator, label: str) -> None:
        """One entry of a drop-down list."""
        ...


class Mouse:
    """Clicks, and types where it has clicked."""

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)

    def tick(self, target: Locator) -> None:
        target.check()

    def choose(self, target: Locator, label: str) -> None:
        target.select_option(label=label)


class Keyboard:
    """Reaches everything with Tab. What Tab does not reach does not exist."""

    def press(self, target: Locator) -> None:
        _tab_to(target)
        target.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        _tab_to(target)
        target.page.keyboard.press("Control+A")
        target.page.keyboard.type(text)

    def tick(self, target: Locator) -> None:
        if target.is_checked():
            return
        if target.get_attribute("type") != "radio":
            _tab_to(target)
            target.page.keyboard.press("Space")
        else:
            _tab_to_group(target)
            while not target.is_checked():
                target.page.keyboard.press("ArrowDown")
        assert target.is_checked()

    def choose(self, target: Locator, label: str) -> None:
        _tab_to(target)
        target.page.keyboard.type(label)
        assert target.evaluate("element => element.selectedOptions[0].label") == label


def _tab_to(target: Locator) -> None:
    target.wait_for(state="visible")
    _tab_until(target, "element => element === document.activeElement")


def _tab_to_group(radio: Locator) -> None:
    """Tab stops once at a group of radio buttons: at the chosen one, or at its first."""
    same = "element.name === document.activeElement.name && element.form === document.activeElement.form"
    _tab_until(radio, f"element => {same}")
    if not radio.is_checked():
        radio.page.keyboard.press("Space")


def _tab_until(target: Locator, condition: str) -> None:
    for _ in range(MOST_TABS):
        if target.evaluate(condition):
            return
        target.page.keyboard.press("Tab")
    raise AssertionError(f"can not be reached with the Tab key: {target}")
