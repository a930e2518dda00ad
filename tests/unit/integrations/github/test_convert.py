"""GitHub's JSON becomes our values, or is refused."""

from datetime import UTC, datetime

import pytest

from integrations.codehost import AccountState, CodeAccess, HostVersion, RemoteEmail, Standing, Visibility
from integrations.errors import UnexpectedResponse
from integrations.fields import JsonObject
from integrations.github.access import OWNER, member_role, organization_role, repository_role
from integrations.github.convert import (
    base_permission,
    convert_account,
    convert_blob,
    convert_collaborator,
    convert_file,
    convert_hook,
    convert_installation_viewer,
    convert_organization,
    convert_repository,
    convert_team,
    convert_team_role,
    convert_version,
    convert_viewer,
    permissions_of,
    root_team,
)
from tests.unit.integrations.github.rows import BASE, organization, permissions, repository, team, user

ACME = convert_organization(organization(), base_url=BASE)


def test_a_person_has_an_address_below_the_base_url() -> None:
    account = convert_account(user(11, "ann", name="Ann", html_url="https://evil.test/ann"), base_url=BASE)

    assert (account.remote_id, account.login, account.display_name) == ("11", "ann", "Ann")
    assert account.web_url == f"{BASE}/ann"
    assert (account.state, account.is_bot) == (AccountState.ACTIVE, False)


def test_somebody_without_a_name_is_called_by_the_login() -> None:
    assert convert_account(user(11, "ann", name=None), base_url=BASE).display_name == "ann"


def test_a_suspended_person_is_blocked() -> None:
    account = convert_account(user(11, "ann", suspended_at="2026-02-03T10:00:00Z"), base_url=BASE)

    assert account.state is AccountState.BLOCKED


@pytest.mark.parametrize(("login", "kind"), [("helper[bot]", "User"), ("helper", "Bot"), ("gone", "Mannequin")])
def test_bots_are_no_people(login: str, kind: str) -> None:
    assert convert_account(user(7, login, type=kind), base_url=BASE).is_bot


def test_addresses_say_whether_they_are_verified() -> None:
    emails: list[JsonObject] = [
        {"email": "ann@example.com", "verified": True, "primary": True},
        {"email": "ann@home.test", "verified": False, "primary": False},
    ]

    viewer = convert_viewer(user(11, "ann"), emails, scopes=frozenset({"repo"}), base_url=BASE)

    assert viewer.account.emails == (
        RemoteEmail("ann@example.com", is_verified=True, is_primary=True),
        RemoteEmail("ann@home.test", is_verified=False),
    )
    assert viewer.scopes == frozenset({"repo"})
    assert not viewer.is_administrator


@pytest.mark.parametrize(("selection", "sees_all"), [("all", True), ("selected", False)])
def test_an_app_sees_everything_when_it_is_installed_for_all_repositories(selection: str, sees_all: bool) -> None:
    viewer = convert_installation_viewer({"total_count": 1, "repository_selection": selection, "repositories": []})

    assert viewer.is_administrator is sees_all
    assert viewer.account.is_bot
    assert viewer.scopes is None


def test_an_organization_is_a_team_of_its_members() -> None:
    root = root_team(ACME)

    assert (ACME.remote_id, ACME.kind, ACME.name, ACME.path) == ("501", "organization", "Acme Ltd", "acme")
    assert (root.remote_id, root.path, root.parent_id) == ("501", "acme", None)
    assert root.web_url == f"{BASE}/orgs/acme"


@pytest.mark.parametrize(
    ("row", "permission"),
    [({"default_repository_permission": "none"}, "none"), ({"default_repository_permission": None}, None), ({}, None)],
)
def test_a_base_permission_that_is_not_told_is_not_none(row: JsonObject, permission: str | None) -> None:
    assert base_permission(row) == permission


