"""Packages that come all at once with the first synchronization: the same rules as for one, in a few statements."""

from collections.abc import Mapping

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from composer.jobs import request_updates
from composer.packages import add_package, add_packages
from models import AuditRecord, JobRun, Package, PackageState, Repository, Runtime
from tests.functional.rows import add_integration, add_organization, add_synchronization

ACTOR = "synchronization acme, run 1"


@pytest.fixture
def repositories(runtime: Runtime) -> dict[str, int]:
    """Three repositories of the organization 1, by name."""
    with runtime.database.write() as session:
        integration = add_integration(session, runtime.secret_box)
        synchronization = add_synchronization(session, add_organization(session), integration)
        rows = [
            Repository(
                synchronization_id=synchronization.id,
                remote_id=name,
                name=name,
                path=f"acme/{name}",
                web_url="",
                clone_url="",
                visibility="private",
                code_access="enabled",
            )
            for name in ("old", "logging", "copy")
        ]
        session.add_all(rows)
        session.flush()
        return {row.name: row.id for row in rows}


def add(session: Session, names: Mapping[int, str]) -> set[int]:
    return add_packages(session, organization_id=1, names=names, actor=ACTOR, details={"run": 1})


def states(runtime: Runtime) -> dict[tuple[int | None, str], PackageState]:
    with runtime.database.read() as session:
        return {(package.repository_id, package.name): package.state for package in session.scalars(select(Package))}


@pytest.mark.parametrize("is_overtaken", [False, True])
def test_the_first_package_with_a_name_keeps_it_and_the_others_wait(
    runtime: Runtime, repositories: dict[str, int], monkeypatch: pytest.MonkeyPatch, is_overtaken: bool
) -> None:
    old, logging, copy = repositories.values()
    with runtime.database.write() as session:
        add_package(session, organization_id=1, repository_id=old, name="acme/old", actor="ann")
    if is_overtaken:  # somebody took a name after we had looked
        monkeypatch.setattr("composer.packages._names_of_holders", lambda *_: ())

    with runtime.database.write() as session:
        ids = add(session, {logging: "acme/logging", copy: "acme/logging", old: "acme/renamed"})
        twice = add(session, {})

    assert states(runtime) == {
        (old, "acme/old"): PackageState.PENDING,
        (logging, "acme/logging"): PackageState.PENDING,
        (copy, "acme/logging"): PackageState.CONFLICT,
        (old, "acme/renamed"): PackageState.PENDING,
    }
    assert (len(ids), twice) == (3, set())
    with runtime.database.read() as session:
        records = session.scalars(select(AuditRecord).where(AuditRecord.actor == ACTOR)).all()
    assert sorted(record.target for record in records) == ["acme/logging", "acme/logging", "acme/renamed"]
    assert {str(record.details) for record in records} == {"{'run': 1}"}


def test_a_name_that_is_taken_by_another_package_waits_for_it(runtime: Runtime, repositories: dict[str, int]) -> None:
    old, logging, _ = repositories.values()
    with runtime.database.write() as session:
        add_package(session, organization_id=1, repository_id=old, name="acme/logging", actor="ann")

        add(session, {logging: "acme/logging"})

    assert states(runtime)[logging, "acme/logging"] is PackageState.CONFLICT


def test_updates_of_many_packages_wait_once_each(runtime: Runtime, repositories: dict[str, int]) -> None:
    with runtime.database.write() as session:
        ids = add(session, {row_id: f"acme/{name}" for name, row_id in repositories.items()})

        for _ in range(2):
            request_updates(session, organization_id=1, package_ids=ids, reason="new package", actor=ACTOR)
        request_updates(session, organization_id=1, package_ids=(), reason="nothing", actor=ACTOR)

    with runtime.database.read() as session:
        jobs = session.scalars(select(JobRun).order_by(JobRun.id)).all()
        requested = session.scalars(select(Package.requested_seq)).all()
    assert [job.title for job in jobs] == ["Update acme/old", "Update acme/logging", "Update acme/copy"]
    assert {job.arguments["package_id"] for job in jobs} == ids
    assert {(job.actor, job.organization_id, job.queue) for job in jobs} == {(ACTOR, 1, "packages")}
    assert requested == [3, 3, 3]
