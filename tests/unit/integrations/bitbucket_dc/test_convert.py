"""Bitbucket's JSON as dataclasses."""

from typing import Any

import pytest

from integrations.bitbucket_dc.access import PROJECT_ADMIN, better, project_role, repository_role
from integrations.bitbucket_dc.convert import (
    convert_account,
    convert_emails,
    convert_group,
    convert_hook,
    convert_organization,
    convert_repository,
    convert_version,
    grantee,
    group_of,
    version_numbers,
)
from integrations.codehost import AccountState, RemoteEmail, RemoteHook, Standing, Visibility
from integrations.errors import UnexpectedResponse

BASE = "https://git.example.test/bitbucket"
PERSON: dict[str, Any] = {
    "id": 11,
    "name": "jane@example",
    "slug": "jane_example",
    "displayName": "Jane Juniper",
    "emailAddress": "jane@example.com",
    "active": True,
    "type": "NORMAL",
}
PROJECT: dict[str, Any] = {"id": 501, "key": "ACME", "name": "Acme", "public": False, "type": "NORMAL"}
REPOSITORY: dict[str, Any] = {
    "id": 31,
    "slug": "logging",
    "name": "Logging",
    "state": "AVAILABLE",
    "public": False,
    "archived": False,
    "project": PROJECT,
    "links": {"clone": [{"name": "http", "href": f"{BASE}/scm/acme/logging.git"}]},
}


def test_a_person_is_known_by_number_and_linked_by_slug() -> None:
    account = convert_account(PERSON, base_url=BASE)

    assert (account.remote_id, account.login, account.display_name) == ("11", "jane@example", "Jane Juniper")
    assert account.web_url == f"{BASE}/users/jane_example"
    assert (account.state, account.is_bot) == (AccountState.ACTIVE, False)


@pytest.mark.parametrize(
    ("change", "is_licensed", "state", "is_bot"),
    [
        ({"active": False}, True, AccountState.BLOCKED, False),
        ({}, False, AccountState.BLOCKED, False),
        ({"type": "SERVICE"}, True, AccountState.ACTIVE, True),
        ({"active": None, "slug": None, "displayName": None}, True, AccountState.ACTIVE, False),
    ],
)
def test_who_may_use_the_host_and_who_is_a_bot(
    change: dict[str, Any], is_licensed: bool, state: AccountState, is_bot: bool
) -> None:
    account = convert_account({**PERSON, **change}, base_url=BASE, is_licensed=is_licensed)

    assert (account.state, account.is_bot) == (state, is_bot)


def test_the_address_of_a_directory_is_not_verified() -> None:
    assert convert_emails(PERSON) == (RemoteEmail("jane@example.com", is_verified=False, is_primary=True),)
    assert convert_emails({}) == ()


@pytest.mark.parametrize("missing", ["id", "name"])
def test_a_person_without_number_or_name_is_refused(missing: str) -> None:
    with pytest.raises(UnexpectedResponse, match=missing):
        convert_account({**PERSON, missing: None}, base_url=BASE)


def test_a_project_is_an_organization() -> None:
    organization = convert_organization(PROJECT, base_url=BASE)

    assert (organization.remote_id, organization.kind, organization.name) == ("501", "project", "Acme")
    assert (organization.path, organization.web_url) == ("ACME", f"{BASE}/projects/ACME")
    assert organization.visibility is Visibility.PRIVATE
    assert convert_organization({**PROJECT, "public": True}, base_url=BASE).visibility is Visibility.PUBLIC


def test_groups_are_the_same_in_upper_and_lower_case() -> None:
    one, other = (convert_group(name, base_url=BASE) for name in ("Gäste & Partner", "GÄSTE & partner"))

    assert one.remote_id == other.remote_id == "group:gäste & partner"
    assert one.name == "Gäste & Partner"
    assert one.web_url == f"{BASE}/admin/groups/view?name=G%C3%A4ste+%26+Partner"


def test_lists_name_groups_in_two_ways() -> None:
    assert group_of({"group": {"name": "Backend"}}) == group_of({"group": "Backend"}) == "Backend"
    assert group_of({"user": PERSON}) is None
    with pytest.raises(UnexpectedResponse, match="no name"):
        group_of({"group": ""})


def test_rows_of_permissions_are_told_apart() -> None:
    rows: list[dict[str, Any]] = [
        {"user": PERSON, "permission": "REPO_READ"},
        {"user": PERSON, "permission": "REPO_WRITE"},
        {"group": "11", "permission": "REPO_READ"},
    ]

    assert len({grantee(row) for row in rows}) == 3
    assert grantee({"group": "A", "permission": "X"}) == grantee({"group": {"name": "a"}, "permission": "X"})
    with pytest.raises(UnexpectedResponse, match="whoever"):
        grantee({"permission": "REPO_READ"})


