"""Browsers that are watched: whatever a page complains about is a failure, and what it showed is kept."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError, sync_playwright

from tests.browser import find_chromium

PATIENCE_MS = 20_000
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP *.localhost 127.0.0.1",
)


@dataclass  # without slots: Playwright hangs wrappers on the object whose methods it calls
class Watch:
    """What happened in all tabs of one browser. Only pages below `origin` are ours to judge.

    The browser itself complains about every answer that is an error: those with a status in `expected` are meant.
    """

    origin: str
    complaints: list[str] = field(default_factory=list)
    expected: set[int] = field(default_factory=set)
    secrets_in_addresses: set[str] = field(default_factory=set)
    _shown: dict[str, str] = field(default_factory=dict)

    def note_console(self, message: ConsoleMessage) -> None:
        """An error or a violation of the content security policy."""
        where = message.location.get("url", "")
        is_expected = any(f"status of {status} " in message.text for status in self.expected)
        if message.type == "error" and where.startswith(self.origin) and not is_expected:
            self.complaints.append(f"{where}: {message.text}")

    def note_error(self, error: WebError) -> None:
        """An exception in a script."""
        page = error.page
        if page is None or page.url.startswith(self.origin):
            self.complaints.append(str(error.error))

    def note_request(self, request: Request) -> None:
        """Codes and states of OAuth are in addresses: nowhere else may they turn up."""
        found = re.findall(r"[?&](?:code|state)=([^&]+)", request.url)
        self.secrets_in_addresses.update(found)

    def keep(self, page: Page) -> None:
        """What the page shows now."""
        if page.url.startswith(self.origin):
            self._shown[page.url + str(len(self._shown))] = page.content()

    def shown(self) -> str:
        """All pages that were kept."""
        return "\n".join(self._shown.values())


@contextmanager
def opened_chromium() -> Iterator[Browser]:
    """One Chromium without anything that calls home."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def watched_context(
    browser: Browser, origin: str, *, script: bool = True, width: int = 1280
) -> Iterator[tuple[BrowserContext, Watch]]:
    """A browser of its own: no cookie of another. Raises AssertionError at the end when a page complained."""
    context = browser.new_context(
        java_script_enabled=script,
        ignore_https_errors=True,
        reduced_motion="reduce",
        viewport={"width": width, "height": 900},
    )
    context.set_default_timeout(PATIENCE_MS)
    watch = Watch(origin)
    context.on("console", watch.note_console)
    context.on("weberror", watch.note_error)
    context.on("request", watch.note_request)
    try:
        yield context, watch
    except BaseException as error:
        for page in context.pages:
            error.add_note(f"{page.url} shows:\n{page.locator('body').inner_text()[:3000]}")
        raise
    finally:
        context.close()
    assert watch.complaints == []
