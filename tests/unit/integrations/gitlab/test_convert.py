"""GitLab's JSON in our words: tolerant of what is new or absent, strict about what has another shape."""

import base64
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from integrations.codehost import (
    AccountState,
    CodeAccess,
    HookLevel,
    HostVersion,
    RemoteEmail,
    RemoteHook,
    RemoteOrganization,
    RemoteRepository,
    RemoteRole,
    RemoteTeam,
    Visibility,
)
from integrations.errors import UnexpectedResponse
from integrations.fields import Json, JsonObject
from integrations.gitlab.convert import (
    convert_account,
    convert_file,
    convert_hook,
    convert_member,
    convert_organization,
    convert_repository,
    convert_team,
    convert_token,
    convert_version,
    convert_viewer,
    hooks_path,
    is_pending_deletion,
)

BASE = "https://git.example.test/gitlab"
USER: JsonObject = {
    "id": 64,
    "username": "ann",
    "name": "Ann Arbor",
    "state": "active",
    "web_url": "javascript:alert(1)",
}
MEMBER: JsonObject = {**USER, "access_level": 30, "expires_at": None, "membership_state": "active", "surprise": {}}
GROUP: JsonObject = {
    "id": 9,
    "name": "Backend",
    "full_name": "Acme / Backend",
    "full_path": "acme/backend",
    "parent_id": 7,
    "visibility": "internal",
    "web_url": "https://elsewhere.test/groups/acme/backend",
    "avatar_url": "https://git.example.test/avatar.png",
}
PROJECT: JsonObject = {
    "id": 15,
    "name": "Logging",
    "path_with_namespace": "acme/backend/logging",
    "namespace": {"id": 9, "kind": "group"},
    "visibility": "private",
    "repository_access_level": "enabled",
    "default_branch": "main",
    "empty_repo": False,
    "archived": False,
    "http_url_to_repo": "http://elsewhere.test/acme/backend/logging.git",
    "last_activity_at": "2026-02-03T04:05:06.789Z",
}
HOOK: JsonObject = {
    "id": 3,
    "url": "https://repertory.test/hooks/7",
    "push_events": True,
    "tag_push_events": False,
    "enable_ssl_verification": True,
    "alert_status": "executable",
}


def test_an_account_is_read() -> None:
    account = convert_account({**USER, "external": True, "avatar_url": "javascript:x"}, base_url=BASE)

    assert (account.remote_id, account.login, account.display_name) == ("64", "ann", "Ann Arbor")
    assert account.state is AccountState.ACTIVE
    assert account.is_external is True
    assert not account.is_bot
    assert account.web_url == f"{BASE}/ann"
    assert account.avatar_url == ""


def test_an_account_without_a_name_is_called_by_its_login() -> None:
    account = convert_account({"id": 1, "username": "bob", "name": None, "state": "active"}, base_url=BASE)

    assert account.display_name == "bob"
    assert account.is_external is None


@pytest.mark.parametrize("state", ["blocked", "ldap_blocked", "deactivated", "banned", "pending_approval", "new"])
def test_whoever_is_not_active_is_blocked(state: str) -> None:
    assert convert_account({**USER, "state": state}, base_url=BASE).state is AccountState.BLOCKED


@pytest.mark.parametrize("row", [{**USER, "bot": True}, {**USER, "username": "group_7_bot_ab12"}])
def test_bots_are_told_by_the_flag_or_the_name(row: JsonObject) -> None:
    assert convert_account(row, base_url=BASE).is_bot


def test_the_viewer_has_all_addresses_and_knows_which_are_confirmed() -> None:
    user: JsonObject = {**USER, "email": "ann@example.test", "confirmed_at": "2026-01-01T00:00:00Z", "is_admin": True}
    emails: list[JsonObject] = [
        {"id": 1, "email": "ann@example.test", "confirmed_at": "2026-01-01T00:00:00Z"},
        {"id": 2, "email": "ann@home.test", "confirmed_at": None},
    ]

    viewer = convert_viewer(user, emails, base_url=BASE)

    assert viewer.account.emails == (
        RemoteEmail("ann@example.test", True, is_primary=True),
        RemoteEmail("ann@home.test", False),
    )
    assert viewer.is_administrator
    assert viewer.scopes is None


