"""Who may read code: hand-made cases, and the API's rules against brute force on random companies."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.company import random_company
from tests.fakes.gitlab import FakeGitLab, Level, Project, User
from tests.fakes.gitlab.rights import effective_members, reads_code
from tests.unit.fakes.clients import Acme, ApiClient


@pytest.fixture
def bob(fake: FakeGitLab) -> User:
    return fake.add_user("bob")


def reads(fake: FakeGitLab, project: Project, user: User) -> bool:
    """By brute force, and the same by git's and the API's rule."""
    answer = user.id in fake.readers(project)
    if user.is_active and not user.bot:
        assert reads_code(fake.state, project, user, fake.clock.today()) is answer
    return answer


@pytest.mark.parametrize(
    ("level", "expected"), [(5, False), (10, False), (15, False), (20, True), (30, True), (40, True), (50, True)]
)
def test_private_code_is_for_reporters_and_up(
    fake: FakeGitLab, acme: Acme, bob: User, level: int, expected: bool
) -> None:
    fake.add_member(acme.group, bob, level)

    assert reads(fake, acme.library, bob) is expected


def test_rights_come_down_the_tree_and_never_up(fake: FakeGitLab, acme: Acme, bob: User) -> None:
    tools = fake.add_group("tools", parent=acme.group)
    inside = fake.add_project(tools, "deployer")
    fake.add_member(tools, bob, Level.OWNER)

    assert reads(fake, inside, bob)
    assert not reads(fake, acme.library, bob)
    assert reads(fake, inside, acme.owner)


def test_a_direct_member_of_a_project_reads_only_that(fake: FakeGitLab, acme: Acme, bob: User) -> None:
    other = fake.add_project(acme.group, "clock")
    fake.add_member(acme.library, bob, Level.REPORTER)

    assert (reads(fake, acme.library, bob), reads(fake, other, bob)) == (True, False)


def test_a_custom_role_can_open_code_to_a_guest(fake: FakeGitLab, acme: Acme, bob: User) -> None:
    eve = fake.add_user("eve")
    fake.add_member(acme.group, bob, Level.GUEST, role=fake.member_role("reads", read_code=True))
    fake.add_member(acme.group, eve, Level.GUEST, role=fake.member_role("plans", read_code=False))

    assert (reads(fake, acme.library, bob), reads(fake, acme.library, eve)) == (True, False)


@pytest.mark.parametrize(("days", "expected"), [(-1, False), (0, False), (1, True), (None, True)])
def test_a_membership_ends_on_its_day(
    fake: FakeGitLab, acme: Acme, bob: User, days: int | None, expected: bool
) -> None:
    expires_on = None if days is None else fake.clock.today() + timedelta(days=days)
    fake.add_member(acme.group, bob, Level.DEVELOPER, expires_on=expires_on)

    assert reads(fake, acme.library, bob) is expected


def test_an_expired_membership_stays_listed_but_does_not_hide_a_valid_one(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, bob: User
) -> None:
    fake.add_member(acme.library, bob, Level.MAINTAINER, expires_on=fake.clock.today() + timedelta(days=1))
    fake.clock.advance(days=2)
    path = f"/projects/{acme.library.id}/members/all/{bob.id}"
    assert owner.get(path).json()["access_level"] == Level.MAINTAINER

    fake.add_member(acme.group, bob, Level.REPORTER)

    assert owner.get(path).json()["access_level"] == Level.REPORTER


@pytest.mark.parametrize("state", ["blocked", "deactivated", "banned", "ldap_blocked", "blocked_pending_approval"])
def test_only_active_people_read(fake: FakeGitLab, acme: Acme, bob: User, state: str) -> None:
    fake.add_member(acme.group, bob, Level.OWNER)

    fake.set_user_state(bob, state)

    assert not reads(fake, acme.library, bob)


def test_bots_are_no_readers_and_awaiting_members_not_yet(fake: FakeGitLab, acme: Acme, bob: User) -> None:
    fake.add_member(acme.group, bob, Level.DEVELOPER, awaiting=True)
    fake.group_token(acme.group)

    assert fake.readers(acme.library) == {acme.owner.id}


VISIBILITY_CASES = [
    # visibility, repository_access_level, who may read: member (Guest), non-member, external non-member, external Guest
    ("private", "enabled", (False, False, False, False)),
    ("internal", "enabled", (True, True, False, False)),
    ("public", "enabled", (True, True, True, True)),
    ("internal", "private", (True, False, False, False)),
    ("public", "private", (True, False, False, True)),
    ("private", "private", (False, False, False, False)),
    ("public", "disabled", (False, False, False, False)),
]


@pytest.mark.parametrize(("visibility", "access", "expected"), VISIBILITY_CASES)
def test_visibility_and_the_repository_switch_decide_for_those_without_a_role(
    fake: FakeGitLab, acme: Acme, visibility: str, access: str, expected: tuple[bool, ...]
) -> None:
    people = [
        fake.add_user("a"),
        fake.add_user("b"),
        fake.add_user("c", external=True),
        fake.add_user("d", external=True),
    ]
    fake.add_member(acme.group, people[0], Level.GUEST)
    fake.add_member(acme.group, people[3], Level.GUEST)

    fake.update_project(acme.library, visibility=visibility, repository_access_level=access)

    assert tuple(reads(fake, acme.library, each) for each in people) == expected


def test_external_reporters_read_internal_code_and_disabled_code_is_for_nobody(fake: FakeGitLab, acme: Acme) -> None:
    kim = fake.add_user("kim", external=True)
    fake.add_member(acme.group, kim, Level.REPORTER)
    fake.update_project(acme.library, visibility="internal")
    assert reads(fake, acme.library, kim)

    fake.update_project(acme.library, repository_access_level="disabled")

    assert fake.readers(acme.library) == set()


def test_archived_and_doomed_projects_are_still_read(fake: FakeGitLab, acme: Acme) -> None:
    fake.update_project(acme.library, archived=True, marked_for_deletion_on=fake.clock.today())

    assert fake.readers(acme.library) == {acme.owner.id}


@pytest.mark.parametrize(
    ("own", "granted", "expected"), [(50, 20, 20), (20, 50, 20), (10, 40, 10), (50, 10, 10), (30, 30, 30)]
)
def test_an_invited_group_lends_the_smaller_level(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, bob: User, own: int, granted: int, expected: int
) -> None:
    studio = fake.add_group("studio")
    fake.add_member(studio, bob, own)

    fake.share(acme.group, studio, granted)

    assert owner.get(f"/projects/1/members/all/{bob.id}").json()["access_level"] == expected
    assert reads(fake, acme.library, bob) is (expected >= Level.REPORTER)


def test_a_group_invited_into_a_group_lends_only_its_direct_members(fake: FakeGitLab, acme: Acme, bob: User) -> None:
    studio = fake.add_group("studio")
    north = fake.add_group("north", parent=studio)
    fake.add_member(studio, bob, Level.DEVELOPER)

    fake.share(acme.group, north, Level.DEVELOPER)
    assert not reads(fake, acme.library, bob)

    fake.share(acme.library, north, Level.DEVELOPER)
    assert reads(fake, acme.library, bob)


def test_an_invitation_ends_on_its_day_and_when_it_is_taken_back(fake: FakeGitLab, acme: Acme, bob: User) -> None:
    studio = fake.add_group("studio")
    fake.add_member(studio, bob, Level.DEVELOPER)
    fake.share(acme.group, studio, Level.DEVELOPER, expires_on=fake.clock.today() + timedelta(days=1))
    assert reads(fake, acme.library, bob)

    fake.clock.advance(days=1)
    assert not reads(fake, acme.library, bob)

    fake.share(acme.group, studio, Level.DEVELOPER)
    assert reads(fake, acme.library, bob)
    fake.unshare(acme.group, studio)
    assert not reads(fake, acme.library, bob)


def test_invited_members_are_listed_under_all_only(fake: FakeGitLab, acme: Acme, owner: ApiClient, bob: User) -> None:
    studio = fake.add_group("studio")
    fake.add_member(studio, bob, Level.DEVELOPER)
    fake.share(acme.group, studio, Level.REPORTER)

    direct = [row["id"] for row in owner.get("/groups/1/members").json()]
    everybody = [row["id"] for row in owner.get("/groups/1/members/all").json()]

    assert (direct, everybody) == ([acme.owner.id], [acme.owner.id, bob.id])


def test_everybody_is_listed_once_with_the_highest_level(
    fake: FakeGitLab, acme: Acme, owner: ApiClient, bob: User
) -> None:
    fake.add_member(acme.group, bob, Level.GUEST)
    fake.add_member(acme.library, bob, Level.MAINTAINER)

    rows = owner.get("/projects/1/members/all").json()

    assert [(row["username"], row["access_level"]) for row in rows] == [("ann", 50), ("bob", 40)]
    assert [row["access_level"] for row in owner.get("/projects/1/members").json()] == [40]


def test_minimal_access_shows_in_the_top_group_only(fake: FakeGitLab, acme: Acme, owner: ApiClient, bob: User) -> None:
    fake.add_group("tools", parent=acme.group)
    fake.add_member(acme.group, bob, Level.MINIMAL)

    assert bob.id in [row["id"] for row in owner.get("/groups/acme/members/all").json()]
    assert bob.id not in [row["id"] for row in owner.get("/groups/acme%2Ftools/members/all").json()]
    with pytest.raises(ValueError, match="level 5"):
        fake.add_member(fake.group("acme/tools"), bob, Level.MINIMAL)


def test_a_removed_member_is_out_at_once(fake: FakeGitLab, acme: Acme, bob: User) -> None:
    fake.add_member(acme.group, bob, Level.DEVELOPER)
    assert reads(fake, acme.library, bob)

    fake.remove_member(acme.group, bob)

    assert not reads(fake, acme.library, bob)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=60)
def test_brute_force_and_the_rules_of_the_api_agree(seed: int) -> None:
    fake = FakeGitLab()
    random_company(fake, seed)
    today = fake.clock.today()

    for project in fake.state.projects.values():
        people = [each for each in fake.state.users.values() if each.is_active and not each.bot]
        allowed = {each.id for each in people if reads_code(fake.state, project, each, today)}
        assert allowed == fake.readers(project)

    fake.close()


@given(seed=st.integers(0, 10**6))
@settings(max_examples=40)
def test_the_readers_of_private_code_can_be_told_from_the_member_lists(seed: int) -> None:
    fake = FakeGitLab()
    random_company(fake, seed)
    state, today = fake.state, fake.clock.today()

    for project in state.projects.values():
        if project.visibility != "private" or project.repository_access_level == "disabled":
            continue
        rows = [
            row
            for row in effective_members(state, project.source, today)
            if row.reads_code and not row.membership.awaiting and not row.membership.is_expired(today)
        ]
        people = {
            row.user_id for row in rows if state.users[row.user_id].is_active and not state.users[row.user_id].bot
        }
        assert people == fake.readers(project)

    fake.close()
