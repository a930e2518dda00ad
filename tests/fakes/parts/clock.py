"""The fake server's clock: real time that a test can move forward."""

from datetime import UTC, date, datetime, timedelta


class Clock:
    """Aware UTC times; `advance` lets tokens, codes, memberships and shares expire."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def today(self) -> date:
        return self.now().date()

    def advance(self, **duration: float) -> None:
        self._offset += timedelta(**duration)


def iso(moment: datetime | None) -> str | None:
    """GitLab's time format."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
