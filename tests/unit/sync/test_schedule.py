"""When synchronizations run next."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sync.schedule import continue_at, next_pass_at, spread

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours_until(next_at: datetime) -> float:
    return (next_at - NOW) / HOUR


@pytest.mark.parametrize("synchronization_id", range(1, 6))
def test_passes_come_after_their_interval_and_not_all_at_once(synchronization_id: int) -> None:
    next_at = next_pass_at(NOW, interval=HOUR, synchronization_id=synchronization_id)

    assert 1 <= hours_until(next_at) <= 1.1
    assert next_at == next_pass_at(NOW, interval=HOUR, synchronization_id=synchronization_id)


def test_neighbours_are_spread_over_the_whole_range() -> None:
    places = sorted(spread(number) for number in range(1, 101))

    assert max(after - before for before, after in pairwise(places)) < 0.1
    assert places[0] < 0.1
    assert places[-1] > 0.9


@pytest.mark.parametrize(
    ("requests", "rate_limit", "hours"),
    [
        (1000, None, 2.0),  # the host does not tell
        (100, 5000, 2.0),  # cheap enough
        (1000, 5000, 2.0),  # a tenth of 5000 in two hours: just enough
        (2000, 5000, 4.0),
        (100_000, 60, 24.0),  # never less than once a day
    ],
)
def test_a_pass_uses_no_more_than_a_tenth_of_what_the_host_allows(
    requests: int, rate_limit: int | None, hours: float
) -> None:
    next_at = next_pass_at(NOW, interval=2 * HOUR, synchronization_id=1, requests=requests, rate_limit=rate_limit)

    assert hours <= hours_until(next_at) <= hours * 1.1


def test_an_interval_of_more_than_a_day_is_kept() -> None:
    next_at = next_pass_at(NOW, interval=48 * HOUR, synchronization_id=1, requests=10**6, rate_limit=1)

    assert hours_until(next_at) >= 48


def test_runs_that_a_host_made_wait_go_on_within_half_a_minute_of_its_word() -> None:
    delays = {continue_at(NOW, synchronization_id=number) - NOW for number in range(1, 20)}

    assert len(delays) > 10
    assert timedelta(0) <= min(delays) <= max(delays) <= timedelta(seconds=30)
