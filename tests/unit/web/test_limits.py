"""Attempts are counted in Redis, and in the process while Redis is away."""

import pytest
import redis
from flask.testing import FlaskClient
from redis.backoff import NoBackoff
from redis.retry import Retry

from web.limits import MOST_KEYS, REST_SECONDS, RateLimiter


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000_000_020.0  # the start of a window of 60 seconds

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["redis", "process"])
def limiter(request: pytest.FixtureRequest, clock: Clock) -> RateLimiter:
    if request.param == "process":
        return RateLimiter(clock=clock)
    return RateLimiter(redis.Redis.from_url(request.getfixturevalue("redis_url")), clock=clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def waits(limiter: RateLimiter, times: int, key: str = "a") -> list[int]:
    return [limiter.seconds_to_wait(key, limit=3, seconds=60) for _ in range(times)]


def test_attempts_within_the_limit_pass(limiter: RateLimiter) -> None:
    assert waits(limiter, 3) == [0, 0, 0]


@pytest.mark.parametrize("elapsed", [0, 10, 59])
@pytest.mark.parametrize("attempts", [3, 4, 20])
def test_the_next_attempt_is_told_when_it_will_pass(
    limiter: RateLimiter, clock: Clock, elapsed: int, attempts: int
) -> None:
    clock.now += elapsed
    waits(limiter, attempts)

    (wait,) = waits(limiter, 1)

    assert wait >= 60 - elapsed
    clock.now += wait
    assert waits(limiter, 1) == [0]


def test_others_are_not_affected(limiter: RateLimiter) -> None:
    waits(limiter, 5)

    assert waits(limiter, 1, key="b") == [0]


def test_the_last_window_still_counts_by_its_share(limiter: RateLimiter, clock: Clock) -> None:
    waits(limiter, 3)

    clock.now += 61
    (wait,) = waits(limiter, 1)
    assert wait == 39  # 2 more fit when two thirds of the last window have gone by

    clock.now += wait
    assert waits(limiter, 1) == [0]


def test_after_two_windows_all_is_forgotten(limiter: RateLimiter, clock: Clock) -> None:
    waits(limiter, 9)

    clock.now += 120

    assert waits(limiter, 3) == [0, 0, 0]


def test_without_redis_the_process_counts_and_redis_is_left_alone_for_a_while(clock: Clock) -> None:
    away = CountingRedis()
    limiter = RateLimiter(away, clock=clock)

    assert [wait > 0 for wait in waits(limiter, 4)] == [False, False, False, True]
    assert away.asked == 1
    clock.now += REST_SECONDS
    waits(limiter, 1)
    assert away.asked == 2


def test_many_visitors_do_not_fill_the_memory(clock: Clock) -> None:
    limiter = RateLimiter(clock=clock)
    for number in range(MOST_KEYS):
        limiter.seconds_to_wait(str(number), limit=3, seconds=60)

    clock.now += 300
    waits(limiter, 1)

    assert len(limiter._counts) == 1


def test_a_limited_view_answers_429_with_the_time_to_wait(bare_client: FlaskClient) -> None:
    answers = [bare_client.get("/limited") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 120
    assert "Too many attempts" in answers[2].text


class CountingRedis(redis.Redis):
    """A Redis that never answers, and counts who asks."""

    def __init__(self) -> None:
        super().__init__(unix_socket_path="/nonexistent/redis.sock", retry=Retry(NoBackoff(), 0))
        self.asked = 0

    def pipeline(self, transaction: bool = True, shard_hint: object = None) -> redis.client.Pipeline:
        self.asked += 1
        return super().pipeline(transaction=transaction)
