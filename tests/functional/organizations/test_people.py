"""People and teams."""

from models import Grant, GrantSource, Repository, Team, TeamKind, User
from tests.functional.organizations.world import World


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
    assert "because they have the role Reporter in the repository itself at Gitlab." in access


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
