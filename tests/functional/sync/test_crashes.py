"""Workers that die in the middle of a run or an update: the work is done again, once, and nothing is half there."""

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from models import (
    Dist,
    JobRun,
    JobState,
    Package,
    PackageState,
    RunResult,
    Synchronization,
    SyncRun,
    Version,
)
from sync.jobs import request_run
from tests.fakes.company import manifest_of
from tests.fakes.gitlab import FakeGitLab, Level
from tests.functional.jobs.conftest import Services
from tests.functional.jobs.waiting import wait_until
from tests.functional.sync.conftest import Company

QUEUES = ("sync", "packages")
LIBRARIES = 3
PLACES = ["sync.apply", "update.publish"]
if int(os.environ.get("REPERTORY_TEST_SCALE", "1")) > 1:  # `make soak`
    PLACES += ["sync.read", "sync.applied", "update.listed", "update.built", "update.published"]


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    """A company with three libraries of two versions each."""
    with FakeGitLab() as server:
        ann = server.add_user("ann")
        acme = server.add_group("acme")
        server.add_member(acme, ann, Level.OWNER)
        for name in ("clock", "events", "logging"):
            project = server.add_project(acme, name)
            server.commit(project, {"composer.json": manifest_of(name, "A library", {})})
            server.tag(project, "v1.0.0")
        yield server


@pytest.fixture
def processes(company: Company) -> Iterator[Services]:
    """To start workers and the ticker for the company's instance."""
    services = Services(company.runtime)
    yield services
    services.end()


def request(company: Company) -> None:
    with company.runtime.database.write() as session:
        request_run(session, synchronization_id=company.synchronization_id, reason="test")


def is_quiet(company: Company) -> bool:
    """Whether everything that was asked for has been done."""
    with company.runtime.database.read() as session:
        waiting = session.scalar(
            select(func.count(JobRun.id)).where(JobRun.state.in_([JobState.QUEUED, JobState.RUNNING]))
        )
        synchronization = session.get_one(Synchronization, company.synchronization_id)
        return not waiting and synchronization.requested_seq == synchronization.started_seq


def has_died(company: Company) -> bool:
    with company.runtime.database.read() as session:
        return (session.scalar(select(func.max(JobRun.attempts))) or 0) >= 1


def assert_all_is_there_once(company: Company) -> None:
    with company.runtime.database.read() as session:
        active = session.scalars(select(Package.name).where(Package.state == PackageState.ACTIVE)).all()
        assert len(active) == len(set(active)) == LIBRARIES
        synchronization = session.get_one(Synchronization, company.synchronization_id)
        assert (synchronization.running_run_id, synchronization.lease_until) == (None, None)
        assert session.scalar(select(func.count(Package.id)).where(Package.running_update_id.is_not(None))) == 0
        last = session.scalars(select(SyncRun).order_by(SyncRun.number.desc())).first()
        assert last is not None
        assert last.result is RunResult.OK
        dangling = select(func.count(Version.id)).where(Version.dist_id.is_(None))
        assert session.scalar(dangling) == 0
        assert len(session.scalars(select(Dist.id)).all()) >= LIBRARIES


@pytest.mark.parametrize("place", PLACES)
def test_a_work_horse_that_dies_is_replaced_and_nothing_is_half_done(
    company: Company, processes: Services, place: str
) -> None:
    request(company)
    processes.start("ticker")
    doomed = processes.start("workers", *QUEUES, failpoints=place)
    wait_until(lambda: has_died(company))
    doomed.terminate()
    doomed.wait(timeout=30)

    processes.start("workers", *QUEUES)
    wait_until(lambda: is_quiet(company), seconds=90)

    assert_all_is_there_once(company)
