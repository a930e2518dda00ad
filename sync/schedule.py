"""When a synchronization runs next. Pure: no I/O, no clock."""

import hashlib
from datetime import datetime, timedelta

SPREAD = 0.1  # of an interval: so that what was set up together does not run together for ever
SHARE = 0.1  # of what the host lets us ask in an hour, for one kind of pass
LONGEST = timedelta(hours=24)  # no pass is put off for longer than this for the host's sake
AFTER_LIMIT = timedelta(seconds=30)
QUIET = timedelta(seconds=5)  # after a webhook: others of the same change follow within seconds


def next_pass_at(
    now: datetime, *, interval: timedelta, synchronization_id: int, requests: int = 0, rate_limit: int | None = None
) -> datetime:
    """When the next pass of a kind begins.

    `requests`: how many the last one made. `rate_limit`: how many the host takes before it refuses; where it does not
    say for how long that is meant, an hour is assumed, the longest that is usual.
    """
    if rate_limit:
        needed = timedelta(hours=requests / (rate_limit * SHARE))
        interval = max(interval, min(needed, LONGEST))
    return now + interval * (1 + SPREAD * spread(synchronization_id))


def continue_at(retry_at: datetime, *, synchronization_id: int) -> datetime:
    """When a run goes on that the host made wait: not all of them in the same second."""
    return retry_at + AFTER_LIMIT * spread(synchronization_id)


def spread(synchronization_id: int) -> float:
    """A number from 0 to 1 that is always the same for a synchronization, and another one for its neighbour."""
    digest = hashlib.sha256(str(synchronization_id).encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32
