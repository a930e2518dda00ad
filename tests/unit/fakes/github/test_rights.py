"""The rules of the API against brute force, in companies made by chance, and in one that is known by name."""

import pytest

from tests.fakes.github import FakeGitHub
from tests.fakes.github.companies import large_company, random_company, small_company
from tests.fakes.github.rights import reads
from tests.unit.fakes.github.clients import Acme, ApiClient


@pytest.mark.parametrize("seed", range(60))
def test_the_rules_and_brute_force_agree(seed: int) -> None:
    fake = FakeGitHub()
    home = random_company(fake, seed)
    members = {key for key, row in fake.state.members[home.id].items() if row.is_active}
    repos = fake.state.repos_of(home.id)
    outside = {key for repo in repos for key in fake.state.collaborators.get(repo.id, {})}

    for repo in repos:
        by_rule = {key for key in members | outside if reads(fake.core, repo, fake.state.users[key])}
        assert fake.readers(repo, confirmed=outside) == by_rule
    fake.close()


def test_everybody_in_the_small_company_reads_what_they_should() -> None:
    fake = FakeGitHub()
    small_company(fake)

    def readers(name: str, *, suspended: bool = False) -> set[str]:
        found = fake.readers(fake.repo(f"acme/{name}"), suspended=suspended)
        return {fake.state.users[key].login for key in found}

    assert readers("logging") == {"ann", "bob", "carla", "dan", "hana", "kim", "eve"}
    assert readers("security") == {"ann", "omar", "carla", "gil"}
    assert readers("orm", suspended=True) == {"ann", "bob", "carla", "dan", "ivan"}
    assert readers("playground") == {"ann"}
    everybody = {"ann", "bob", "carla", "dan", "eve", "finn", "hana", "kim", "lena", "omar"}
    assert readers("clock") == everybody
    assert readers("coding-standard") == everybody | {"gil"}
    fake.close()


def test_the_base_permission_opens_everything_to_members(github: FakeGitHub, acme: Acme) -> None:
    lena = github.add_user("lena")
    github.add_member(acme.organization, lena)
    assert lena.id not in github.readers(acme.library)

    github.set_base_permission(acme.organization, "read")

    assert lena.id in github.readers(acme.library)


def test_a_removed_member_loses_everything_unless_it_is_kept(github: FakeGitHub, acme: Acme) -> None:
    github.add_collaborator(acme.library, acme.bob)
    github.remove_member(acme.organization, acme.bob, keeps_repos=True)
    assert acme.bob.id in github.readers(acme.library)

    github.add_member(acme.organization, acme.bob)
    github.remove_member(acme.organization, acme.bob)

    assert github.readers(acme.library) == {acme.ann.id, acme.eve.id}


def test_internal_repositories_are_for_members_and_the_confirmed(github: FakeGitHub, acme: Acme) -> None:
    inner = github.add_repo(acme.organization, "inner", visibility="internal")

    assert github.readers(inner) == {acme.ann.id, acme.bob.id}
    assert github.readers(inner, confirmed=[acme.eve.id]) == {acme.ann.id, acme.bob.id, acme.eve.id}


def test_a_deleted_team_gives_nothing(github: FakeGitHub, acme: Acme) -> None:
    role = github.organization_role(acme.organization, "all_repo_read")
    github.assign_role(role, github.add_team(acme.organization, "Inner", parent=acme.backend, members=[acme.bob]))

    github.delete_team(acme.backend)

    assert acme.bob.id not in github.readers(acme.library)


def test_a_large_company_has_as_many_of_each_as_wanted() -> None:
    with FakeGitHub() as fake:
        large = large_company(fake, teams=10, repositories=20, members=30)
        api = ApiClient.of(fake, fake.user("owner"))

        assert len(api.rows("/orgs/large/repos")) == 20
        assert len(api.rows("/orgs/large/members")) == 31
        assert max(len(fake.state.team_chain(team)) for team in fake.state.teams_of(large.id)) == 3
        assert len(api.rows("/repos/large/library-00000/tags")) == 3