def test_a_viewer_may_have_no_address() -> None:
    viewer = convert_viewer(USER, [], base_url=BASE)

    assert viewer.account.emails == ()
    assert not viewer.is_administrator


def test_both_kinds_of_tokens_tell_their_scopes() -> None:
    viewer = convert_viewer(USER, [], base_url=BASE)

    oauth = convert_token(viewer, {"resource_owner_id": 64, "scope": ["read_user"], "expires_in": 7000})
    personal = convert_token(viewer, {"id": 4, "scopes": ["api", "read_repository"], "expires_at": "2026-12-01"})

    assert (oauth.scopes, oauth.expires_at) == (frozenset({"read_user"}), None)
    assert personal.scopes == frozenset({"api", "read_repository"})
    assert personal.expires_at == datetime(2026, 12, 1, tzinfo=UTC)


def test_groups_are_organizations_and_teams() -> None:
    assert convert_organization(GROUP, base_url=BASE) == RemoteOrganization(
        remote_id="9",
        kind="group",
        name="Acme / Backend",
        path="acme/backend",
        web_url=f"{BASE}/groups/acme/backend",
        parent_id="7",
        avatar_url="https://git.example.test/avatar.png",
        visibility=Visibility.INTERNAL,
    )
    assert convert_team(GROUP, base_url=BASE) == RemoteTeam(
        "9", "Acme / Backend", "acme/backend", f"{BASE}/groups/acme/backend", "7"
    )


def test_a_group_at_the_top_has_no_parent() -> None:
    row: JsonObject = {"id": 7, "name": "Acme", "full_path": "acme", "visibility": "public", "parent_id": None}

    assert convert_organization(row, base_url=BASE).parent_id is None
    assert convert_organization(row, base_url=BASE).name == "Acme"
    assert convert_team(row, base_url=BASE).name == "Acme"


def test_pending_deletion_is_seen_under_both_names() -> None:
    assert is_pending_deletion({"marked_for_deletion_on": "2026-12-01"})
    assert is_pending_deletion({"marked_for_deletion_at": "2026-12-01"})
    assert not is_pending_deletion({"marked_for_deletion_on": None})


def test_a_member_has_the_best_role() -> None:
    member = convert_member({**MEMBER, "expires_at": "2026-12-24"}, base_url=BASE)

    assert member.role == RemoteRole("30", "Developer", 30, True)
    assert member.expires_on == date(2026, 12, 24)
    assert not member.is_awaiting


def test_a_member_may_have_a_custom_role_or_wait_for_a_seat() -> None:
    custom: JsonObject = {"id": 5, "name": "Guest with code", "base_access_level": 10, "read_code": True}

    reader = convert_member({**MEMBER, "access_level": 10, "member_role": custom}, base_url=BASE)
    waiting = convert_member({**MEMBER, "membership_state": "awaiting", "member_role": None}, base_url=BASE)

    assert reader.role == RemoteRole("10:custom-5", "Guest with code", 10, True)
    assert waiting.is_awaiting


def test_a_project_is_read_with_addresses_below_the_base_url() -> None:
    assert convert_repository(PROJECT, base_url=BASE) == RemoteRepository(
        remote_id="15",
        name="Logging",
        path="acme/backend/logging",
        web_url=f"{BASE}/acme/backend/logging",
        clone_url=f"{BASE}/acme/backend/logging.git",
        visibility=Visibility.PRIVATE,
        code_access=CodeAccess.ENABLED,
        team_id="9",
        default_branch="main",
        last_activity_at=datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=UTC),
    )


@pytest.mark.parametrize("changes", [{"empty_repo": True}, {"default_branch": None}])
def test_an_empty_project_has_no_default_branch(changes: JsonObject) -> None:
    assert convert_repository({**PROJECT, **changes}, base_url=BASE).default_branch is None


@pytest.mark.parametrize("home", [{"id": 64, "kind": "user"}, None])
def test_a_personal_project_is_in_no_team(home: Json) -> None:
    assert convert_repository({**PROJECT, "namespace": home}, base_url=BASE).team_id is None


