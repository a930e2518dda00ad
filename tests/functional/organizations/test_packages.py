"""The list of packages and the page of one."""

import pytest

from models import (
    AuditRecord,
    JobRun,
    Organization,
    Package,
    PackageState,
    PackageUpdate,
    Repository,
    Synchronization,
    UpdateResult,
    Webhook,
    WebhookState,
    utc_now,
)
from tests.functional.organizations.world import World, add_package, add_repository

LOGGING = "/orgs/acme/packages/acme/logging"


def test_the_list_shows_what_one_may_read(world: World) -> None:
    owner, member = world.browser("ann").read("/orgs/acme/packages"), world.browser("carla").read("/orgs/acme/packages")

    assert "acme/clock" in owner
    assert "acme/logging" in owner
    assert "acme/logging" in member
    assert "acme/clock" not in member
    assert "v1.1.0" in member
    assert "v2.0.0-beta1" not in member


def test_a_package_that_one_may_not_read_is_not_there(world: World) -> None:
    assert world.browser("carla").get("/orgs/acme/packages/acme/clock").status_code == 404
    assert world.browser("carla").get("/orgs/acme/packages/acme/nothing").status_code == 404


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("text=LOGG", {"acme/logging"}),
        ("text=what+acme", {"acme/logging", "acme/clock"}),
        ("text=_", set()),
        ("state=failing", {"acme/clock"}),
        ("synchronization=1", {"acme/logging", "acme/clock"}),
        ("synchronization=99", set()),
        ("state=nonsense&page=7", {"acme/logging", "acme/clock"}),
    ],
)
def test_the_list_is_narrowed(world: World, query: str, shown: set[str]) -> None:
    with world.write() as session:
        session.query(Package).filter_by(name="acme/clock").one().state = PackageState.FAILING

    page = world.browser("ann").read(f"/orgs/acme/packages?{query}")

    assert {name for name in ("acme/logging", "acme/clock") if f'packages/{name}"' in page} == shown
    assert ("Nothing matches this filter" in page) is not bool(shown)


def test_the_list_takes_the_same_number_of_queries_however_long_it_is(world: World) -> None:
    before = world.count_queries("ann", "/orgs/acme/packages")
    with world.write() as session:
        organization = session.get_one(Organization, world.organization_id)
        synchronization = session.get_one(Synchronization, world.synchronization_id)
        for number in range(20):
            repository = add_repository(session, synchronization, f"more-{number}")
            add_package(session, organization, repository, f"acme/more-{number}", "v1.0.0", "v1.1.0")

    after = world.count_queries("ann", "/orgs/acme/packages")

    assert after == before
    assert before < 16


def test_a_package_says_how_to_install_it_and_what_it_requires(world: World) -> None:
    page = world.browser("carla").read(LOGGING)

    assert 'value="composer require acme/logging"' in page
    assert "&gt;=8.1" in page
    assert "v2.0.0-beta1" in page
    assert "Who may read it" not in page
    assert "Update now" not in page


def test_the_readme_is_shown_without_anything_that_acts(world: World) -> None:
    with world.write() as session:
        package = session.query(Package).filter_by(name="acme/logging").one()
        package.readme = "# Logging\n\n<script>alert(1)</script> ![spy](https://spy.test/x.png)"

    page = world.browser("carla").read(LOGGING)

    assert "<h3>Logging</h3>" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "spy.test" not in page


def test_admins_see_why_people_may_read_it_and_what_updates_skipped(world: World) -> None:
    with world.write() as session:
        package = session.query(Package).filter_by(name="acme/logging").one()
        entries = [{"level": "skipped", "ref": "v9", "message": "composer.json is no JSON"}]
        session.add(
            PackageUpdate(
                package_id=package.id,
                reason="button",
                result=UpdateResult.CHANGED,
                ended_at=utc_now(),
                entries=entries,
            )
        )
        hook = Webhook(synchronization_id=world.synchronization_id, state=WebhookState.FAILED, state_reason="No right.")
        hook.seal_secret(world.runtime.secret_box, "hook-secret")
        session.add(hook)

    page = world.browser("bob").read(LOGGING)

    assert "owner of Acme" in page
    assert "Developer in acme" in page
    assert "composer.json is no JSON" in page
    assert "No right." in page
    assert "hook-secret" not in page


def test_update_now_asks_for_one_update(world: World) -> None:
    bob = world.browser("bob")

    answers = [bob.post(f"{LOGGING}/update") for _ in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {LOGGING}
    assert "Waiting for a worker" in bob.read(LOGGING)
    with world.runtime.database.read() as session:
        job = session.query(JobRun).one()
        assert (job.title, job.actor) == ("Update acme/logging", "Bob")


def test_a_deleted_package_is_excluded_and_can_be_taken_back(world: World) -> None:
    bob = world.browser("bob")

    bob.post(f"{LOGGING}/delete")
    excluded = bob.read("/orgs/acme/packages")
    with world.runtime.database.read() as session:
        repository_id = session.query(Repository.id).filter_by(name="logging").scalar()
    back = bob.post(f"/orgs/acme/repositories/{repository_id}/add")

    assert bob.get("/orgs/acme/packages/acme/logging").status_code == 200
    assert "deleted by Bob" in excluded
    assert "Take back" in excluded
    assert back.headers["Location"] == LOGGING
    with world.runtime.database.read() as session:
        actions = [record.action for record in session.query(AuditRecord).order_by(AuditRecord.id)]
        assert actions == ["package_removed", "package_added"]
        assert session.query(Repository).filter_by(name="logging").one().excluded_at is None


def test_a_repository_without_composer_json_is_listed_with_the_reason_and_can_not_be_added(world: World) -> None:
    bob = world.browser("bob")
    with world.runtime.database.read() as session:
        repository_id = session.query(Repository.id).filter_by(name="playground").scalar()

    page = bob.read("/orgs/acme/packages")
    answer = bob.post(f"/orgs/acme/repositories/{repository_id}/add")

    assert "no composer.json at the root of the default branch" in page
    assert "Add package" not in page
    assert "can not become a package" in bob.read(answer.headers["Location"])
    assert "playground" not in world.browser("carla").read("/orgs/acme/packages")


def test_a_conflict_is_explained_and_the_page_of_the_name_is_its_holders(world: World) -> None:
    with world.write() as session:
        synchronization = session.get_one(Synchronization, world.synchronization_id)
        organization = session.get_one(Organization, world.organization_id)
        second = add_package(session, organization, add_repository(session, synchronization, "copy"), "acme/copy")
        session.flush()
        second.name, second.state = "acme/logging", PackageState.CONFLICT
        second.state_reason = "The package acme/logging of acme/logging has this name."

    bob = world.browser("bob")

    assert "has this name." in bob.read("/orgs/acme/packages?state=conflict")
    assert "v1.1.0" in bob.read(LOGGING)
