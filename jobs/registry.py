"""Which jobs exist. A name that is not declared here never runs, whoever puts it into Redis or the table."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from jobs.outbox import insert_job_run, insert_job_runs
from models import Runtime

QUEUES = ("interactive", "sync", "packages")
DEFAULT_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Request:
    """One of many requests for the same kind of work; see `Job.enqueue`."""

    title: str
    coalesce_key: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of background work."""

    name: str
    queue: str
    timeout: int
    max_attempts: int
    function: Callable[..., None]

    def enqueue(
        self,
        session: Session,
        *,
        coalesce_key: str | None = None,
        actor: str = "",
        organization_id: int | None = None,
        title: str = "",
        run_after: datetime | None = None,
        queue: str | None = None,
        **arguments: Any,
    ) -> int:
        """Ask for this work in the caller's transaction; returns the job's id. Raises TypeError for wrong arguments.

        When a job with `coalesce_key` waits already, nothing is added and that one starts no later than `run_after`.
        It can not start before the caller has committed, so it sees what the caller wrote. `actor` and
        `organization_id` also reach the function when it has parameters of these names. `queue`: another one than
        declared, for work of this kind that somebody waits for.
        """
        known = inspect.signature(self.function).parameters
        shared = {"actor": actor, "organization_id": organization_id}
        arguments |= {name: value for name, value in shared.items() if name in known}
        inspect.signature(self.function).bind(None, **arguments)
        return insert_job_run(
            session,
            name=self.name,
            queue=queue or self.queue,
            arguments=arguments,
            coalesce_key=coalesce_key,
            actor=actor,
            organization_id=organization_id,
            title=title,
            run_after=run_after,
        )

    def enqueue_many(
        self, session: Session, requests: Iterable[Request], *, organization_id: int, actor: str = ""
    ) -> None:
        """As `enqueue`, in one statement. Raises TypeError for wrong arguments."""
        signature = inspect.signature(self.function)
        same = {"name": self.name, "queue": self.queue, "actor": actor, "organization_id": organization_id}
        rows = []
        for request in requests:
            signature.bind(None, **request.arguments)
            one = {"title": request.title, "coalesce_key": request.coalesce_key, "arguments": request.arguments}
            rows.append({**same, **one})
        insert_job_runs(session, rows)


@dataclass(frozen=True, slots=True)
class Periodic:
    """A function that the ticker calls every so often. Two tickers may call it at once."""

    name: str
    seconds: float
    function: Callable[[Runtime], None]


_JOBS: dict[str, Job] = {}
_PERIODICS: dict[str, Periodic] = {}


def job(*, queue: str, timeout: int, max_attempts: int = DEFAULT_ATTEMPTS) -> Callable[[Callable[..., None]], Job]:
    """Declare a function as a job: `timeout` seconds per attempt. Its first argument is a JobContext."""
    if queue not in QUEUES:
        raise ValueError(f"there is no queue {queue!r}")

    def declare(function: Callable[..., None]) -> Job:
        name = _name_of(function)
        _JOBS[name] = Job(name=name, queue=queue, timeout=timeout, max_attempts=max_attempts, function=function)
        return _JOBS[name]

    return declare


def periodic(*, seconds: float) -> Callable[[Callable[[Runtime], None]], Callable[[Runtime], None]]:
    """Declare a function that the ticker calls every `seconds`, and once at its start."""

    def declare(function: Callable[[Runtime], None]) -> Callable[[Runtime], None]:
        name = _name_of(function)
        _PERIODICS[name] = Periodic(name=name, seconds=seconds, function=function)
        return function

    return declare


def find_job(name: str) -> Job | None:
    """The declared job of this name."""
    return _JOBS.get(name)


def list_jobs() -> Mapping[str, Job]:
    """All declared jobs by name."""
    return dict(_JOBS)


def list_periodics() -> list[Periodic]:
    """All declared periodic functions."""
    return list(_PERIODICS.values())


def max_attempts_of(name: str) -> int:
    """How often a job is tried; a job that is not declared (any more) is not tried again."""
    declared = _JOBS.get(name)
    return 0 if declared is None else declared.max_attempts


def _name_of(function: Callable[..., None]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
