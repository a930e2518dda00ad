"""Who may read code: hand-made cases, and the API's rules against brute force on random companies."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.bitbucket_cloud import Account, FakeBitbucketCloud, Permission
from tests.fakes.bitbucket_cloud.companies import large_company, random_company, small_company
from tests.fakes.bitbucket_cloud.rights import effective, effective_rows
from tests.unit.fakes.bitbucket_cloud.clients import Acme, ApiClient


def names(fake: FakeBitbucketCloud, path: str) -> set[str]:
    return {fake.state.accounts[key].nickname for key in fake.readers(fake.repo(path))}


def test_members_read_nothing_by_that_and_owners_everything(
    cloud: FakeBitbucketCloud, acme: Acme, bob: Account
) -> None:
    cloud.add_member(acme.workspace, bob, "create-project")
    assert names(cloud, "acme/logging") == {"ann"}

    cloud.update_member(acme.workspace, bob, "owner")

    assert names(cloud, "acme/logging") == {"ann", "bob"}


@pytest.mark.parametrize(
    ("grant", "expected"),
    [("none", Permission.NONE), ("read", Permission.READ), ("write", Permission.WRITE), ("admin", Permission.ADMIN)],
)
def test_grants_come_by_repository_and_project_to_people_and_groups(
    cloud: FakeBitbucketCloud, acme: Acme, bob: Account, grant: str, expected: Permission
) -> None:
    group = cloud.add_group(acme.workspace, "backend", members=[bob])
    for place in (acme.library, acme.project):
        for holder in (bob, group):
            cloud.grant(place, holder, grant)
            assert effective(cloud.state, acme.library, bob.uuid) == expected
            assert (bob.uuid in cloud.readers(acme.library)) == (expected > Permission.NONE)
            cloud.revoke(place, holder)

    assert effective(cloud.state, acme.library, bob.uuid) == Permission.NONE


def test_the_highest_of_all_grants_counts(cloud: FakeBitbucketCloud, acme: Acme, bob: Account) -> None:
    cloud.grant(acme.project, bob, "create-repo")
    cloud.grant(acme.library, cloud.add_group(acme.workspace, "backend", members=[bob]), "read")

    assert effective(cloud.state, acme.library, bob.uuid) == Permission.WRITE
    assert effective_rows(cloud.state, acme.library) == [(acme.owner, Permission.ADMIN), (bob, Permission.WRITE)]


def test_public_code_is_for_the_people_of_the_workspace_and_its_collaborators(
    cloud: FakeBitbucketCloud, acme: Acme, bob: Account
) -> None:
    eve = cloud.add_user("eve")
    cloud.add_member(acme.workspace, eve)
    cloud.add_repository(acme.project, "open", is_private=False)
    assert names(cloud, "acme/open") == {"ann", "eve"}

    cloud.grant(acme.library, bob, "read")

    assert names(cloud, "acme/open") == {"ann", "eve", "bob"}
    assert names(cloud, "acme/logging") == {"ann", "bob"}


@pytest.mark.parametrize("status", ["inactive", "closed"])
def test_only_active_people_read(cloud: FakeBitbucketCloud, acme: Acme, bob: Account, status: str) -> None:
    cloud.grant(acme.library, bob, "admin")

    cloud.set_user_state(bob, "inactive" if status == "inactive" else "closed")

    assert cloud.readers(acme.library) == {acme.owner.uuid}


def test_who_leaves_a_workspace_leaves_its_groups_and_grants(
    cloud: FakeBitbucketCloud, acme: Acme, bob: Account
) -> None:
    group = cloud.add_group(acme.workspace, "backend", members=[bob])
    cloud.grant(acme.project, group, "read")
    cloud.grant(acme.library, bob, "read")

    cloud.remove_member(acme.workspace, bob)

    assert cloud.readers(acme.library) == {acme.owner.uuid}
    assert bob.uuid not in group.members


def test_groups_that_are_left_or_deleted_give_nothing(cloud: FakeBitbucketCloud, acme: Acme, bob: Account) -> None:
    eve = cloud.add_user("eve")
    group = cloud.add_group(acme.workspace, "backend", members=[bob, eve])
    cloud.grant(acme.library, group, "write")
    cloud.remove_from_group(group, bob)
    assert cloud.readers(acme.library) == {acme.owner.uuid, eve.uuid}

    cloud.delete_group(group)

    assert cloud.readers(acme.library) == {acme.owner.uuid}
    assert cloud.state.role_in(acme.workspace.uuid, eve.uuid) == "member"


def test_a_transfer_ends_what_groups_had(cloud: FakeBitbucketCloud, acme: Acme, bob: Account) -> None:
    eve, other = cloud.add_user("eve"), cloud.add_workspace("other")
    cloud.grant(acme.library, cloud.add_group(acme.workspace, "backend", members=[bob]), "read")
    cloud.grant(acme.library, eve, "read")

    cloud.transfer_repository(acme.library, other)

    assert cloud.readers(cloud.repo("other/logging")) == {eve.uuid}


def test_grants_that_can_not_be_are_refused(cloud: FakeBitbucketCloud, acme: Acme, bob: Account) -> None:
    stranger = cloud.add_group(cloud.add_workspace("other"), "backend")

    with pytest.raises(ValueError, match="create-repo"):
        cloud.grant(acme.library, bob, "create-repo")
    with pytest.raises(ValueError, match="backend"):
        cloud.grant(acme.library, stranger, "read")


def test_the_small_company_is_as_described(cloud: FakeBitbucketCloud) -> None:
    small_company(cloud)

    assert names(cloud, "acme/security") == {"ann", "omar", "kim", "gil"}
    assert names(cloud, "acme/clock") == {"ann", "bob", "carla", "dan"}
    assert names(cloud, "acme/logging") == {"ann", "bob", "carla", "dan", "finn", "omar", "hana"}
    without_grant = {"eve", "lena", "gil"}
    assert names(cloud, "acme/coding-standard") == {*without_grant, *names(cloud, "acme/logging"), "kim"}


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=0, max_value=10**6))
def test_the_rules_agree_with_brute_force(seed: int) -> None:
    fake = FakeBitbucketCloud()
    home = random_company(fake, seed)
    state = fake.state

    for repo in state.repos_of(home.uuid):
        rows = {who.uuid: may for who, may in effective_rows(state, repo)}
        assert rows == {key: may for key in state.accounts if (may := effective(state, repo, key))}
        if repo.is_private:
            assert fake.readers(repo) == {key for key in rows if state.accounts[key].is_active}
    fake.close()


@pytest.mark.parametrize("seed", range(3))
def test_the_api_tells_everybody_just_what_he_may_read(cloud: FakeBitbucketCloud, seed: int) -> None:
    home = random_company(cloud, seed)
    people = [each for each in cloud.state.accounts.values() if each.is_active]

    for who in people:
        api, found = ApiClient.of(cloud, who), set()
        if cloud.state.role_in(home.uuid, who.uuid):
            rows = api.values(f"/user/workspaces/{home.uuid}/permissions/repositories")
            found = {row["repository"]["uuid"] for row in rows}
        private = [each for each in cloud.state.repos_of(home.uuid) if each.is_private]
        listed = {row["uuid"] for row in api.values(f"/repositories/{home.uuid}")} if found else set()
        for repo in private:
            if found:
                assert (repo.uuid in found) == (repo.uuid in listed) == (who.uuid in cloud.readers(repo))
            assert (api.get(f"/repositories/{home.uuid}/{repo.uuid}").status_code == 200) == (
                who.uuid in cloud.readers(repo)
            )


def test_the_large_company_has_the_size_that_was_asked_for() -> None:
    fake = FakeBitbucketCloud()

    home = large_company(fake, groups=8, repositories=30, members=20)

    assert len(fake.state.repos_of(home.uuid)) == 30
    assert len(fake.state.members[home.uuid]) == 21
    assert len(fake.state.groups[home.uuid]) == 8
    assert all(len(fake.readers(each)) > 1 for each in fake.state.repos_of(home.uuid)[:7])
    fake.close()