def test_a_team_tells_its_organization_and_its_parent_by_id() -> None:
    found = convert_team(team(602, "web", parent={"id": 601, "slug": "dev"}), ACME, base_url=BASE)

    assert (found.remote_id, found.parent_id, found.path) == ("501/602", "501/601", "acme/web")
    assert found.web_url == f"{BASE}/orgs/acme/teams/web"


def test_a_repository_belongs_to_the_team_of_the_whole_organization() -> None:
    found = convert_repository(repository(clone_url="https://evil.test/x.git"), base_url=BASE)

    assert (found.remote_id, found.name, found.path, found.team_id) == ("31", "logging", "acme/logging", "501")
    assert found.clone_url == f"{BASE}/acme/logging.git"
    assert (found.visibility, found.code_access) == (Visibility.PRIVATE, CodeAccess.ENABLED)
    assert found.default_branch == "main"


def test_a_repository_of_a_person_is_in_no_team() -> None:
    row = repository(owner={"id": 11, "login": "ann", "type": "User"})

    assert convert_repository(row, base_url=BASE).team_id is None


def test_the_last_activity_is_a_push_or_another_change() -> None:
    pushed = convert_repository(repository(), base_url=BASE)
    edited = convert_repository(repository(updated_at="2026-11-20T12:00:00Z"), base_url=BASE)
    never = convert_repository(repository(pushed_at=None, updated_at=None), base_url=BASE)

    assert pushed.last_activity_at == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    assert edited.last_activity_at == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert never.last_activity_at is None


def test_an_archived_repository_is_marked_and_a_disabled_one_has_no_code() -> None:
    assert convert_repository(repository(archived=True), base_url=BASE).is_archived
    assert convert_repository(repository(disabled=True), base_url=BASE).code_access is CodeAccess.DISABLED


def test_what_is_internal_is_for_members_since_who_else_is_in_the_enterprise_is_not_told() -> None:
    internal = repository(visibility="internal")

    assert convert_repository(internal, base_url=BASE).code_access is CodeAccess.MEMBERS
    assert convert_repository({**internal, "disabled": True}, base_url=BASE).code_access is CodeAccess.DISABLED


@pytest.mark.parametrize(
    ("row", "visibility"),
    [
        (repository(visibility="internal"), Visibility.INTERNAL),
        (repository(visibility="public", private=False), Visibility.PUBLIC),
        (repository(visibility=None), Visibility.PRIVATE),
        (repository(visibility=None, private=False), Visibility.PUBLIC),
    ],
)
def test_every_visibility_is_known(row: JsonObject, visibility: Visibility) -> None:
    assert convert_repository(row, base_url=BASE).visibility is visibility


@pytest.mark.parametrize(
    "row", [repository(visibility="secret"), repository(owner=None), repository(id="31"), repository(full_name="")]
)
def test_a_repository_that_makes_no_sense_is_refused(row: JsonObject) -> None:
    with pytest.raises(UnexpectedResponse):
        convert_repository(row, base_url=BASE)


