"""People, teams, and the explanation of access."""

from datetime import timedelta

from models import Grant, GrantSource, Membership, Repository, Team, TeamKind, User, utc_now
from tests.functional.organizations.world import World, join


def test_people_are_listed_with_their_teams_and_narrowed_by_text(world: World) -> None:
    carla = world.browser("carla")

    everybody, owners = carla.read("/orgs/acme/people"), carla.read("/orgs/acme/people?text=owners")

    assert all(name in everybody for name in ("Ann", "Bob", "Carla"))
    assert "Eve" not in everybody.replace("Everybody", "")
    assert 'text-muted">ann' in owners
    assert 'text-muted">bob' not in owners


def test_an_individual_collaborator_is_among_the_people_and_in_the_count(world: World) -> None:
    with world.write() as session:
        eve = session.get_one(User, world.users["eve"]).identities[0]
        repository = session.query(Repository).filter_by(name="clock").one()
        session.add(
            Grant(
                synchronization_id=world.synchronization_id,
                repository_id=repository.id,
                source=GrantSource.DIRECT,
                identity_id=eve.id,
                role_name="Reporter",
            )
        )

    assert "single repositories only" in world.browser("eve").read("/orgs/acme/people")
    assert '<a href="/orgs/acme/people">4</a>' in world.browser("ann").read("/orgs/acme")
    assert "Eve" in world.browser("ann").read("/search?q=eve")
    access = world.browser("ann").read("/orgs/acme/access?package=acme/clock&person=eve")
    assert ": Reporter of the repository itself." in access


def test_a_team_shows_its_members_and_only_the_packages_that_one_may_read(world: World) -> None:
    with world.write() as session:
        developers = session.query(Team).filter_by(kind=TeamKind.SYNCHRONIZED).one()
        team_id = developers.id
        other = Team(organization_id=world.organization_id, kind=TeamKind.LOCAL, name="Others")
        session.add(other)
        session.flush()
        clock = session.query(Repository).filter_by(name="clock").one()
        session.add(
            Grant(
                synchronization_id=world.synchronization_id,
                repository_id=clock.id,
                source=GrantSource.TEAM,
                team_id=other.id,
            )
        )
        other_id = other.id

    carla = world.browser("carla")

    assert "acme (Developer)" in carla.read("/orgs/acme/teams")
    assert "acme/logging" in carla.read(f"/orgs/acme/teams/{team_id}")
    assert "acme/clock" not in carla.read(f"/orgs/acme/teams/{other_id}")
    assert "acme/clock" in world.browser("ann").read(f"/orgs/acme/teams/{other_id}")


def test_access_is_explained_for_a_package_for_a_person_and_for_both(world: World) -> None:
    ann = world.browser("ann")

    package = ann.read("/orgs/acme/access?package=acme/logging")
    person = ann.read("/orgs/acme/access?person=@carla")
    both = ann.read("/orgs/acme/access?package=acme/clock&person=carla")

    assert "may read acme/logging: owner of Acme." in package
    assert "may read acme/logging: Developer in acme." in package
    assert 'packages/acme/logging"' in person
    assert 'packages/acme/clock"' not in person
    assert "carla may not read acme/clock" in both


def test_what_has_expired_explains_nothing(world: World) -> None:
    with world.write() as session:
        bob = session.get_one(User, world.users["bob"])
        developers = session.query(Team).filter_by(kind=TeamKind.SYNCHRONIZED).one()
        carla = session.query(Membership).filter_by(team_id=developers.id).one()
        carla.expires_on = utc_now().date() - timedelta(days=1)
        expired = Membership(
            team_id=developers.id,
            identity_id=bob.identities[0].id,
            source=carla.source,
            expires_on=utc_now().date(),
        )
        session.add(expired)

    page = world.browser("ann").read("/orgs/acme/access?package=acme/logging")

    assert ": admin of Acme." in page
    assert "Developer" not in page
    assert "carla" not in page


def test_an_unknown_package_leads_to_the_list(world: World) -> None:
    page = world.browser("ann").read("/orgs/acme/access?package=acme/nothing")

    assert "There is no package acme/nothing" in page


def test_a_person_with_an_open_repository_only_has_that_reason(world: World) -> None:
    with world.write() as session:
        eve = session.get_one(User, world.users["eve"])
        team = Team(organization_id=world.organization_id, kind=TeamKind.LOCAL, name="Guests")
        session.add(team)
        session.flush()
        join(session, eve, team, session.query(Repository).first().synchronization)  # type: ignore[union-attr]
        logging = session.query(Repository).filter_by(name="logging").one()
        session.add(
            Grant(
                synchronization_id=world.synchronization_id,
                repository_id=logging.id,
                source=GrantSource.VISIBILITY,
                role_name="Internal",
            )
        )

    page = world.browser("ann").read("/orgs/acme/access?package=acme/logging&person=eve")

    assert ": the repository is internal at the host, and the account is not known to be external." in page
