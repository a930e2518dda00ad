"""One person asked for by themselves: honest about what is not found, and the same as the lists say."""

import pytest

from integrations.codehost import TEAM_MEMBER, People, RemoteMemberGrant
from integrations.errors import Forbidden, NotFound, UnexpectedResponse
from tests.fakes.github import FakeGitHub, Organization, User
from tests.fakes.github.model import BasePermission
from tests.unit.integrations.github.conftest import OAUTH_SCOPES, open_fake, open_scripted, reply
from tests.unit.integrations.github.rows import organization, user
from tests.unit.integrations.scripted_server import scripted_server


@pytest.fixture
def home(fake: FakeGitHub) -> Organization:
    return fake.add_organization("acme", owner=fake.add_user("olga"))


@pytest.fixture
def mia(fake: FakeGitHub, home: Organization) -> User:
    person = fake.add_user("mia")
    fake.add_member(home, person)
    return person


def people_of(fake: FakeGitHub, *scopes: str) -> People:
    token = fake.personal_token(fake.user("olga"), scopes or ("repo", "admin:org", "user"))
    people = open_fake(fake, token).people
    assert people is not None
    return people


def test_a_member_is_found_in_the_organization_with_the_role_there(
    fake: FakeGitHub, home: Organization, mia: User
) -> None:
    people, root = people_of(fake), str(home.id)

    found = people.find_team_member(root, str(mia.id))
    owner = people.find_team_member(root, str(fake.user("olga").id))

    assert found is not None
    assert owner is not None
    assert (found.account.remote_id, found.account.display_name) == (str(mia.id), "Mia")
    assert (found.role.key, found.role.reads_code) == ("member", True)
    assert owner.role.key == "owner"


@pytest.mark.parametrize("scopes", [("repo", "admin:org"), OAUTH_SCOPES])
def test_asked_alone_a_member_is_the_same_as_in_the_list(
    fake: FakeGitHub, home: Organization, mia: User, scopes: tuple[str, ...]
) -> None:
    fake.set_base_permission(home, "none")
    fake.assign_role(fake.organization_role(home, "Auditor"), mia)
    fake.add_repo(home, "logging")
    host = open_fake(fake, fake.personal_token(fake.user("olga"), scopes))
    assert host.people is not None

    listed = {member.account.remote_id: member.role for member in host.directory.list_team_members(str(home.id))}

    for account_id, role in listed.items():
        alone = host.people.find_team_member(str(home.id), account_id)
        assert alone is not None
        assert alone.role == role


def test_somebody_who_was_renamed_is_found_by_the_id(fake: FakeGitHub, home: Organization, mia: User) -> None:
    fake.rename_user(mia, "maria")
    fake.add_user("mia")

    found = people_of(fake).find_team_member(str(home.id), str(mia.id))

    assert found is not None
    assert found.account.login == "maria"


def test_who_is_not_there_is_nobody(fake: FakeGitHub, home: Organization, mia: User) -> None:
    stranger, invited, team = fake.add_user("eve"), fake.add_user("pia"), fake.add_team(home, "Dev")
    fake.add_member(home, invited, state="pending")
    people, root = people_of(fake), str(home.id)

    assert people.find_team_member(root, str(stranger.id)) is None
    assert people.find_team_member(root, str(invited.id)) is None
    assert people.find_team_member(f"{root}/{team.id}", str(mia.id)) is None


def test_not_found_is_left_open_when_it_is_not_to_be_confirmed(fake: FakeGitHub, home: Organization) -> None:
    stranger = fake.add_user("eve")

    with pytest.raises(NotFound):
        people_of(fake).find_team_member(str(home.id), str(stranger.id), confirm=False)


def test_a_place_that_is_not_shown_is_not_found(fake: FakeGitHub, home: Organization, mia: User) -> None:
    people, root = people_of(fake), str(home.id)

    for place in (f"{root}/4711", "4711"):
        with pytest.raises(NotFound):
            people.find_team_member(place, str(mia.id))
    with pytest.raises(NotFound):
        people.find_repository_member("4711", str(mia.id))


def test_an_account_that_is_not_shown_is_not_found(fake: FakeGitHub, home: Organization) -> None:
    with pytest.raises(NotFound):
        people_of(fake).find_team_member(str(home.id), "4711")


def test_members_of_a_team_below_are_in_the_team_above(fake: FakeGitHub, home: Organization, mia: User) -> None:
    dev = fake.add_team(home, "Dev")
    fake.add_team(home, "Web", parent=dev, members=[mia])

    found = people_of(fake).find_team_member(f"{home.id}/{dev.id}", str(mia.id))

    assert found is not None
    assert found.role == TEAM_MEMBER


@pytest.mark.parametrize("base", ["none", "read"])
@pytest.mark.parametrize("scopes", [("repo", "admin:org"), OAUTH_SCOPES])
def test_a_collaborator_asked_alone_is_the_same_as_in_the_list(
    fake: FakeGitHub, home: Organization, mia: User, scopes: tuple[str, ...], base: BasePermission
) -> None:
    fake.set_base_permission(home, base)
    logging, queue, eve = fake.add_repo(home, "logging"), fake.add_repo(home, "queue"), fake.add_user("eve")
    fake.add_collaborator(logging, eve, "push")
    fake.add_team_repo(fake.add_team(home, "Dev", members=[mia]), queue)
    host = open_fake(fake, fake.personal_token(fake.user("olga"), scopes))
    assert host.people is not None
    ids = [str(logging.id), str(queue.id)]

    listed = {
        (each.repository_id, each.member.account.remote_id): each.member
        for each in host.grants.list_repository_grants(str(home.id), ids)
        if isinstance(each, RemoteMemberGrant)
    }

    for repository_id in ids:
        for person in (eve, mia):
            alone = host.people.find_repository_member(repository_id, str(person.id))
            assert alone == listed.get((repository_id, str(person.id)))


def test_collaborators_are_hidden_from_those_who_may_not_push(fake: FakeGitHub, home: Organization, mia: User) -> None:
    logging = fake.add_repo(home, "logging")
    people = open_fake(fake, fake.personal_token(mia)).people
    assert people is not None

    with pytest.raises(Forbidden):
        people.find_repository_member(str(logging.id), str(mia.id))


def test_who_only_pays_the_bills_is_no_member() -> None:
    membership = {"state": "active", "role": "billing_manager", "user": user(12, "ben")}
    with scripted_server(reply(user(12, "ben")), reply(membership)) as server:
        people = open_scripted(server).people
        assert people is not None

        assert people.find_team_member("501", "12") is None


def test_an_answer_about_somebody_else_is_refused() -> None:
    membership = {"state": "active", "role": "admin", "user": user(99, "ben"), "organization": organization()}
    with scripted_server(reply(user(12, "ben")), reply(membership)) as server:
        people = open_scripted(server).people
        assert people is not None
        with pytest.raises(UnexpectedResponse):
            people.find_team_member("501", "12")
