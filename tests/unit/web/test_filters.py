"""How times, counts and names are written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from wtforms import Form, StringField, validators

from web.filters import (
    absolute_time,
    described,
    duration,
    hue,
    initials,
    is_web_url,
    iso_time,
    number,
    plain_failure,
    relative_time,
)

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=0), "just now"),
        (timedelta(seconds=44), "just now"),
        (timedelta(seconds=45), "1 min ago"),
        (timedelta(seconds=90), "2 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(minutes=59, seconds=40), "1 h ago"),
        (timedelta(hours=2), "2 h ago"),
        (timedelta(hours=23, minutes=40), "1 day ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=30), "1 month ago"),
        (timedelta(days=100), "3 months ago"),
        (timedelta(days=364), "1 year ago"),
        (timedelta(days=800), "2 years ago"),
        (timedelta(seconds=-20), "in a moment"),
        (timedelta(minutes=-5), "in 5 min"),
        (timedelta(days=-2), "in 2 days"),
    ],
)
def test_times_are_told_by_their_distance(ago: timedelta, words: str) -> None:
    assert relative_time(NOW - ago, NOW) == words


def test_without_a_time_to_compare_the_clock_is_asked() -> None:
    assert relative_time(datetime.now(UTC)) == "just now"


def test_absolute_times_are_utc() -> None:
    moment = datetime(2026, 11, 2, 1, 5, tzinfo=timezone(timedelta(hours=2)))

    assert absolute_time(moment) == "1 November 2026, 23:05 UTC"
    assert iso_time(moment) == "2026-11-01T23:05:00+00:00"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.42, "0.4 s"), (12.4, "12 s"), (59.4, "59 s"), (59.9, "1 min 0 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")],
)
def test_durations_get_coarser_as_they_grow(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ann Meyer", "AM"),
        ("ann", "A"),
        ("ann.meyer-lee", "AL"),
        ("Åsa  Öberg", "ÅÖ"),
        ("", "?"),
        ("…", "?"),
        ("<script>", "?"),
    ],
)
def test_people_are_shown_by_their_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_name_keeps_its_tint() -> None:
    assert hue("ann") == hue("ann")
    assert {hue(f"person {index}") for index in range(100)} == set(range(6))


def test_counts_are_grouped() -> None:
    assert number(1234567) == "1,234,567"


@pytest.mark.parametrize(
    ("url", "may_be_linked"),
    [
        ("https://gitlab.example/a", True),
        ("http://localhost:8080/", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("//evil.example", False),
        ("/path", False),
        ("https://", False),
        ("http://[", False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_addresses_become_links(url: str | None, may_be_linked: bool) -> None:
    assert is_web_url(url) is may_be_linked


class Example(Form):  # type: ignore[misc]
    """A form with one field that must be filled."""

    name = StringField(validators=[validators.DataRequired()])


def test_a_control_is_tied_to_its_help_and_error() -> None:
    form = Example()
    untouched = described(form.name, None, {"rows": 3})
    with_help = described(form.name, "Help", {})
    form.validate()

    assert untouched == {"rows": 3}
    assert with_help == {"aria_describedby": "name-help"}
    assert described(form.name, "Help", {}) == {"aria_describedby": "name-error name-help", "aria_invalid": "true"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("GET /api/v4/groups/1: 404 404 Not found", "GitLab answered 404 (not found) to GET /api/v4/groups/1"),
        ("2 lists; one: GET /a: 403 Forbidden", "2 lists; one: GitLab answered 403 (not allowed) to GET /a"),
        ("GET /a: 502 Bad Gateway; and more", "GitLab answered 502 (bad gateway) to GET /a; and more"),
        ("GET /a: 503", "GitLab answered 503 to GET /a"),
        ("GET /a: the connection broke off", "GET /a: the connection broke off"),
        ("timeout", "timeout"),
        ("", ""),
    ],
)
def test_a_failed_request_is_a_sentence_that_names_the_host(text: str, words: str) -> None:
    assert plain_failure(text, "GitLab") == words
