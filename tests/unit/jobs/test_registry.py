"""Declaring jobs, and what enqueue accepts."""

from typing import Any

import pytest
from sqlalchemy import select

from jobs import JobContext, job, periodic
from jobs.registry import find_job, list_jobs, list_periodics, max_attempts_of
from models import JobRun, Runtime


@job(queue="packages", timeout=5, max_attempts=2)
def pack(context: JobContext, *, package_id: int, organization_id: int, actor: str) -> None:
    """A job for these tests."""


@periodic(seconds=7)
def look(runtime: Runtime) -> None:
    """A periodic function for these tests."""


def test_a_declared_job_is_found_by_its_name() -> None:
    declared = find_job("tests.unit.jobs.test_registry.pack")

    assert declared is pack
    assert list_jobs()[pack.name] is pack
    assert (pack.queue, pack.timeout, max_attempts_of(pack.name)) == ("packages", 5, 2)


def test_a_name_that_was_never_declared_is_no_job() -> None:
    assert find_job("os.getpid") is None
    assert max_attempts_of("os.getpid") == 0


def test_a_queue_without_workers_can_not_be_declared() -> None:
    with pytest.raises(ValueError, match="mails"):
        job(queue="mails", timeout=1)


def test_a_periodic_function_stays_callable() -> None:
    assert "tests.unit.jobs.test_registry.look" in {task.name for task in list_periodics()}
    assert callable(look)


def test_actor_and_organization_reach_the_row_and_a_function_that_asks_for_them(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        pack.enqueue(session, package_id=3, organization_id=4, actor="ann", title="Pack")

    with runtime.database.read() as session:
        run = session.scalars(select(JobRun)).one()
    assert run.arguments == {"package_id": 3, "organization_id": 4, "actor": "ann"}
    assert (run.organization_id, run.actor, run.title, run.queue) == (4, "ann", "Pack", "packages")


@pytest.mark.parametrize("arguments", [{}, {"package_id": 1, "colour": "red"}])
def test_wrong_arguments_are_refused_where_they_are_given(runtime: Runtime, arguments: dict[str, Any]) -> None:
    with runtime.database.write() as session, pytest.raises(TypeError):
        pack.enqueue(session, **arguments)
