"""The page that explains access: a package, a person, or both."""

from datetime import timedelta

from sqlalchemy import select

from models import Grant, GrantSource, Identity, Membership, Repository, Team, TeamKind, User, utc_now
from tests.functional.organizations.world import World, join
from tests.functional.rows import add_integration

PAGE = "/orgs/acme/access"
MOST_QUERIES = 20  # the frame of the page included


def test_it_is_explained_for_a_package_for_a_person_and_for_both(world: World) -> None:
    ann = world.browser("ann")

    package = ann.read(f"{PAGE}?package=acme/logging")
    person = ann.read(f"{PAGE}?person=@carla")
    both = ann.read(f"{PAGE}?package=acme/logging&person=carla")

    assert ">owner of Acme</td>" in package
    assert ">Developer in acme</td>" in package
    assert "carla may read 1 of 2 packages." in person
    assert 'packages/acme/clock"' not in person
    assert "carla may read acme/logging because they have the role Developer in acme at Gitlab." in both
    assert "they left acme, or had a role there that does not read code" in both


def test_no_is_explained_with_the_nearest_way_at_the_host(world: World) -> None:
    page = world.browser("ann").read(f"{PAGE}?package=acme/clock&person=carla")

    assert "carla may not read acme/clock." in page
    assert "acme/clock is private at Gitlab, and no team of carla has it." in page
    assert "https://gitlab.test/acme/clock/-/project_members" in page


def test_the_packages_that_somebody_may_not_read_are_a_click_away(world: World) -> None:
    ann = world.browser("ann")

    others = ann.read(f"{PAGE}?person=carla&others=1")

    assert "Show the other 1" in ann.read(f"{PAGE}?person=carla")
    assert 'packages/acme/clock"' in others
    assert 'packages/acme/logging"' not in others


def test_what_has_ended_is_no_reason_but_an_answer(world: World) -> None:
    with world.write() as session:
        team = session.query(Team).filter_by(kind=TeamKind.SYNCHRONIZED).one()
        session.query(Membership).filter_by(team_id=team.id).one().expires_on = utc_now().date() - timedelta(days=1)

    page = world.browser("ann").read(f"{PAGE}?package=acme/logging&person=carla")

    assert "carla may not read acme/logging." in page
    assert "The membership in acme ended on" in page


def test_somebody_outside_is_known_by_their_account(world: World) -> None:
    page = world.browser("ann").read(f"{PAGE}?package=acme/logging&person=EVE")

    assert "eve may not read acme/logging." in page
    assert "eve is not a member of Acme." in page


def test_accounts_at_hosts_that_the_organization_does_not_follow_are_not_told(world: World) -> None:
    with world.write() as session:
        elsewhere = add_integration(session, world.runtime.secret_box, slug="secret-host")
        for login in ("eve", "carla"):
            values = {"user_id": world.users[login], "remote_id": f"other-{login}", "login": f"{login}-the-hidden"}
            session.add(Identity(integration_id=elsewhere.id, is_external=False, **values))
    ann = world.browser("ann")

    pages = [ann.read(f"{PAGE}?package=acme/logging&person={login}") for login in ("eve", "carla")]
    unknown = ann.read(f"{PAGE}?person=eve-the-hidden")

    assert not any("the-hidden" in page or "Secret-Host" in page for page in pages)
    assert "Nobody here is called" in unknown


def test_an_open_repository_is_the_reason_of_a_member(world: World) -> None:
    with world.write() as session:
        eve = session.get_one(User, world.users["eve"])
        team = Team(organization_id=world.organization_id, kind=TeamKind.LOCAL, name="Guests")
        logging = session.query(Repository).filter_by(name="logging").one()
        session.add(team)
        session.flush()
        join(session, eve, team, logging.synchronization)
        session.add(
            Grant(
                synchronization_id=world.synchronization_id,
                repository_id=logging.id,
                source=GrantSource.VISIBILITY,
                role_name="Internal",
            )
        )

    page = world.browser("ann").read(f"{PAGE}?package=acme/logging&person=eve")

    assert "the repository is internal at Gitlab, and their account is not known to be external." in page
    assert "https://gitlab.test/acme/logging/edit#js-shared-permissions" in page


def test_wrong_names_lead_to_those_that_resemble_them(world: World) -> None:
    ann = world.browser("ann")

    package, person = ann.read(f"{PAGE}?package=acme/logg"), ann.read(f"{PAGE}?person=carl")

    assert "There is no package acme/logg" in package
    assert f'href="{PAGE}?package=acme/logging"' in package
    assert "Nobody here is called carl" in person
    assert f'href="{PAGE}?person=carla"' in person


def test_the_fields_suggest_what_there_is(world: World) -> None:
    page = world.browser("ann").read(PAGE)

    assert '<option value="acme/logging">' in page
    assert '<option value="carla">' in page
    assert '<option value="eve">' not in page


def test_the_pages_of_people_and_packages_lead_here_for_admins_only(world: World) -> None:
    bob, carla = world.browser("bob"), world.browser("carla")

    assert f"{PAGE}?person=carla" in bob.read("/orgs/acme/people")
    assert f"{PAGE}?package=acme/logging&amp;person=carla" in bob.read("/orgs/acme/packages/acme/logging")
    assert PAGE not in carla.read("/orgs/acme/people")
    assert carla.get(PAGE).status_code == 403


def test_it_takes_as_many_queries_for_many_people_as_for_one(world: World) -> None:
    questions = (f"{PAGE}?package=acme/logging", f"{PAGE}?person=carla", f"{PAGE}?package=acme/logging&person=carla")
    before = [world.count_queries("ann", question) for question in questions]
    with world.write() as session:
        team = session.query(Team).filter_by(kind=TeamKind.SYNCHRONIZED).one()
        host = session.scalars(select(Identity.integration_id)).first() or 0
        for number in range(80):
            person = Identity(integration_id=host, remote_id=f"n{number}", login=f"n{number}", user=None)
            session.add(person)
            session.flush()
            session.add(Membership(team_id=team.id, identity_id=person.id, source="direct"))

    after = [world.count_queries("ann", question) for question in questions]

    assert after == before
    assert max(after) <= MOST_QUERIES
    assert "50 of 83" in world.browser("ann").read(questions[0])
