"""The ticker: hands jobs to the workers, at each bell and when they are due, and runs the periodic functions."""

import logging
import secrets
import signal
import socket
import threading
import time

from redis import Redis, RedisError
from sqlalchemy.exc import SQLAlchemyError

from jobs.bell import wait_for_bell
from jobs.connections import open_redis
from jobs.drain import drain, seconds_until_due
from jobs.heartbeats import BEAT_SECONDS, TICKER, beat, end_heartbeat
from jobs.registry import Periodic, list_periodics
from models import Runtime

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
STOP_SECONDS = 2.0
BURST = 20  # so often jobs are handed over in a row before the ticker says again that it lives


def run_ticker(runtime: Runtime) -> None:
    """Tick until SIGTERM or SIGINT. Raises SettingsError without REDIS_URL."""
    redis = open_redis(runtime.settings)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    periodics = threading.Thread(target=run_periodics, args=(runtime, stopping), daemon=True)
    periodics.start()
    tick_until(stopping, runtime, redis)
    periodics.join(timeout=STOP_SECONDS)


def tick_until(stopping: threading.Event, runtime: Runtime, redis: Redis) -> None:
    """Hand over due jobs and say that we live, until `stopping` is set. No outage ends this."""
    name = f"{TICKER}.{socket.gethostname()}.{secrets.token_hex(4)}"
    ticker = _Ticker(runtime, redis, name)
    while not stopping.is_set():
        ticker.tick(stopping)
    ticker.end()


class _Ticker:
    def __init__(self, runtime: Runtime, redis: Redis, name: str) -> None:
        self._runtime = runtime
        self._redis = redis
        self._name = name
        self._beaten_at = float("-inf")
        self._outage = ""

    def tick(self, stopping: threading.Event) -> None:
        try:
            self._beat()
            for _ in range(BURST):
                if not drain(self._runtime, self._redis):
                    break
            wait_for_bell(self._redis, seconds=seconds_until_due(self._runtime, at_most=TICK_SECONDS))
            self._note_outage("")
        except RedisError as error:
            self._note_outage(f"Redis does not answer, jobs wait: {type(error).__name__}")
            stopping.wait(TICK_SECONDS)
        except SQLAlchemyError as error:
            self._note_outage(f"the database does not answer, jobs wait: {type(error).__name__}")
            stopping.wait(TICK_SECONDS)

    def end(self) -> None:
        try:
            with self._runtime.database.write() as session:
                end_heartbeat(session, self._name)
        except SQLAlchemyError as error:
            log.warning("the database does not answer: %s", type(error).__name__)

    def _beat(self) -> None:
        if time.monotonic() - self._beaten_at >= BEAT_SECONDS:
            with self._runtime.database.write() as session:
                beat(session, name=self._name, queue=TICKER)
            self._beaten_at = time.monotonic()

    def _note_outage(self, text: str) -> None:
        """Log the beginning and the end of an outage, not each second of it."""
        if text and text != self._outage:
            log.warning("%s", text)
        if self._outage and not text:
            log.info("the outage is over: %s", self._outage)
        self._outage = text


def run_periodics(runtime: Runtime, stopping: threading.Event) -> None:
    """Call each periodic function at its interval. One that fails is logged and does not hold up the others."""
    due: dict[str, float] = {}
    while not stopping.is_set():
        for task in list_periodics():
            if time.monotonic() >= due.get(task.name, float("-inf")):
                due[task.name] = time.monotonic() + task.seconds
                _run_periodic(task, runtime)
        stopping.wait(TICK_SECONDS)


def _run_periodic(task: Periodic, runtime: Runtime) -> None:
    try:
        task.function(runtime)
    except Exception:
        log.exception("periodic function %s failed", task.name)
