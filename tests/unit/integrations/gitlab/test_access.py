"""Who may read code on GitLab."""

from dataclasses import replace
from datetime import date

import pytest

from integrations.codehost import (
    AccountState,
    CodeAccess,
    RemoteAccount,
    RemoteMember,
    RemoteRepository,
    RemoteRole,
    Standing,
    Visibility,
)
from integrations.gitlab.access import is_bot_name, is_in_force, is_member_level, may_read_code, role

TODAY = date(2026, 11, 21)
PRIVATE, INTERNAL, PUBLIC = Visibility
ENABLED, MEMBERS, DISABLED = CodeAccess
GUEST, PLANNER, REPORTER, OWNER = (role(level) for level in (10, 15, 20, 50))
READING_GUEST = role(10, custom_id="7", custom_name="Reader", custom_reads_code=True)
MEMBER = RemoteMember(RemoteAccount("1", "ann", "Ann"), GUEST)


def project(visibility: Visibility, code_access: CodeAccess = ENABLED) -> RemoteRepository:
    return RemoteRepository("1", "x", "acme/x", "", "", visibility, code_access)


@pytest.mark.parametrize("visibility", list(Visibility))
def test_nobody_reads_code_that_is_switched_off(visibility: Visibility) -> None:
    assert not may_read_code(project(visibility, DISABLED), OWNER, is_external=False)


@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize("code_access", [ENABLED, MEMBERS])
@pytest.mark.parametrize("own_role", [REPORTER, OWNER, READING_GUEST])
def test_reporters_and_roles_that_read_code_always_read(
    visibility: Visibility, code_access: CodeAccess, own_role: RemoteRole
) -> None:
    assert may_read_code(project(visibility, code_access), own_role, is_external=True)


@pytest.mark.parametrize("own_role", [GUEST, PLANNER, None])
def test_guests_and_planners_do_not_read_private_code(own_role: RemoteRole | None) -> None:
    assert not may_read_code(project(PRIVATE), own_role, is_external=False)


@pytest.mark.parametrize("own_role", [GUEST, None])
@pytest.mark.parametrize("is_external", [False, None])
def test_internal_and_public_code_is_read_by_everybody(own_role: RemoteRole | None, is_external: bool | None) -> None:
    assert may_read_code(project(INTERNAL), own_role, is_external=is_external)
    assert may_read_code(project(PUBLIC), own_role, is_external=is_external)


@pytest.mark.parametrize("own_role", [GUEST, None])
def test_external_people_read_public_code_but_not_internal_code(own_role: RemoteRole | None) -> None:
    assert not may_read_code(project(INTERNAL), own_role, is_external=True)
    assert may_read_code(project(PUBLIC), own_role, is_external=True)


@pytest.mark.parametrize("visibility", [INTERNAL, PUBLIC])
def test_code_for_members_only_is_read_from_guest_up(visibility: Visibility) -> None:
    assert may_read_code(project(visibility, MEMBERS), GUEST, is_external=False)
    assert not may_read_code(project(visibility, MEMBERS), None, is_external=False)


@pytest.mark.parametrize(
    ("level", "name", "reads"),
    [
        *((10, "Guest", False), (15, "Planner", False), (20, "Reporter", True), (30, "Developer", True)),
        *((40, "Maintainer", True), (50, "Owner", True), (35, "Developer", True), (99, "Owner", True)),
        *((12, "Guest", False), (5, "Level 5", False)),
    ],
)
def test_levels_have_names_and_unknown_ones_count_as_the_one_below(level: int, name: str, reads: bool) -> None:
    found = role(level)

    assert (found.key, found.name, found.level, found.reads_code) == (str(level), name, level, reads)


@pytest.mark.parametrize(
    ("level", "standing"),
    [
        *((10, Standing.MEMBER), (30, Standing.MEMBER), (39, Standing.MEMBER), (40, Standing.ADMIN)),
        *((45, Standing.ADMIN), (50, Standing.OWNER), (60, Standing.OWNER)),
    ],
)
def test_maintainers_administer_and_owners_own(level: int, standing: Standing) -> None:
    assert role(level).standing is standing
    assert role(level, custom_id="7").standing is standing


def test_a_custom_role_has_a_key_and_a_name_of_its_own() -> None:
    assert RemoteRole("10:custom-7", "Reader", 10, True) == READING_GUEST
    assert role(20, custom_id="8") == RemoteRole("20:custom-8", "Reporter", 20, True)
    assert not role(15, custom_id="9", custom_name="Plans").reads_code


def test_minimal_access_is_no_membership() -> None:
    assert [level for level in (0, 5, 10, 15) if is_member_level(level)] == [10, 15]


@pytest.mark.parametrize(
    ("login", "is_bot"),
    [
        *(("project_12_bot", True), ("group_7_bot_0a1b2c", True), ("project_12_bot3", True), ("bot", False)),
        *(("project_x_bot", False), ("my_group_7_bot", False), ("service_account_group_7_ab12", True)),
        *(("service_account_ab12", True), ("ann", False)),
    ],
)
def test_the_users_behind_tokens_are_told_by_their_names(login: str, is_bot: bool) -> None:
    assert is_bot_name(login) is is_bot


def test_a_membership_counts_while_it_is_in_force() -> None:
    blocked = replace(MEMBER.account, state=AccountState.BLOCKED)

    assert is_in_force(MEMBER, today=TODAY)
    assert is_in_force(replace(MEMBER, expires_on=date(2026, 11, 22)), today=TODAY)
    assert not is_in_force(replace(MEMBER, expires_on=TODAY), today=TODAY)
    assert not is_in_force(replace(MEMBER, is_awaiting=True), today=TODAY)
    assert not is_in_force(replace(MEMBER, account=blocked), today=TODAY)
    assert not is_in_force(replace(MEMBER, account=replace(MEMBER.account, is_bot=True)), today=TODAY)
