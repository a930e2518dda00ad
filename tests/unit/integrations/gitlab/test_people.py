"""One account, asked for by itself."""

import pytest

from integrations.codehost import AccountState, People
from integrations.errors import NotFound
from tests.fakes.gitlab import FakeGitLab, Group, Level, Project
from tests.unit.integrations.gitlab.conftest import open_fake


@pytest.fixture
def backend(fake: FakeGitLab) -> Group:
    """A group below "acme", which olga owns; bob is a Developer in it."""
    acme = fake.add_group("acme")
    fake.add_member(acme, fake.add_user("olga"), Level.OWNER)
    group = fake.add_group("backend", parent=acme)
    fake.add_member(group, fake.add_user("bob"), Level.DEVELOPER)
    return group


@pytest.fixture
def logging(fake: FakeGitLab, backend: Group) -> Project:
    return fake.add_project(backend, "logging")


def people(fake: FakeGitLab, login: str = "olga") -> People:
    found = open_fake(fake, fake.personal_token(fake.user(login))).people
    assert found is not None
    return found


def account_id(fake: FakeGitLab, login: str) -> str:
    return str(fake.user(login).id)


@pytest.mark.parametrize(("login", "level"), [("olga", Level.OWNER), ("bob", Level.DEVELOPER)])
def test_direct_and_inherited_members_are_found_with_their_role(
    fake: FakeGitLab, backend: Group, logging: Project, login: str, level: Level
) -> None:
    in_group = people(fake).find_team_member(str(backend.id), account_id(fake, login))
    in_project = people(fake).find_repository_member(str(logging.id), account_id(fake, login))

    assert in_group == in_project
    assert in_group is not None
    assert (in_group.account.login, in_group.role.level) == (login, int(level))


def test_somebody_who_is_no_member_is_none(fake: FakeGitLab, backend: Group, logging: Project) -> None:
    fake.add_user("zoe")

    assert people(fake).find_team_member(str(backend.id), account_id(fake, "zoe")) is None
    assert people(fake).find_repository_member(str(logging.id), account_id(fake, "zoe")) is None


def test_somebody_who_is_blocked_is_found_as_that(fake: FakeGitLab, backend: Group) -> None:
    fake.user("bob").state = "blocked"

    found = people(fake).find_team_member(str(backend.id), account_id(fake, "bob"))

    assert found is not None
    assert found.account.state is AccountState.BLOCKED


def test_a_place_that_is_not_shown_is_not_taken_for_one_without_the_person(fake: FakeGitLab, backend: Group) -> None:
    fake.add_user("zoe")
    stranger = people(fake, "zoe")

    for place in (str(backend.id), "424242"):
        with pytest.raises(NotFound):
            stranger.find_team_member(place, account_id(fake, "bob"))
        with pytest.raises(NotFound):
            stranger.find_repository_member(place, account_id(fake, "bob"))


def test_without_confirmation_one_request_is_sent_and_not_found_may_mean_either(
    fake: FakeGitLab, backend: Group
) -> None:
    fake.add_user("zoe")
    asking = people(fake)
    fake.requests.clear()

    with pytest.raises(NotFound):
        asking.find_team_member(str(backend.id), account_id(fake, "zoe"), confirm=False)

    assert len(fake.requests) == 1