def test_a_repository_lives_in_its_project() -> None:
    repository = convert_repository(REPOSITORY, base_url=BASE, base_role=PROJECT_ADMIN)

    assert (repository.remote_id, repository.team_id, repository.path) == ("31", "501", "ACME/logging")
    assert repository.web_url == f"{BASE}/projects/ACME/repos/logging"
    assert repository.clone_url == f"{BASE}/scm/acme/logging.git"
    assert (repository.visibility, repository.default_branch) == (Visibility.PRIVATE, "HEAD")
    assert (repository.is_archived, repository.base_role, repository.last_activity_at) == (False, PROJECT_ADMIN, None)


@pytest.mark.parametrize("change", [{"public": True}, {"project": {**PROJECT, "public": True}}])
def test_a_repository_is_public_by_itself_or_by_its_project(change: dict[str, Any]) -> None:
    assert convert_repository({**REPOSITORY, **change}, base_url=BASE).visibility is Visibility.PUBLIC


@pytest.mark.parametrize("state", ["INITIALISING", "INITIALISATION_FAILED", "OFFLINE"])
def test_a_repository_that_is_not_ready_is_there_without_a_branch(state: str) -> None:
    assert convert_repository({**REPOSITORY, "state": state}, base_url=BASE).default_branch is None


def test_old_servers_say_less() -> None:
    row = {key: value for key, value in REPOSITORY.items() if key not in {"archived", "links", "state"}}

    repository = convert_repository(row, base_url=BASE)

    assert (repository.is_archived, repository.default_branch) == (False, "HEAD")
    assert repository.clone_url == f"{BASE}/scm/acme/logging.git"


@pytest.mark.parametrize(
    ("href", "clone_url"),
    [
        ("https://jane@git.example.test/bitbucket/scm/acme/logging.git", f"{BASE}/scm/acme/logging.git"),
        (f"{BASE}/scm/mirrored/logging.git", f"{BASE}/scm/mirrored/logging.git"),
        ("https://elsewhere.example.test/scm/acme/logging.git", f"{BASE}/scm/acme/logging.git"),
        ("https://git.example.test/bitbucket.evil/acme.git", f"{BASE}/scm/acme/logging.git"),
        ("https://git.example.test@elsewhere.example.test/bitbucket/x.git", f"{BASE}/scm/acme/logging.git"),
        ("https://[broken/scm/acme/logging.git", f"{BASE}/scm/acme/logging.git"),
    ],
)
def test_git_is_only_sent_below_the_base_url_and_without_a_name(href: str, clone_url: str) -> None:
    links: dict[str, Any] = {
        "clone": [{"name": "ssh", "href": "ssh://git@git.example.test/x.git"}, {"name": "http", "href": href}]
    }

    assert convert_repository({**REPOSITORY, "links": links}, base_url=BASE).clone_url == clone_url


def test_a_repository_of_ones_own_keeps_the_tilde() -> None:
    project: dict[str, Any] = {"id": 9, "key": "~JANE", "name": "Jane", "type": "PERSONAL"}

    repository = convert_repository({**REPOSITORY, "project": project, "links": {}}, base_url=BASE)

    assert repository.clone_url == f"{BASE}/scm/~jane/logging.git"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("8.10.2", (8, 10, 2)), ("8.9", (8, 9)), ("9.0.0-rc1", (9, 0, 0)), ("ten", ()), ("", ()), ("8.x.1", (8,))],
)
def test_versions_are_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert version_numbers(text) == numbers


def test_later_versions_are_greater() -> None:
    assert version_numbers("8.10") > version_numbers("8.9") > version_numbers("8.8") >= (8, 8)


def test_the_version_of_a_server() -> None:
    assert convert_version({"version": "9.4.3", "displayName": "Bitbucket"}).version == "9.4.3"
    with pytest.raises(UnexpectedResponse):
        convert_version({})


def test_a_hook_that_somebody_switched_off_says_so() -> None:
    row: dict[str, Any] = {"id": 7, "url": "https://x.test/", "events": ["repo:modified"], "active": True}

    assert convert_hook(row) == RemoteHook("7", "https://x.test/", frozenset({"repo:modified"}))
    off = convert_hook({**row, "active": False})
    assert (off.is_enabled, bool(off.detail)) == (False, True)


@pytest.mark.parametrize("permission", ["PROJECT_READ", "PROJECT_WRITE", "REPO_CREATE", "PROJECT_ADMIN"])
def test_every_permission_on_a_project_reads_its_code(permission: str) -> None:
    role = project_role(permission)

    assert role is not None
    assert role.reads_code
    assert (role.standing is Standing.OWNER) == (permission == "PROJECT_ADMIN")


def test_permissions_that_we_do_not_know_give_nothing() -> None:
    assert project_role("PROJECT_VIEW") is None
    assert repository_role("PROJECT_READ") is None


def test_the_better_role_counts() -> None:
    read, write = project_role("PROJECT_READ"), project_role("PROJECT_WRITE")
    assert read is not None
    assert write is not None

    assert better(None, read) is read
    assert better(read, write) is better(write, read) is write