def test_owners_read_everything_and_members_as_the_base_permission_says() -> None:
    assert OWNER.reads_code
    assert OWNER.standing is Standing.OWNER
    assert [member_role(base).reads_code for base in ("none", "read", "write", "admin", None)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert member_role("admin").standing is Standing.MEMBER
    assert {member_role(base).key for base in ("none", "read", None)} == {"member"}


def test_a_role_in_the_organization_reads_if_it_builds_upon_one_that_does() -> None:
    assert organization_role("7", "Auditor", "read").reads_code
    assert not organization_role("8", "Billing", "").reads_code
    assert organization_role("7", "Auditor", "read").key != member_role("read").key


@pytest.mark.parametrize(
    ("row", "key", "reads"),
    [
        ({"permissions": permissions("pull"), "role_name": "read"}, "read", True),
        ({"permissions": permissions("pull", "triage", "push")}, "write", True),
        ({"permissions": permissions("pull", "triage"), "role_name": "Reviewer"}, "Reviewer", True),
        ({"permissions": permissions(), "role_name": "Nobody"}, "none", False),
    ],
)
def test_a_team_reads_where_it_may_pull(row: JsonObject, key: str, reads: bool) -> None:
    role = convert_team_role(row)

    assert (role.key, role.reads_code) == (key, reads)


def test_a_custom_role_is_as_strong_as_what_it_may_do() -> None:
    assert (
        repository_role({"pull": True, "push": True}, "Reviewer").level
        == repository_role({"push": True, "pull": True}).level
    )


def test_permissions_that_are_missing_are_not_guessed() -> None:
    with pytest.raises(UnexpectedResponse):
        permissions_of({"role_name": "read"})


def test_a_collaborator_has_one_of_the_usual_roles() -> None:
    node: JsonObject = {"databaseId": 12, "login": "ben", "name": None, "avatarUrl": "javascript:alert(1)"}
    member = convert_collaborator({"permission": "MAINTAIN", "node": node}, base_url=BASE)

    assert (member.account.remote_id, member.role.name, member.role.reads_code) == ("12", "Maintain", True)
    assert member.account.avatar_url == ""


@pytest.mark.parametrize("edge", [{"permission": "SUPER", "node": {}}, {"permission": "READ", "node": None}])
def test_a_collaborator_that_makes_no_sense_is_refused(edge: JsonObject) -> None:
    with pytest.raises(UnexpectedResponse):
        convert_collaborator(edge, base_url=BASE)


def test_a_file_comes_in_base64_with_line_breaks() -> None:
    assert convert_file({"type": "file", "encoding": "base64", "content": "e30\nK\n"}) == b"{}\n"


@pytest.mark.parametrize("document", [[], {"type": "submodule"}, {"type": "symlink"}])
def test_what_is_no_file_has_no_content(document: JsonObject) -> None:
    assert convert_file(document) is None


@pytest.mark.parametrize(
    "document", [{"type": "file", "encoding": "utf-7"}, {"type": "file", "encoding": "base64", "content": "%"}, "x"]
)
def test_a_file_that_can_not_be_decoded_is_refused(document: JsonObject) -> None:
    with pytest.raises(UnexpectedResponse):
        convert_file(document)


def blob(text: str | None, size: int, **others: bool) -> JsonObject:
    return {"text": text, "byteSize": size, "isBinary": False, "isTruncated": False, **others}


def test_a_text_is_taken_from_graphql_only_when_it_is_exactly_the_file() -> None:
    assert convert_blob(blob('{"é": 1}', 9)) == '{"é": 1}'.encode()
    assert convert_blob(blob('{"?": 1}', 9)) is None
    assert convert_blob(blob(None, 9, isBinary=True)) is None
    assert convert_blob(blob("{", 1, isTruncated=True)) is None


def test_a_server_names_its_version_and_the_cloud_does_not() -> None:
    assert convert_version({"installed_version": "3.19.1"}) == HostVersion("GitHub Enterprise Server", "3.19.1")
    assert convert_version({"hooks": []}) == HostVersion("GitHub", "")


def test_a_hook_is_known_by_its_address_and_events() -> None:
    row: JsonObject = {
        "id": 9,
        "active": False,
        "events": ["push"],
        "config": {"url": "https://repertory.example.test/hooks/x", "secret": "********"},
        "last_response": {"code": 502, "status": "failed", "message": "Bad Gateway"},
    }

    hook = convert_hook(row)

    assert (hook.remote_id, hook.url, hook.events) == (
        "9",
        "https://repertory.example.test/hooks/x",
        frozenset({"push"}),
    )
    assert convert_hook({**row, "last_response": {"code": 200, "message": "OK"}}).detail == ""
    assert convert_hook({**row, "last_response": {"code": None, "message": None}}).detail == ""
    assert (hook.is_enabled, hook.detail) == (False, "502 Bad Gateway")
