"""Packages come, wait for a name, go, and leave their zips for a while."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from composer.jobs import check_packages, delete_expired, enqueue_forgotten_updates
from composer.packages import (
    PackageNotAddable,
    add_repository_by_hand,
    exclude_package,
    remove_packages,
)
from models import (
    AuditRecord,
    Dist,
    JobRun,
    JobState,
    ManifestState,
    Package,
    PackageState,
    PackageUpdate,
    Repository,
    TeamKind,
    UpdateResult,
    Version,
    utc_now,
)
from tests.fakes.gitlab import Kind
from tests.functional.composer.registry import Registry, manifest
from tests.jobs import make_due


def remove(registry: Registry, name: str) -> None:
    with registry.runtime.database.write() as session:
        remove_packages(session, package_ids=[registry.package(name).id], actor="ann", reason="test")


def waiting_updates(registry: Registry) -> int:
    with registry.runtime.database.read() as session:
        query = select(func.count(JobRun.id)).where(
            JobRun.state == JobState.QUEUED, JobRun.name == "composer.jobs.update_package"
        )
        return session.scalar(query) or 0


def check(registry: Registry) -> None:
    """The pass that looks for code which no webhook told of."""
    with registry.runtime.database.write() as session:
        check_packages.enqueue(session, synchronization_id=registry.synchronization_id)
        session.flush()
    registry.run_jobs()


def zip_path(registry: Registry, token: str, name: str = "acme/logging", *, dev: bool = False) -> str:
    offered = registry.versions(name, token, dev=dev)[0]["dist"]
    assert isinstance(offered, dict)
    return str(offered["url"]).removeprefix(registry.runtime.settings.base_url)


def make_old(registry: Registry, *, days: int) -> None:
    """Let time pass for all zips: their rows, their files and the mirrors."""
    past = utc_now() - timedelta(days=days)
    with registry.runtime.database.write() as session:
        session.execute(update(Dist).values(last_named_at=past, last_downloaded_at=None))
    data = registry.runtime.settings.data_dir
    for path in (*(data / "dists").rglob("*.zip"), *(data / "mirrors").glob("*.git")):
        os.utime(path, (past.timestamp(), past.timestamp() - 1))


def make_removal_old(registry: Registry) -> None:
    with registry.runtime.database.write() as session:
        removed = update(Package).where(Package.state == PackageState.REMOVED)
        session.execute(removed.values(removed_at=utc_now() - timedelta(days=31)))


def zips(registry: Registry) -> int:
    return len(list((registry.runtime.settings.data_dir / "dists").rglob("*.zip")))


def test_the_first_package_keeps_its_name_and_the_second_takes_over_when_it_goes(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    copy = registry.add_project("copy", files={"composer.json": manifest("acme/logging"), "src/code.php": "return 5;"})
    registry.fake.tag(copy, "v5.0.0")
    registry.add_package("copy", "acme/logging")
    registry.run_jobs()
    second = registry.package("acme/logging")
    assert second.state is PackageState.CONFLICT
    assert "acme/logging" in second.state_reason

    with registry.runtime.database.write() as session:
        first = session.scalars(select(Package).where(Package.state == PackageState.ACTIVE)).one()
        remove_packages(session, package_ids=[first.id], actor="ann", reason="test")
    enqueue_forgotten_updates(registry.runtime)
    registry.run_jobs()

    owner = registry.add_person("ann", role=TeamKind.OWNERS)
    assert registry.package("acme/logging").id == second.id
    assert registry.package("acme/logging").state is PackageState.ACTIVE
    assert [entry["version"] for entry in registry.versions("acme/logging", owner)] == ["v5.0.0"]


def test_a_removed_package_is_gone_from_the_metadata_but_its_zips_stay_for_a_month(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    owner = registry.add_person("ann", role=TeamKind.OWNERS)
    path = zip_path(registry, owner)

    remove(registry, "acme/logging")

    assert registry.get("/acme/p2/acme/logging.json", owner).status_code == 404
    assert registry.get(path, owner).status_code == 200
    make_removal_old(registry)
    assert registry.get(path, owner).status_code == 404


def test_excluding_is_remembered_and_taken_back_with_one_click(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    with registry.runtime.database.write() as session:
        exclude_package(session, package=session.scalars(select(Package)).one(), actor="ann")
    with registry.runtime.database.write() as session:
        repository = session.scalars(select(Repository)).one()
        assert (repository.excluded_at is not None, repository.excluded_by) == (True, "ann")
        repository.manifest_state, repository.manifest_name = ManifestState.PRESENT, "acme/logging"

        add_repository_by_hand(session, organization_id=registry.organization_id, repository=repository, actor="ann")

        assert (repository.excluded_at, repository.excluded_by) == (None, "")
    with registry.runtime.database.read() as session:
        actions = session.scalars(select(AuditRecord.action).order_by(AuditRecord.id)).all()
    assert actions[-3:] == ["package_added", "package_removed", "package_added"]


def test_a_repository_that_can_not_be_a_package_says_why(registry: Registry) -> None:
    registry.add_project("empty")
    with registry.runtime.database.write() as session:
        repository = session.scalars(select(Repository)).one()

        with pytest.raises(PackageNotAddable, match=r"no composer\.json"):
            add_repository_by_hand(
                session, organization_id=registry.organization_id, repository=repository, actor="ann"
            )


def test_code_that_no_webhook_told_of_is_found(registry: Registry) -> None:
    project = registry.add_library("logging")
    registry.add_library("cache")
    registry.run_jobs()
    registry.fake.tag(project, "v1.1.0")

    check(registry)

    assert registry.last_update("acme/logging").reason == "new code at the host"
    assert registry.last_update("acme/cache").reason == "test"
    owner = registry.add_person("ann", role=TeamKind.OWNERS)
    assert registry.versions("acme/logging", owner)[0]["version"] == "v1.1.0"


def test_a_repository_that_can_not_be_asked_is_left_alone(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    registry.fake.misbehave(r"\.git/", Kind.STATUS_500)

    check(registry)

    assert registry.package("acme/logging").state is PackageState.ACTIVE


def test_a_package_that_composer_json_calls_abandoned_is_still_checked(registry: Registry) -> None:
    project = registry.add_library("logging", abandoned="other/logging")
    registry.run_jobs()
    registry.fake.tag(project, "v1.1.0")

    check(registry)

    assert registry.last_update("acme/logging").reason == "new code at the host"


def test_a_superseded_package_is_not_checked_any_more(registry: Registry) -> None:
    project = registry.add_library("logging")
    registry.run_jobs()
    registry.fake.commit(project, {"composer.json": manifest("acme/records")})
    registry.update("acme/logging")
    registry.update("acme/records")
    registry.fake.tag(project, "v9.0.0")

    check(registry)

    assert registry.last_update("acme/logging").reason == "test"
    assert registry.last_update("acme/records").reason == "new code at the host"


def test_marks_without_a_job_are_found_by_the_sweeper(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    enqueue_forgotten_updates(registry.runtime)
    assert waiting_updates(registry) == 0

    with registry.runtime.database.write() as session:
        session.execute(update(Package).values(requested_seq=Package.requested_seq + 1))
    enqueue_forgotten_updates(registry.runtime)

    assert waiting_updates(registry) == 1


def test_an_update_whose_worker_died_for_good_is_made_up_for(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    with registry.runtime.database.write() as session:
        package = session.scalars(select(Package)).one()
        lost = PackageUpdate(package_id=package.id, reason="lost", job_run_id=999)
        session.add(lost)
        session.flush()
        package.running_update_id, package.lease_until = lost.id, utc_now() + timedelta(minutes=5)
        lost_id = lost.id
    enqueue_forgotten_updates(registry.runtime)
    assert waiting_updates(registry) == 0, "its lease is still good"

    with registry.runtime.database.write() as session:
        session.scalars(select(Package)).one().lease_until = utc_now() - timedelta(seconds=1)
    enqueue_forgotten_updates(registry.runtime)
    registry.run_jobs()

    with registry.runtime.database.read() as session:
        assert session.get_one(PackageUpdate, lost_id).result is UpdateResult.INTERRUPTED
    assert registry.package("acme/logging").running_update_id is None


def test_a_host_that_is_busy_is_asked_again_later(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    registry.fake.misbehave(r"\.git/", Kind.RATE_LIMITED)

    update_row = registry.update("acme/logging")

    package = registry.package("acme/logging")
    assert update_row.result is UpdateResult.FAILED
    assert package.running_update_id is None
    with registry.runtime.database.read() as session:
        job = session.scalars(select(JobRun).where(JobRun.state == JobState.QUEUED)).one()
        assert job.run_after > utc_now()
    registry.fake.behave()
    make_due(registry.runtime)
    registry.run_jobs()
    assert registry.package("acme/logging").state is PackageState.ACTIVE


def test_zips_of_branches_go_three_months_after_nobody_names_them(registry: Registry) -> None:
    project = registry.add_library("logging")
    registry.run_jobs()
    owner = registry.add_person("ann", role=TeamKind.OWNERS)
    registry.fake.commit(project, {"src/code.php": "<?php\n\nreturn 7;\n"})
    registry.update("acme/logging")
    branch, tag = zip_path(registry, owner, dev=True), zip_path(registry, owner)
    registry.fake.commit(project, {"src/code.php": "<?php\n\nreturn 8;\n"})
    registry.update("acme/logging")
    assert registry.get(branch, owner).status_code == 200
    files = zips(registry)

    make_old(registry, days=89)
    delete_expired(registry.runtime)
    assert registry.get(branch, owner).status_code == 200

    make_old(registry, days=91)
    delete_expired(registry.runtime)

    assert registry.get(branch, owner).status_code == 404
    assert registry.get(tag, owner).status_code == 200
    assert registry.get(zip_path(registry, owner, dev=True), owner).status_code == 200
    assert zips(registry) == files - 1


def test_a_month_after_its_removal_nothing_is_left_of_a_package(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    remove(registry, "acme/logging")
    delete_expired(registry.runtime)
    assert zips(registry) > 0

    make_removal_old(registry)
    make_old(registry, days=2)
    delete_expired(registry.runtime)

    assert zips(registry) == 0
    assert not list((registry.runtime.settings.data_dir / "mirrors").glob("*.git"))
    with registry.runtime.database.read() as session:
        for model in (Package, Version, Dist, PackageUpdate):
            assert session.scalar(select(func.count()).select_from(model)) == 0


def test_a_zip_that_another_package_still_has_is_kept(registry: Registry) -> None:
    registry.add_library("logging")
    registry.run_jobs()
    owner = registry.add_person("ann", role=TeamKind.OWNERS)
    remove(registry, "acme/logging")
    registry.add_package("logging", "acme/logging")
    registry.run_jobs()
    make_removal_old(registry)
    make_old(registry, days=2)

    delete_expired(registry.runtime)

    assert registry.get(zip_path(registry, owner), owner).status_code == 200
