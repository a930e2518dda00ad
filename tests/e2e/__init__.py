"""The whole story in a real browser, with real processes, real git and the real Composer."""

import pytest

MODULES = ("browsing", "canaries", "composer_client", "crawl", "ending", "git_client", "hands", "product", "story")

pytest.register_assert_rewrite(*(f"{__name__}.{module}" for module in MODULES))
