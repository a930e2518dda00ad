"""People, groups and projects that get other names at the host: ids decide, never names."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from models import Package, PackageState, Synchronization, Team
from tests.fakes.gitlab import FakeGitLab, Level
from tests.functional.sync import doing
from tests.functional.sync.conftest import Company
from tests.functional.sync.small import found_small_company, here, there


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    """A small company."""
    with FakeGitLab() as server:
        found_small_company(server)
        yield server


def test_a_login_that_somebody_else_has_now_gives_them_nothing(company: Company) -> None:
    company.synchronize()
    carla, newcomer = company.fake.user("carla"), company.fake.user("newcomer")

    carla.username, newcomer.username = "carla-the-first", "carla"
    company.synchronize()

    readers = doing.readers_here(company.runtime)["acme/events"]
    assert "carla-the-first" in readers
    assert "carla" not in readers
    assert here(company) == there(company)


def test_renamed_and_moved_groups_and_projects_keep_their_packages(company: Company) -> None:
    company.synchronize()
    fake = company.fake
    before = packages(company)

    fake.rename_group(fake.group("acme/inner"), "core")
    fake.move_project(fake.project("acme/clock"), group=fake.group("acme/core"))
    fake.rename_group(fake.group("acme"), "umbrella")
    doing.run(company.runtime, company.synchronization_id)

    assert packages(company) == before
    assert here(company) == doing.pairs(doing.readers_at_host(company.runtime, fake, fake.group("umbrella")))
    with company.runtime.database.read() as session:
        assert session.get_one(Synchronization, company.synchronization_id).remote_path == "umbrella"
        assert "umbrella/core" in session.scalars(select(Team.remote_path)).all()


def test_a_project_that_comes_back_from_elsewhere_is_the_same_package(company: Company) -> None:
    company.synchronize()
    fake = company.fake
    elsewhere, clock = fake.add_group("elsewhere"), fake.project("acme/clock")
    fake.add_member(elsewhere, fake.user("newcomer"), Level.DEVELOPER)

    fake.move_project(clock, group=elsewhere)
    company.synchronize()
    while_away = packages(company)
    fake.move_project(clock, group=fake.group("acme"))
    company.synchronize()

    assert "acme/clock" not in while_away
    assert set(packages(company)) == {"acme/clock", "acme/events"}
    assert here(company) == there(company)


def packages(company: Company) -> dict[str, int]:
    """Those that are there, by name."""
    with company.runtime.database.read() as session:
        query = select(Package.name, Package.id).where(Package.state != PackageState.REMOVED)
        return {row.name: row.id for row in session.execute(query)}
