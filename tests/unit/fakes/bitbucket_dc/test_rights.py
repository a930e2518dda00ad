"""Who may read: the API's rules against brute force, and every source of a right by itself."""

import pytest

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter, Level
from tests.fakes.bitbucket_dc.companies import random_company, small_company
from tests.fakes.bitbucket_dc.rights import Rights, is_licensed
from tests.unit.fakes.bitbucket_dc.clients import IN_LOGGING, Acme, Client


@pytest.mark.parametrize("seed", range(60))
def test_the_rules_agree_with_brute_force(seed: int) -> None:
    fake = FakeBitbucketDataCenter()
    random_company(fake, seed)
    users = [each for each in fake.state.users.values() if is_licensed(fake.state, each)]

    for repository in fake.state.repos.values():
        found = {each.id for each in users if Rights(fake.state, each).reads(repository)}

        assert found == fake.readers(repository, everybody=True)
        assert fake.readers(repository) <= found


@pytest.mark.parametrize("seed", range(3))
def test_lists_agree_with_brute_force(seed: int) -> None:
    with FakeBitbucketDataCenter() as fake:
        home = random_company(fake, seed)
        owner = Client(fake, fake.personal_token(fake.user("owner")))

        for repository in fake.state.repositories_in(home):
            query = f"permission=REPO_READ&permission.projectKey=RANDOM&permission.repositorySlug={repository.slug}"
            found = {row["id"] for row in owner.values(f"/users?{query}&limit=100")}

            is_open = repository.public or home.public
            assert found == fake.readers(repository, everybody=True) or (is_open and found <= fake.readers(repository))


def test_everybody_lists_what_they_may_read_with_their_own_token() -> None:
    with FakeBitbucketDataCenter() as fake:
        acme = small_company(fake)
        for name in ("ann", "bob", "finn", "gil", "eve", "root"):
            own = Client(fake, fake.personal_token(fake.user(name), ["REPO_READ"]))
            query = "permission=REPO_READ&projectkey=acme&archived=ALL&limit=100"
            found = {row["id"] for row in own.values(f"/repos?{query}")}

            rows = fake.state.repositories_in(acme)
            expected = {each.id for each in rows if fake.user(name).id in fake.readers(each)}
            public = {each.id for each in rows if each.public}
            assert found | public == expected | public


def test_a_right_comes_from_every_place(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    carla = acme.carla
    assert carla.id not in fake.readers(acme.logging)

    fake.add_to_group(acme.team, carla)
    by_group = fake.readers(acme.logging)
    fake.remove_from_group(acme.team, carla)
    fake.grant(acme.project, carla, "REPO_CREATE")
    by_project = fake.readers(acme.logging)
    fake.revoke(acme.project, carla)
    fake.grant(acme.logging, carla, "REPO_WRITE")
    by_herself = fake.readers(acme.logging)
    fake.revoke(acme.logging, carla)
    fake.grant_global(carla, "ADMIN")
    as_administrator = fake.readers(acme.logging)

    assert all(carla.id in each for each in (by_group, by_project, by_herself, as_administrator))
    assert carla.id not in fake.readers(acme.logging, with_administrators=False)


def test_people_of_the_project_read_what_is_open(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    other = fake.add_repository(acme.project, "other")
    assert fake.readers(other) == {acme.ann.id}

    fake.set_default(acme.project, Level.READ)

    assert fake.readers(other) == {acme.ann.id, acme.bob.id}
    assert fake.readers(other, everybody=True) == {acme.ann.id, acme.bob.id, acme.carla.id}


def test_nobody_reads_without_a_licence_or_switched_off(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    fake.set_licensed(acme.bob, False)
    fake.deactivate(acme.ann)

    assert fake.readers(acme.logging) == set()


def test_the_owner_administers_a_personal_project(fake: FakeBitbucketDataCenter, acme: Acme) -> None:
    home = fake.add_personal_project(acme.carla)
    fake.add_repository(home, "dotfiles")

    carla = Client(fake, fake.personal_token(acme.carla))

    [found] = carla.values("/projects?permission=PROJECT_ADMIN")
    assert (found["key"], found["type"], found["owner"]["name"]) == ("~CARLA", "PERSONAL", "carla")
    assert carla.get("/projects/~carla/repos/dotfiles/permissions/users").status_code == 200


def test_one_repository_is_enough_to_see_its_project(bob: Client) -> None:
    assert [row["key"] for row in bob.values("/projects")] == ["ACME"]
    assert bob.values("/projects?permission=PROJECT_READ") == []
    assert bob.get("/projects/acme").status_code == 200
    assert bob.get("/projects/acme/repos").status_code == 401
    assert bob.get(f"{IN_LOGGING}/permissions/users").status_code == 401
