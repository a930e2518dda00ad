"""Read and write the release times of versions. Pure: no I/O, no clock."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_LONGEST = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS = re.compile(r"@?(\d{1,12})", re.ASCII)
_ZONE_NAME = re.compile(r"\s*(?:UTC|GMT)\Z", re.IGNORECASE | re.ASCII)


def parse_time(text: str) -> datetime | None:
    """Return the time that a composer.json gives: ISO 8601, RFC 2822 or seconds since 1970; None when unreadable.

    A time without a zone is UTC.
    """
    if len(text) > _LONGEST:
        return None
    seconds = _SECONDS.fullmatch(text.strip())
    try:
        if seconds:
            return _EPOCH + timedelta(seconds=int(seconds[1]))
        return _in_zone(_parse_words(text.strip()))
    except (ValueError, OverflowError):
        return None


def format_time(time: datetime) -> str:
    """Return an RFC 3339 time with whole seconds, in the zone it was given in."""
    return time.isoformat(timespec="seconds")


def _parse_words(text: str) -> datetime:
    try:
        return datetime.fromisoformat(_ZONE_NAME.sub("+00:00", text).replace("/", "-"))
    except ValueError:
        return parsedate_to_datetime(text)


def _in_zone(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
