"""Who may read code on GitLab."""

from datetime import date

import pytest

from integrations.codehost import (
    CodeAccess,
    RemoteAccount,
    RemoteMember,
    RemoteRole,
    Standing,
    Visibility,
)
from integrations.gitlab.access import is_bot_name, is_member_level, role

TODAY = date(2026, 11, 21)
PRIVATE, INTERNAL, PUBLIC = Visibility
ENABLED, MEMBERS, DISABLED = CodeAccess
GUEST, PLANNER, REPORTER, OWNER = (role(level) for level in (10, 15, 20, 50))
READING_GUEST = role(10, custom_id="7", custom_name="Reader", custom_reads_code=True)
MEMBER = RemoteMember(RemoteAccount("1", "ann", "Ann"), GUEST)


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
