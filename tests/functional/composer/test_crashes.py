"""A worker that is killed in the middle of an update: nothing is half done, and the next one finishes it."""

import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from threading import Barrier

import pytest
from sqlalchemy import select, update

from composer.packages import add_package, remove_packages
from composer.updates import UpdateLost, claim_update, release_package, run_update
from config import Settings
from models import (
    Dist,
    JobRun,
    JobState,
    Package,
    PackageState,
    PackageUpdate,
    Runtime,
    TeamKind,
    UpdateResult,
    Version,
    open_runtime,
)
from tests.functional.composer.registry import Registry

PLACES = ("update.listed", "update.built", "update.publish", "update.published")


def die_at(settings: Settings, package_id: int, job_run_id: int) -> None:
    """What the work horse of a job does, until its end."""
    runtime = open_runtime(settings)
    with runtime.database.write() as session:
        update_id = claim_update(session, package_id=package_id, job_run_id=job_run_id, reason="test")
    assert update_id is not None
    run_update(runtime, package_id=package_id, update_id=update_id)


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_update_is_finished_by_the_next_one(registry: Registry, place: str) -> None:
    project = registry.add_library("logging")
    registry.run_jobs()
    owner = registry.add_person("ann", role=TeamKind.OWNERS)
    before = registry.get("/acme/p2/acme/logging.json", owner).get_data()
    registry.fake.tag(project, "v1.1.0")
    package_id = registry.package("acme/logging").id

    process = get_context("spawn").Process(
        target=die_at, args=(replace(registry.runtime.settings, failpoints=place), package_id, 77)
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL

    seen = registry.get("/acme/p2/acme/logging.json", owner).get_data()
    assert (seen == before) is (place != "update.published"), "all of it or nothing"
    update_as(registry.runtime, package_id, job_run_id=77)

    assert [entry["version"] for entry in registry.versions("acme/logging", owner)] == ["v1.1.0", "v1.0.0"]
    with registry.runtime.database.read() as session:
        package = session.get_one(Package, package_id)
        assert (package.running_update_id, package.started_seq) == (None, package.requested_seq)
        assert len(session.scalars(select(Version)).all()) == 3
        assert len({dist.reference for dist in session.scalars(select(Dist))}) == 1
    killed = UpdateResult.CHANGED if place == "update.published" else UpdateResult.INTERRUPTED
    assert [row.result for row in updates(registry)][1] is killed


def test_of_two_workers_one_updates_and_the_other_leaves_it_alone(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    package_id = registry.package("acme/logging").id

    with registry.runtime.database.write() as session:
        first = claim_update(session, package_id=package_id, job_run_id=1, reason="first")
    with registry.runtime.database.write() as session:
        second = claim_update(session, package_id=package_id, job_run_id=2, reason="second")

    assert first is not None
    assert second is None
    assert [row.reason for row in updates(registry)] == ["test", "first"]


def test_what_comes_in_during_an_update_leads_to_one_more(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    package_id = registry.package("acme/logging").id
    with registry.runtime.database.write() as session:
        update_id = claim_update(session, package_id=package_id, job_run_id=1, reason="first")
    assert update_id is not None

    with registry.runtime.database.write() as session:
        session.execute(update(Package).values(requested_seq=Package.requested_seq + 5))
    run_update(registry.runtime, package_id=package_id, update_id=update_id)

    assert release_package(registry.runtime, package_id=package_id, update_id=update_id) is True


def test_a_worker_that_lost_its_package_writes_nothing(registry: Registry) -> None:
    project = registry.add_library("logging")
    registry.run_jobs()
    package_id = registry.package("acme/logging").id
    registry.fake.tag(project, "v1.1.0")
    with registry.runtime.database.write() as session:
        lost = claim_update(session, package_id=package_id, job_run_id=1, reason="lost")
    with registry.runtime.database.write() as session:
        session.execute(update(Package).values(running_update_id=None, lease_until=None))
        taken = claim_update(session, package_id=package_id, job_run_id=2, reason="taken over")
    assert lost is not None
    assert taken is not None

    with pytest.raises(UpdateLost):
        run_update(registry.runtime, package_id=package_id, update_id=lost)

    with registry.runtime.database.read() as session:
        assert "v1.1.0" not in set(session.scalars(select(Version.version)))
        waiting = select(JobRun).where(JobRun.state == JobState.QUEUED)
        assert session.scalars(waiting).all() == []


def update_as(runtime: Runtime, package_id: int, *, job_run_id: int) -> None:
    """The same job, started again."""
    with runtime.database.write() as session:
        update_id = claim_update(session, package_id=package_id, job_run_id=job_run_id, reason="again")
    assert update_id is not None
    run_update(runtime, package_id=package_id, update_id=update_id)
    release_package(runtime, package_id=package_id, update_id=update_id)


def updates(registry: Registry) -> list[PackageUpdate]:
    with registry.runtime.database.read() as session:
        return list(session.scalars(select(PackageUpdate).order_by(PackageUpdate.id)))


def test_a_package_that_is_removed_during_its_update_stays_removed(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    registry.fake.tag(registry.projects["logging"], "v1.1.0")
    package_id = registry.package("acme/logging").id
    with registry.runtime.database.write() as session:
        update_id = claim_update(session, package_id=package_id, job_run_id=1, reason="slow")
    assert update_id is not None

    with registry.runtime.database.write() as session:
        remove_packages(session, package_ids=[package_id], actor="ann", reason="test")
    with pytest.raises(UpdateLost):
        run_update(registry.runtime, package_id=package_id, update_id=update_id)

    assert release_package(registry.runtime, package_id=package_id, update_id=update_id) is False
    assert registry.package("acme/logging").state is PackageState.REMOVED
    assert updates(registry)[-1].result is UpdateResult.INTERRUPTED


def test_of_two_who_claim_at_once_one_wins(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    package_id = registry.package("acme/logging").id
    together = Barrier(4)

    def claim(job_run_id: int) -> int | None:
        together.wait(30)
        with registry.runtime.database.write() as session:
            return claim_update(session, package_id=package_id, job_run_id=job_run_id, reason="race")

    with ThreadPoolExecutor(4) as pool:
        claimed = list(pool.map(claim, range(100, 104)))

    assert len([update_id for update_id in claimed if update_id is not None]) == 1
    assert [row.reason for row in updates(registry)] == ["test", "race"]


def test_of_two_packages_that_take_a_name_at_once_one_gets_it(registry: Registry) -> None:
    for path in ("one", "two", "three"):
        registry.add_project(path)
    together = Barrier(3)

    def take(repository_id: int) -> None:
        together.wait(30)
        with registry.runtime.database.write() as session:
            add_package(
                session,
                organization_id=registry.organization_id,
                repository_id=repository_id,
                name="acme/logging",
                actor="test",
            )

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(take, (1, 2, 3)))

    with registry.runtime.database.read() as session:
        states = sorted(session.scalars(select(Package.state)))
    assert states == [PackageState.CONFLICT, PackageState.CONFLICT, PackageState.PENDING]
