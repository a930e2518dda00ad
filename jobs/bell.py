"""The bell: tells the ticker, right after a commit, that a job waits. Nothing depends on its being heard.

Redis may be away or hang: ringing then costs one request half a second at most, and the next ones nothing.
"""

import logging
import time
from collections.abc import Callable
from weakref import WeakKeyDictionary

from redis import Redis, RedisError
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from jobs.connections import open_impatient_redis
from models import Runtime

log = logging.getLogger(__name__)

BELL_KEY = "repertory:bell"
MARK = "jobs.bell"
QUIET_SECONDS = 5.0


class Bell:
    """Rings, unless it has just found nobody to hear it."""

    def __init__(self, redis: Redis, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`redis`: a client that fails at once."""
        self._redis = redis
        self._clock = clock
        self._quiet_until = float("-inf")

    def ring(self) -> None:
        """Wake the ticker. Never raises for Redis's sake."""
        if self._clock() < self._quiet_until:
            return
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.lpush(BELL_KEY, "1")
                pipeline.ltrim(BELL_KEY, 0, 0)
                pipeline.execute()
        except RedisError as error:
            self._quiet_until = self._clock() + QUIET_SECONDS
            log.warning("Redis does not answer, background work starts a little later: %s", type(error).__name__)


_BELLS: WeakKeyDictionary[Engine, Bell] = WeakKeyDictionary()


def hang_bell(runtime: Runtime) -> None:
    """Ring whenever this runtime commits a new job. Without REDIS_URL there is nothing to ring."""
    if runtime.settings.redis_url:
        _BELLS[runtime.database.write_engine] = Bell(open_impatient_redis(runtime.settings))


def mark_for_bell(session: Session) -> None:
    """Ring when the outermost transaction of `session` commits."""
    session.info[MARK] = True


def wait_for_bell(redis: Redis, *, seconds: float) -> bool:
    """Wait until somebody rings, at most so long. Raises redis.RedisError."""
    return redis.blpop([BELL_KEY], timeout=seconds) is not None


@event.listens_for(Session, "after_commit")
def _ring_after_commit(session: Session) -> None:
    # The event also fires when a savepoint is released: then nothing is visible to others yet.
    if session.in_nested_transaction() or not session.info.pop(MARK, False):
        return
    bind = session.get_bind()
    bell = _BELLS.get(bind) if isinstance(bind, Engine) else None
    if bell is not None:
        bell.ring()
