"""Connections to Redis: one for workers that wait, one for the web that must not."""

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config import Settings, SettingsError

IMPATIENT_SECONDS = 0.5


def open_redis(settings: Settings) -> Redis:
    """A client for workers and the ticker. Raises SettingsError without REDIS_URL."""
    return Redis.from_url(_url(settings), socket_connect_timeout=5, health_check_interval=30)


def open_impatient_redis(settings: Settings) -> Redis:
    """A client that fails at once instead of waiting or trying again. Raises SettingsError without REDIS_URL."""
    return Redis.from_url(
        _url(settings),
        socket_timeout=IMPATIENT_SECONDS,
        socket_connect_timeout=IMPATIENT_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def _url(settings: Settings) -> str:
    if not settings.redis_url:
        raise SettingsError(
            "REDIS_URL is not set: background work needs a Redis server; `make run` starts one by itself"
        )
    return settings.redis_url