@pytest.mark.parametrize(
    ("word", "code_access"),
    [("private", CodeAccess.MEMBERS), ("disabled", CodeAccess.DISABLED), (None, CodeAccess.ENABLED)],
)
def test_for_whom_code_is_switched_on(word: str | None, code_access: CodeAccess) -> None:
    row: JsonObject = {
        **PROJECT,
        "repository_access_level": word,
        "archived": True,
        "marked_for_deletion_on": "2026-12-01",
    }

    repository = convert_repository(row, base_url=BASE)

    assert repository.code_access is code_access
    assert repository.is_archived
    assert repository.is_pending_deletion


@pytest.mark.parametrize("text", [b"{}", b"", b"\x00\xff" * 90])
def test_a_file_is_decoded(text: bytes) -> None:
    assert convert_file({"encoding": "base64", "content": base64.encodebytes(text).decode()}) == text


@pytest.mark.parametrize(
    "document", [{"encoding": "text", "content": "{}"}, {"encoding": "base64", "content": "a"}, {}, [], None]
)
def test_a_file_in_another_form_is_an_unexpected_response(document: Json) -> None:
    with pytest.raises(UnexpectedResponse):
        convert_file(document)


@pytest.mark.parametrize(
    ("document", "version"),
    [
        ({"version": "18.5.0-ee"}, HostVersion("GitLab", "18.5.0-ee", "EE")),
        ({"version": "18.5.0"}, HostVersion("GitLab", "18.5.0", "CE")),
        ({"version": "18.5.0", "enterprise": True}, HostVersion("GitLab", "18.5.0", "EE")),
    ],
)
def test_version_and_edition_are_read(document: Json, version: HostVersion) -> None:
    assert convert_version(document) == version


def test_a_hook_is_read_with_its_events() -> None:
    hook = RemoteHook("3", "https://repertory.test/hooks/7", frozenset({"push_events"}))

    assert convert_hook(HOOK) == hook
    assert convert_hook({**HOOK, "signing_token_present": True}).detail == "signed"
    assert convert_hook({"id": 3}).is_enabled


@pytest.mark.parametrize(("until", "words"), [("2026-12-01T00:00:00Z", "until 2026-12-01"), (None, "after failures")])
def test_a_hook_that_gitlab_switched_off_says_so(until: str | None, words: str) -> None:
    hook = convert_hook({**HOOK, "alert_status": "disabled", "disabled_until": until})

    assert not hook.is_enabled
    assert words in hook.detail


def test_hooks_live_below_groups_or_projects() -> None:
    assert hooks_path(HookLevel.ORGANIZATION) == "groups"
    assert hooks_path(HookLevel.REPOSITORY) == "projects"


def _member(row: JsonObject) -> object:
    return convert_member(row, base_url=BASE)


def _group(row: JsonObject) -> object:
    return convert_organization(row, base_url=BASE)


def _project(row: JsonObject) -> object:
    return convert_repository(row, base_url=BASE)


@pytest.mark.parametrize(
    ("convert", "row"),
    [
        *((_member, {**MEMBER, name: None}) for name in ("id", "username", "state", "access_level")),
        *((_member, {**MEMBER, name: [1]}) for name in ("id", "username", "name", "state", "access_level")),
        *((_member, {**MEMBER, name: "x"}) for name in ("id", "access_level", "expires_at", "member_role")),
        (_member, {**MEMBER, "member_role": {"name": "without id"}}),
        (_member, {**MEMBER, "access_level": 10_001}),
        *((_group, {**GROUP, name: None}) for name in ("id", "full_path", "visibility")),
        (_group, {**GROUP, "visibility": "secret"}),
        *((_project, {**PROJECT, name: None}) for name in ("id", "name", "path_with_namespace", "visibility")),
        *((_project, {**PROJECT, name: "x"}) for name in ("archived", "namespace", "last_activity_at")),
        (_project, {**PROJECT, "repository_access_level": "sometimes"}),
        (_project, {**PROJECT, "visibility": "secret"}),
    ],
)
def test_another_shape_is_an_unexpected_response(convert: Callable[[JsonObject], object], row: JsonObject) -> None:
    with pytest.raises(UnexpectedResponse):
        convert(row)
