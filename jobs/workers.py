"""The worker processes: one parent that has loaded everything forks one RQ worker per queue and keeps it alive."""

import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from redis import Redis, RedisError
from rq import Worker
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from jobs.connections import open_redis
from jobs.execution import WorkerProcess, warm_up, work_for
from jobs.heartbeats import BEAT_SECONDS, beat, end_heartbeat
from jobs.process import end_with_parent, settle_memory
from jobs.reaper import release_jobs_of, requeue_jobs_of
from jobs.registry import QUEUES
from jobs.rq_queue import RESULT_SECONDS, SafeJob, open_queue
from models import Runtime

log = logging.getLogger(__name__)

STOP_SECONDS = 2.0  # a running job gets so long to end by itself; the supervisor waits four seconds
KILL_SECONDS = 1.0
RESTART_SECONDS = 1.0
TICK_SECONDS = 1.0
REDIS_SECONDS = 2.0
STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})


class PatientWorker(Worker):
    """RQ's worker, which looks for Redis again every few seconds instead of every minute."""

    max_connection_wait_time = 4.0


@dataclass(slots=True)
class _Child:
    queue: str
    name: str


def run_workers(runtime: Runtime, queues: Iterable[str] = QUEUES) -> None:
    """Keep one worker process per queue alive until SIGTERM or SIGINT. Raises SettingsError without REDIS_URL."""
    open_redis(runtime.settings).close()
    with suppress(SQLAlchemyError):  # without the database they start cold
        warm_up(runtime)
    settle_memory()
    WorkerParent(runtime).run(list(queues))


@dataclass(slots=True)
class WorkerParent:
    """The parent. It has one thread only, so that forking is safe."""

    runtime: Runtime
    children: dict[int, _Child] = field(default_factory=dict)
    ended: list[tuple[str, Callable[[Runtime, str], None]]] = field(default_factory=list)
    beaten_at: float = float("-inf")

    def run(self, queues: list[str]) -> None:
        """Start one worker per queue, and another for each that ends, until told to stop."""
        watched = STOP_SIGNALS | {signal.SIGCHLD}
        previous = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
        for queue in queues:
            self.start(queue, previous)
        while (got := signal.sigtimedwait(watched, TICK_SECONDS)) is None or got.si_signo not in STOP_SIGNALS:
            for child in self.collect():
                log.warning("the worker of queue %s ended, starting another", child.queue)
                self.ended.append((child.name, requeue_jobs_of))
                time.sleep(RESTART_SECONDS)
                self.start(child.queue, previous)
            self.tend()
        self.stop()

    def start(self, queue: str, signals: set[int | signal.Signals]) -> None:
        """Fork a worker. `signals` are those that were blocked before this parent blocked its own."""
        name = f"{queue}.{socket.gethostname()}.{secrets.token_hex(4)}"
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _run_child(self.runtime, queue, name, parent, signals)
        self.add_child(pid=pid, queue=queue, name=name)

    def add_child(self, *, pid: int, queue: str, name: str) -> None:
        """Watch over a worker process, and say at the next occasion that it lives."""
        self.children[pid] = _Child(queue=queue, name=name)
        self.beaten_at = float("-inf")

    def collect(self) -> list[_Child]:
        """The children that have ended since the last call."""
        gone = [pid for pid in self.children if os.waitpid(pid, os.WNOHANG)[0] == pid]
        return [self.children.pop(pid) for pid in gone]

    def tend(self) -> None:
        """Write down who lives and who does not; what fails because the database is away is tried again."""
        try:
            while self.ended:
                name, settle = self.ended[0]
                settle(self.runtime, name)
                with self.runtime.database.write() as session:
                    end_heartbeat(session, name)
                self.ended.pop(0)
            if time.monotonic() - self.beaten_at >= BEAT_SECONDS:
                with self.runtime.database.write() as session:
                    for child in self.children.values():
                        beat(session, name=child.name, queue=child.queue)
                self.beaten_at = time.monotonic()
        except SQLAlchemyError as error:
            log.warning("the database does not answer: %s", type(error).__name__)

    def stop(self) -> None:
        """Let running jobs end; after a while put them back and end their processes."""
        log.info("stopping %d workers", len(self.children))
        for number, seconds in (
            (signal.SIGTERM, STOP_SECONDS),
            (signal.SIGTERM, KILL_SECONDS),
            (signal.SIGKILL, KILL_SECONDS),
        ):
            for pid in self.children:
                os.kill(pid, number)
            self.wait(seconds)
        self.tend()

    def wait(self, seconds: float) -> None:
        """Wait until all children have ended, at most so long."""
        deadline = time.monotonic() + seconds
        while self.children and (left := deadline - time.monotonic()) > 0:
            self.ended += [(child.name, release_jobs_of) for child in self.collect()]
            if self.children:
                signal.sigtimedwait({signal.SIGCHLD}, min(left, 0.2))


def _run_child(runtime: Runtime, queue: str, name: str, parent: int, signals: set[int | signal.Signals]) -> None:
    """The life of one worker process. Never returns."""
    code = 1
    try:
        os.setpgrp()  # Ctrl-C in a terminal reaches the parent alone, which tells us
        signal.pthread_sigmask(signal.SIG_SETMASK, signals)
        end_with_parent(parent)
        runtime.database.forget()
        work_for(WorkerProcess(runtime=runtime, name=name, pid=os.getpid()))
        _work(runtime, queue, name)
        code = 0
    except Exception:
        log.exception("the worker of queue %s failed", queue)
    finally:
        logging.shutdown()
        sys.stdout.flush()
        os._exit(code)


def _work(runtime: Runtime, queue: str, name: str) -> None:
    redis = open_redis(runtime.settings)
    _wait_for(redis, queue)

    def put_back(_job: RqJob, _pid: int, _status: int, _usage: object) -> None:
        requeue_jobs_of(runtime, name)

    worker = PatientWorker(
        [open_queue(redis, queue)],
        name=name,
        connection=redis,
        job_class=SafeJob,
        serializer=JSONSerializer,
        worker_ttl=30,
        maintenance_interval=15,
        job_monitoring_interval=5,
        default_result_ttl=RESULT_SECONDS,
        log_job_description=False,
        work_horse_killed_handler=put_back,
    )
    worker.log_result_lifespan = False
    worker.work(logging_level="WARNING")


def _wait_for(redis: Redis, queue: str) -> None:
    is_told = False
    while True:
        try:
            redis.ping()
            return
        except RedisError as error:
            if not is_told:
                log.warning("the worker of queue %s waits for Redis: %s", queue, type(error).__name__)
            is_told = True
            time.sleep(REDIS_SECONDS)
