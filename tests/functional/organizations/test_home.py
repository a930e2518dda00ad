"""The start page, the overview, the search and the frame around them."""

from models import Integration, JobRun, JobState, Synchronization, SynchronizationState, User
from tests.functional.organizations.world import World, join
from tests.functional.rows import add_organization, add_synchronization


def test_the_start_page_lists_my_organizations_and_leads_to_a_new_one(world: World) -> None:
    page = world.browser("carla").read("/")

    assert 'href="/orgs/acme"' in page
    assert "http://localhost:8000/acme/" in page
    assert 'href="/orgs/new"' in page


def test_somebody_without_an_organization_is_told_what_to_do(world: World) -> None:
    page = world.browser("eve").read("/")

    assert "You are in no organization yet" in page
    assert "/orgs/acme" not in page


def test_admins_are_told_what_stands_still_and_members_are_not(world: World) -> None:
    with world.write() as session:
        synchronization = session.get_one(Synchronization, world.synchronization_id)
        synchronization.state = SynchronizationState.NEEDS_CREDENTIAL
        synchronization.state_reason = "The token was revoked."

    assert "The token was revoked." in world.browser("bob").read("/")
    assert "The token was revoked." not in world.browser("carla").read("/")
    words = "acme at Gitlab needs a credential. The token was revoked."
    assert words in world.browser("bob").read("/orgs/acme/packages")
    assert "needs a credential." not in world.browser("carla").read("/orgs/acme/packages")


def test_the_overview_counts_only_what_one_may_see(world: World) -> None:
    owner, member = world.browser("ann").read("/orgs/acme"), world.browser("carla").read("/orgs/acme")

    assert '<a href="/orgs/acme/packages">2</a>' in owner
    assert '<a href="/orgs/acme/packages">1</a>' in member
    assert '<a href="/orgs/acme/people">3</a>' in member
    assert "composer config repositories.acme composer http://localhost:8000/acme/" in member


def test_the_search_finds_packages_that_one_may_read_and_people(world: World) -> None:
    owner, member = world.browser("ann").read("/search?q=CLOCK"), world.browser("carla").read("/search?q=CLOCK")

    assert "acme/clock" in owner
    assert "acme/clock" not in member
    assert "Bob" in world.browser("carla").read("/search?q=bob")
    assert "Nobody has these letters" in world.browser("carla").read("/search?q=eve")


def test_the_search_takes_wildcards_literally(world: World) -> None:
    page = world.browser("ann").read("/search?q=%25%25")

    assert "acme/logging" not in page


def test_background_work_is_shown_to_those_who_lead(world: World) -> None:
    with world.write() as session:
        session.add(
            JobRun(
                name="sync",
                queue="sync",
                arguments={"synchronization_id": world.synchronization_id},
                organization_id=world.organization_id,
                title="Synchronize acme",
                state=JobState.RUNNING,
                progress={"done": 3, "total": 8},
            )
        )

    owner, member = world.browser("ann").read("/activity"), world.browser("carla").read("/activity")

    assert "Synchronize acme" in owner
    assert "3 of 8 done." in owner
    assert 'data-poll-url="/activity"' in owner
    assert "Synchronize acme" not in member
    assert "data-poll-url" not in member


def test_many_jobs_of_one_kind_are_one_line(world: World) -> None:
    with world.write() as session:
        for number in range(12):
            session.add(
                JobRun(name="update", queue="packages", organization_id=world.organization_id, title=f"Update {number}")
            )

    page = world.browser("ann").read("/activity")

    assert "12 updates in Acme" in page
    assert "Update 7" not in page


def test_the_start_page_takes_the_same_number_of_queries_however_many_organizations(world: World) -> None:
    before = world.count_queries("ann", "/")
    with world.write() as session:
        ann, integration = session.get_one(User, world.users["ann"]), session.query(Integration).one()
        for number in range(5):
            organization = add_organization(session, short_name=f"more-{number}")
            synchronization = add_synchronization(session, organization, integration)
            join(session, ann, organization.teams[0], synchronization)

    after = world.count_queries("ann", "/")

    assert after == before
    assert before < 15
