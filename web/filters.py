"""How templates write times, counts and names, and how a control is tied to its help and error."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit
from zlib import crc32

from flask import Flask

AVATAR_TINTS = 6
UNITS = ((60, 60, "min"), (3600, 24, "h"), (86400, 30, "day"), (86400 * 30, 12, "month"))
SECONDS_OF_A_YEAR = 86400 * 365
ANSWER = re.compile(r"\b([A-Z]{3,7}) (/[^\s:]*): ([1-5]\d\d)(?: \3)?(?: ([\w ]+\w))?")
MEANINGS = {"401": "not logged in", "403": "not allowed", "404": "not found", "429": "too many requests"}


class Control(Protocol):
    """The parts of a form field that `described` looks at."""

    id: str
    errors: Any
    flags: Any


def relative_time(moment: datetime, now: datetime | None = None) -> str:
    """ "just now", "5 min ago", "2 h ago", "3 days ago", "in 5 min". app.js keeps it fresh by the same rule."""
    seconds = int(((now or datetime.now(UTC)) - moment).total_seconds())
    distance = abs(seconds)
    if distance < 45:
        return "just now" if seconds >= 0 else "in a moment"
    for size, limit, unit in UNITS:
        amount = max(1, int(distance / size + 0.5))
        if amount < limit:
            return _distance_words(amount, unit, is_past=seconds >= 0)
    return _distance_words(max(1, int(distance / SECONDS_OF_A_YEAR + 0.5)), "year", is_past=seconds >= 0)


def _distance_words(amount: int, unit: str, *, is_past: bool) -> str:
    plural = "s" if amount != 1 and unit not in {"min", "h"} else ""
    words = f"{amount} {unit}{plural}"
    return f"{words} ago" if is_past else f"in {words}"


def absolute_time(moment: datetime) -> str:
    """ "21 November 2026, 14:05 UTC"."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"


def iso_time(moment: datetime) -> str:
    """For `datetime` attributes."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def duration(seconds: float) -> str:
    """ "0.4 s", "12 s", "3 min 5 s", "2 h 10 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def number(value: int) -> str:
    """12345 → "12,345"."""
    return f"{value:,}"


def plain_failure(text: str, host: str = "the host") -> str:
    """A failed request in words: "GET /api: 403 403 Forbidden" → "GitLab answered 403 (not allowed) to GET /api"."""
    said = ANSWER.sub(lambda found: _say_answer(found, host), text)
    return said[:1].upper() + said[1:] if said != text else text


def _say_answer(found: re.Match[str], host: str) -> str:
    method, path, status, words = found.groups()
    meaning = MEANINGS.get(status) or (words or "").lower()
    return f"{host} answered {status}{f' ({meaning})' if meaning else ''} to {method} {path}"


def initials(name: str) -> str:
    """Up to two letters that stand for a person."""
    words = [word for word in name.replace(".", " ").replace("_", " ").replace("-", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def hue(name: str) -> int:
    """The same tint for the same name, everywhere."""
    return crc32(name.encode()) % AVATAR_TINTS


def is_web_url(url: str | None) -> bool:
    """Whether a URL that came from outside may become a link: http and https only."""
    if not url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def described(control: Control, help_text: str | None, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes that tie a control to its error and help for screen readers."""
    names = [f"{control.id}-error"] if control.errors else []
    names += [f"{control.id}-help"] if help_text else []
    attributes = dict(extra)
    if names:
        attributes["aria_describedby"] = " ".join(names)
    if control.errors:
        attributes["aria_invalid"] = "true"
    return attributes


def init_filters(app: Flask) -> None:
    """Make the filters known to templates."""
    for function in (
        relative_time,
        absolute_time,
        iso_time,
        duration,
        number,
        plain_failure,
        initials,
        hue,
        is_web_url,
    ):
        app.add_template_filter(function)
    app.jinja_env.globals["described"] = described
