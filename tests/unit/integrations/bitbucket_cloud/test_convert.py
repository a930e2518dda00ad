"""Bitbucket Cloud's JSON in our words: tolerant of what is new or absent, strict about what has another shape."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from integrations.bitbucket_cloud.access import GROUP_ROLE, repository_role, workspace_role
from integrations.bitbucket_cloud.convert import (
    convert_account,
    convert_grant,
    convert_group,
    convert_group_member,
    convert_hook,
    convert_member,
    convert_organization,
    convert_repository,
    convert_viewer,
    convert_workspace_team,
    grant_key,
    page_fields,
    read_group_members,
)
from integrations.codehost import (
    AccountState,
    RemoteEmail,
    RemoteHook,
    RemoteOrganization,
    RemoteRepository,
    RemoteTeam,
    Standing,
    Visibility,
)
from integrations.errors import UnexpectedResponse
from integrations.fields import JsonObject
from tests.unit.integrations.bitbucket_cloud.rows import (
    ANN,
    BASE,
    HOOK,
    HOOK_ROW,
    REPOSITORY,
    REPOSITORY_ROW,
    USER,
    WORKSPACE,
    WORKSPACE_ROW,
)

ACME = convert_organization(WORKSPACE_ROW, base_url=BASE)
MEMBER: JsonObject = {"type": "workspace_membership", "permission": "member", "user": USER}
GRANT: JsonObject = {"permission": "write", "user": USER, "repository": {"uuid": REPOSITORY.upper()}}
GROUP: JsonObject = {"slug": "backend", "name": "Back End", "members": [USER]}


def test_an_account_is_known_by_its_uuid() -> None:
    account = convert_account({**USER, "uuid": ANN.upper()}, base_url=BASE)

    assert (account.remote_id, account.login, account.display_name) == (ANN, "ann", "Ann Almond")
    assert account.web_url == f"{BASE}/%7B{ANN.strip('{}')}%7D/"
    assert account.avatar_url == "https://avatars.example.com/ann"
    assert account.state is AccountState.ACTIVE
    assert not account.is_bot
    assert account.emails == ()


def test_an_account_may_have_no_names() -> None:
    account = convert_account({"uuid": ANN}, base_url=BASE)

    assert (account.login, account.display_name, account.avatar_url) == (ANN, ANN, "")


@pytest.mark.parametrize(
    "changes", [{"account_status": "inactive"}, {"account_status": "closed"}, {"is_active": False}]
)
def test_whoever_is_not_active_is_blocked(changes: JsonObject) -> None:
    assert convert_account({**USER, **changes}, base_url=BASE).state is AccountState.BLOCKED


@pytest.mark.parametrize("kind", ["app_user", "team"])
def test_what_is_no_person_is_a_bot(kind: str) -> None:
    assert convert_account({**USER, "type": kind}, base_url=BASE).is_bot


def test_the_viewer_has_the_confirmed_addresses_only() -> None:
    emails: list[JsonObject] = [
        {"email": "ann@example.test", "is_primary": True, "is_confirmed": True},
        {"email": "ann@work.test", "is_primary": False, "is_confirmed": True},
        {"email": "boss@example.test", "is_primary": False, "is_confirmed": False},
    ]

    viewer = convert_viewer(USER, emails, base_url=BASE)

    assert viewer.account.emails == (
        RemoteEmail("ann@example.test", True, is_primary=True),
        RemoteEmail("ann@work.test", True),
    )
    assert viewer.scopes is None
    assert not viewer.is_administrator


def test_a_workspace_is_an_organization_and_a_team() -> None:
    assert convert_organization(WORKSPACE_ROW, base_url=BASE) == RemoteOrganization(
        remote_id=WORKSPACE,
        kind="workspace",
        name="Acme",
        path="acme",
        web_url=f"{BASE}/acme",
        avatar_url="https://avatars.example.com/acme",
    )
    assert convert_workspace_team(ACME) == RemoteTeam(WORKSPACE, "Acme", "acme", f"{BASE}/acme")
    assert convert_organization({**WORKSPACE_ROW, "is_private": False}, base_url=BASE).visibility is Visibility.PUBLIC


def test_a_group_is_a_team_beside_the_workspace() -> None:
    team = convert_group(GROUP, workspace=ACME)

    page = f"{BASE}/acme/workspace/settings/groups/backend"
    assert team == RemoteTeam(f"{WORKSPACE}/backend", "Back End", "acme/backend", page, parent_id=None)
    assert convert_group({"slug": "qa"}, workspace=ACME).name == "qa"


def test_groups_have_members_without_roles() -> None:
    rows = read_group_members(GROUP)

    assert rows is not None
    assert [convert_group_member(row, base_url=BASE).role for row in rows] == [GROUP_ROLE]
    assert read_group_members({"slug": "backend"}) is None


@pytest.mark.parametrize(
    ("permission", "reads", "standing"),
    [
        ("owner", True, Standing.OWNER),
        ("create-project", False, Standing.MEMBER),
        ("member", False, Standing.MEMBER),
        ("collaborator", False, Standing.MEMBER),
        ("night-watch", False, Standing.MEMBER),
    ],
)
def test_only_owners_read_by_being_in_a_workspace(permission: str, reads: bool, standing: Standing) -> None:
    member = convert_member({**MEMBER, "permission": permission}, base_url=BASE)

    assert (member.role.key, member.role.reads_code, member.role.standing) == (permission, reads, standing)
    assert member.account.remote_id == ANN


@pytest.mark.parametrize(("permission", "reads"), [("admin", True), ("write", True), ("read", True), ("none", False)])
def test_effective_permissions_are_grants_of_people(permission: str, reads: bool) -> None:
    grant = convert_grant({**GRANT, "permission": permission}, base_url=BASE)

    assert (grant.repository_id, grant.member.account.remote_id) == (REPOSITORY, ANN)
    assert (grant.member.role.key, grant.member.role.reads_code) == (permission, reads)
    assert grant_key(GRANT) == f"{REPOSITORY} {ANN}"


def test_the_row_of_an_owner_in_a_repository_says_nothing_new() -> None:
    owner, admin = workspace_role("owner"), repository_role("admin")

    assert (owner.level, owner.reads_code) == (admin.level, admin.reads_code)


def test_a_repository_is_read_with_addresses_below_the_base_url() -> None:
    assert convert_repository(REPOSITORY_ROW, base_url=BASE) == RemoteRepository(
        remote_id=REPOSITORY,
        name="Logging",
        path="acme/logging",
        web_url=f"{BASE}/acme/logging",
        clone_url=f"{BASE}/acme/logging.git",
        visibility=Visibility.PRIVATE,
        team_id=WORKSPACE,
        default_branch="main",
        last_activity_at=datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=UTC),
    )


def test_the_workspace_of_a_repository_is_the_one_that_was_listed() -> None:
    row: JsonObject = {"uuid": REPOSITORY, "full_name": "acme/logging", "is_private": False, "mainbranch": None}

    listed = convert_repository(row, base_url=BASE, workspace_id=WORKSPACE)

    assert (listed.team_id, listed.name, listed.visibility) == (WORKSPACE, "logging", Visibility.PUBLIC)
    assert listed.default_branch is None
    assert convert_repository(row, base_url=BASE).team_id is None
    assert convert_repository({**row, "owner": {"uuid": WORKSPACE}}, base_url=BASE).team_id == WORKSPACE


def test_a_hook_is_read_with_its_events() -> None:
    assert convert_hook(HOOK_ROW) == RemoteHook(
        HOOK, "https://repertory.test/hooks/7", frozenset({"repo:push", "repo:created"})
    )


@pytest.mark.parametrize(("changes", "word"), [({"active": False}, "switched off"), ({"secret_set": False}, "secret")])
def test_a_hook_that_brings_nothing_says_why(changes: JsonObject, word: str) -> None:
    hook = convert_hook({**HOOK_ROW, **changes})

    assert not hook.is_enabled
    assert word in hook.detail


def test_asking_for_few_fields_keeps_the_link_to_the_next_page() -> None:
    assert page_fields("uuid", "user.uuid") == "values.uuid,values.user.uuid,next,size"


def _account(row: JsonObject) -> object:
    return convert_account(row, base_url=BASE)


def _member(row: JsonObject) -> object:
    return convert_member(row, base_url=BASE)


def _grant(row: JsonObject) -> object:
    return convert_grant(row, base_url=BASE)


def _workspace(row: JsonObject) -> object:
    return convert_organization(row, base_url=BASE)


def _repository(row: JsonObject) -> object:
    return convert_repository(row, base_url=BASE)


@pytest.mark.parametrize(
    ("convert", "row"),
    [
        *((_account, {**USER, "uuid": value}) for value in (None, "", 7, "ann", ANN.strip("{}"), "{" + "a" * 90 + "}")),
        *((_account, {**USER, name: 7}) for name in ("nickname", "display_name", "type", "account_status", "links")),
        (_account, {**USER, "links": {"avatar": "x"}}),
        *((_member, {**MEMBER, name: None}) for name in ("user", "permission")),
        *((_grant, {**GRANT, name: None}) for name in ("user", "permission", "repository")),
        (_grant, {**GRANT, "permission": "sometimes"}),
        *((_workspace, {**WORKSPACE_ROW, name: None}) for name in ("uuid", "slug")),
        *((_repository, {**REPOSITORY_ROW, name: None}) for name in ("uuid", "full_name", "is_private")),
        *((_repository, {**REPOSITORY_ROW, name: "x"}) for name in ("is_private", "mainbranch", "updated_on")),
        *((convert_hook, {**HOOK_ROW, name: 7}) for name in ("uuid", "url", "active", "events", "secret_set")),
        (read_group_members, {**GROUP, "members": {}}),
    ],
)
def test_another_shape_is_an_unexpected_response(convert: Callable[[JsonObject], object], row: JsonObject) -> None:
    with pytest.raises(UnexpectedResponse):
        convert(row)
