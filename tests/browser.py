"""Which browser the end-to-end tests drive."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """The distribution's Chromium, or the one named by REPERTORY_TEST_CHROMIUM; None means Playwright's own."""
    named = os.environ.get("REPERTORY_TEST_CHROMIUM")
    return named or next((path for name in NAMES if (path := shutil.which(name))), None)
