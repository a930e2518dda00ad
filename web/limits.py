"""Rate limits: counted in Redis, and in this process while Redis does not answer."""

import time
from collections.abc import Callable
from functools import wraps
from math import ceil
from threading import Lock
from typing import ParamSpec, TypeVar

from flask import Flask, current_app, request
from redis import Redis
from redis.exceptions import RedisError
from structlog import get_logger
from werkzeug.exceptions import TooManyRequests

from web.login import browser_session

EXTENSION = "repertory_limiter"
REST_SECONDS = 10.0  # after an error Redis is left alone for so long
MOST_KEYS = 10_000

P = ParamSpec("P")
R = TypeVar("R")
logger = get_logger(__name__)


class RateLimiter:
    """Sliding windows: the count of this window plus the share of the last one that still reaches into it."""

    def __init__(self, redis: "Redis | None" = None, *, clock: Callable[[], float] = time.time) -> None:
        self._redis = redis
        self._clock = clock
        self._rest_until = 0.0
        self._counts: dict[str, tuple[int, float]] = {}
        self._lock = Lock()

    def seconds_to_wait(self, key: str, *, limit: int, seconds: int) -> int:
        """Count one attempt; 0 when it is allowed, else after how many seconds to try again."""
        now = self._clock()
        window, elapsed = int(now // seconds), now % seconds
        count, previous = self._count(key, window, seconds, now)
        if count + previous * (1 - elapsed / seconds) <= limit:
            return 0
        return max(1, ceil(round(_moment_of_room(count, previous, limit) * seconds - elapsed, 3)))

    def _count(self, key: str, window: int, seconds: int, now: float) -> tuple[int, int]:
        if self._redis is not None and now >= self._rest_until:
            try:
                return _count_in_redis(self._redis, key, window, seconds)
            except RedisError as error:
                self._rest_until = now + REST_SECONDS
                logger.warning("rate limits are counted in this process only", reason=type(error).__name__)
        return self._count_here(key, window, seconds, now)

    def _count_here(self, key: str, window: int, seconds: int, now: float) -> tuple[int, int]:
        with self._lock:
            if len(self._counts) >= MOST_KEYS:
                self._counts = {name: item for name, item in self._counts.items() if item[1] > now}
            name = f"{key}:{window}"
            count = self._counts.get(name, (0, 0.0))[0] + 1
            self._counts[name] = (count, now + 2 * seconds)
            return count, self._counts.get(f"{key}:{window - 1}", (0, 0.0))[0]


def _moment_of_room(count: int, previous: int, limit: int) -> float:
    """When one more attempt fits, in windows from the start of this one."""
    if count + 1 <= limit:
        return 1 - (limit - count - 1) / previous
    return 2 - min(1.0, (limit - 1) / count)


def _count_in_redis(redis: Redis, key: str, window: int, seconds: int) -> tuple[int, int]:
    name = f"limit:{key}:{window}"
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.incr(name)
        pipeline.expire(name, 2 * seconds)
        pipeline.get(f"limit:{key}:{window - 1}")
        count, _, previous = pipeline.execute()
    return int(count), int(previous or 0)


def init_limits(app: Flask, redis: Redis | None) -> None:
    """Keep one limiter with the application."""
    app.extensions[EXTENSION] = RateLimiter(redis)


def check_limit(name: str, *, limit: int, seconds: int = 60, by: str | None = None) -> None:
    """Count an attempt of this person, else of this address. Answers 429 when there were too many."""
    limiter: RateLimiter = current_app.extensions[EXTENSION]
    wait = limiter.seconds_to_wait(f"{name}:{by or _visitor()}", limit=limit, seconds=seconds)
    if wait:
        logger.warning("excess_rate_limit_exceeded", limit=name, path=request.path)
        raise TooManyRequests(retry_after=wait)


def limited(name: str, *, limit: int, seconds: int = 60) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a view that may be tried `limit` times in so many seconds by one person or address."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def counted(*args: P.args, **kwargs: P.kwargs) -> R:
            check_limit(name, limit=limit, seconds=seconds)
            return view(*args, **kwargs)

        return counted

    return decorate


def _visitor() -> str:
    user_id = browser_session().user_id
    return f"user:{user_id}" if user_id is not None else f"address:{request.remote_addr}"
