"""Naming browsers."""

import pytest

from accounts.browsers import describe_browser

GECKO = "(KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 {GECKO} Chrome/156.0 Safari/537.36", "Chrome on Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0) {GECKO} Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) {GECKO} Version/18 Safari/605.1", "Safari on macOS"),
        (f"Mozilla/5.0 (Linux; Android 16) {GECKO} Chrome/156.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.1", "curl/8.1"),
        ("x" * 300, "x" * 60),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_as_its_owner_would(user_agent: str, words: str) -> None:
    assert describe_browser(user_agent) == words
