"""Bitbucket Cloud's JSON to our dataclasses. Pure.

Everything is named by its uuid, in braces and lower case. Addresses of pages and repositories are built from the base
URL, never taken from the answer: those for cloning hold a user name, and a hostile host could name anything.
"""

from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote

from integrations.bitbucket_cloud.access import GROUP_ROLE, repository_role, workspace_role
from integrations.codehost import (
    AccountState,
    RemoteAccount,
    RemoteEmail,
    RemoteHook,
    RemoteMember,
    RemoteMemberGrant,
    RemoteOrganization,
    RemoteRepository,
    RemoteTeam,
    Viewer,
    Visibility,
)
from integrations.errors import UnexpectedResponse
from integrations.fields import (
    JsonObject,
    as_object,
    as_objects,
    find_flag,
    find_object,
    find_text,
    find_texts,
    find_time,
    read_text,
)

MOST_ACCOUNTS = 20_000  # that are remembered at once
_USER_FIELDS = ("uuid", "type", "nickname", "display_name", "account_status", "links.avatar.href")
MEMBER_FIELDS = ("permission", *(f"user.{name}" for name in _USER_FIELDS))
GRANT_FIELDS = (*MEMBER_FIELDS, "repository.uuid")
ACCESS_FIELDS = ("permission", "repository.uuid")
REPOSITORY_FIELDS = ("uuid", "name", "full_name", "is_private", "mainbranch", "updated_on")


def page_fields(*names: str) -> str:
    """The `fields` parameter of a list whose rows need no more than these; what pages are chained by stays."""
    return ",".join((*(f"values.{name}" for name in names), "next", "size"))


def read_uuid(row: JsonObject, name: str = "uuid") -> str:
    """The uuid of something, with its braces, in the one form that we compare."""
    text = read_text(row, name).lower()
    if not (text.startswith("{") and text.endswith("}") and len(text) <= 80):
        raise UnexpectedResponse(f"{name} is not a uuid in braces")
    return text


def convert_account(row: JsonObject, *, base_url: str) -> RemoteAccount:
    """A person as Bitbucket describes one in every list. Whatever is not active may not use the host."""
    return _account(
        read_uuid(row),
        find_text(row, "nickname"),
        find_text(row, "display_name"),
        find_text(row, "account_status") in {"", "active"} and find_flag(row, "is_active") is not False,
        find_text(row, "type") not in {"", "user"},
        _avatar(row),
        base_url,
    )


@lru_cache(maxsize=MOST_ACCOUNTS)
def _account(
    uuid: str, nickname: str, name: str, is_active: bool, is_bot: bool, avatar_url: str, base_url: str
) -> RemoteAccount:
    """Everybody comes again with every repository: one value for all of them."""
    return RemoteAccount(
        remote_id=uuid,
        login=nickname or name or uuid,
        display_name=name or nickname or uuid,
        state=AccountState.ACTIVE if is_active else AccountState.BLOCKED,
        is_bot=is_bot,
        avatar_url=avatar_url,
        web_url=page_url(base_url, uuid) + "/",
    )


def convert_viewer(user: JsonObject, emails: list[JsonObject], *, base_url: str) -> Viewer:
    """The owner of a credential with the confirmed addresses; the others could be anybody's."""
    confirmed = tuple(
        RemoteEmail(read_text(row, "email"), is_verified=True, is_primary=bool(find_flag(row, "is_primary")))
        for row in emails
        if find_flag(row, "is_confirmed")
    )
    return Viewer(replace(convert_account(user, base_url=base_url), emails=confirmed))


def convert_organization(row: JsonObject, *, base_url: str) -> RemoteOrganization:
    """A workspace; a personal one is as good as any other."""
    slug = read_text(row, "slug")
    return RemoteOrganization(
        remote_id=read_uuid(row),
        kind="workspace",
        name=find_text(row, "name") or slug,
        path=slug,
        web_url=page_url(base_url, slug),
        avatar_url=_avatar(row),
        visibility=Visibility.PUBLIC if find_flag(row, "is_private") is False else Visibility.PRIVATE,
    )


def convert_workspace_team(workspace: RemoteOrganization) -> RemoteTeam:
    """The workspace as the set of its members."""
    return RemoteTeam(workspace.remote_id, workspace.name, workspace.path, workspace.web_url)


def convert_group(row: JsonObject, *, workspace: RemoteOrganization) -> RemoteTeam:
    """A user group of a workspace. It is in no other team: what it gives its members comes with the repositories."""
    slug = read_text(row, "slug")
    return RemoteTeam(
        remote_id=f"{workspace.remote_id}/{slug}",
        name=find_text(row, "name") or slug,
        path=f"{workspace.path}/{slug}",
        web_url=f"{workspace.web_url}/workspace/settings/groups/{quote(slug, safe='')}",
    )


def convert_group_member(row: JsonObject, *, base_url: str) -> RemoteMember:
    """Somebody in a group. Groups have no roles."""
    return RemoteMember(convert_account(row, base_url=base_url), GROUP_ROLE)


def convert_member(row: JsonObject, *, base_url: str) -> RemoteMember:
    """A row of a workspace's permissions: a member and what that makes of him or her."""
    user = as_object(row.get("user"), "the user")
    return RemoteMember(convert_account(user, base_url=base_url), workspace_role(read_text(row, "permission")))


def convert_grant(row: JsonObject, *, base_url: str) -> RemoteMemberGrant:
    """A row of effective permissions: the best of all that somebody has in a repository, however it was given."""
    user = as_object(row.get("user"), "the user")
    role = repository_role(read_text(row, "permission"))
    return RemoteMemberGrant(
        read_repository_id(row), RemoteMember(convert_account(user, base_url=base_url), role, is_sum=True)
    )


def grant_key(row: JsonObject) -> str:
    """What tells the rows of effective permissions apart."""
    user = find_object(row, "user")
    return f"{read_repository_id(row)} {'' if user is None else read_uuid(user)}"


def member_key(row: JsonObject) -> str:
    """What tells the members of a workspace apart."""
    return read_uuid(as_object(row.get("user"), "the user"))


def read_repository_id(row: JsonObject) -> str:
    """The uuid of the repository that a row is about."""
    return read_uuid(as_object(row.get("repository"), "the repository"))


def convert_repository(row: JsonObject, *, base_url: str, workspace_id: str | None = None) -> RemoteRepository:
    """A repository; its team is the workspace, whose owners read everything. Without a main branch it is empty."""
    path = read_text(row, "full_name")
    is_private = find_flag(row, "is_private")
    if is_private is None:
        raise UnexpectedResponse("is_private is missing")
    branch = find_object(row, "mainbranch")
    return RemoteRepository(
        remote_id=read_uuid(row),
        name=find_text(row, "name") or path.rpartition("/")[2],
        path=path,
        web_url=page_url(base_url, path),
        clone_url=f"{page_url(base_url, path)}.git",
        visibility=Visibility.PRIVATE if is_private else Visibility.PUBLIC,
        team_id=workspace_id or _workspace_id(row),
        default_branch=None if branch is None else find_text(branch, "name") or None,
        last_activity_at=find_time(row, "updated_on"),
    )


def convert_hook(row: JsonObject) -> RemoteHook:
    """A webhook as it is listed. One without a secret would send what we refuse."""
    has_secret = find_flag(row, "secret_set") is not False
    is_active = find_flag(row, "active") is not False
    problem = "" if is_active else "it is switched off at Bitbucket"
    return RemoteHook(
        remote_id=read_uuid(row),
        url=find_text(row, "url"),
        events=frozenset(find_texts(row, "events")),
        is_enabled=is_active and has_secret,
        detail=problem if has_secret else "it has no secret at Bitbucket",
    )


def read_group_members(row: JsonObject) -> list[JsonObject] | None:
    """The members that come with a group; None when they do not."""
    members = row.get("members")
    return None if members is None else as_objects(members, "the members of the group")


def page_url(base_url: str, path: str) -> str:
    """The address of a page below the base URL."""
    return f"{base_url.rstrip('/')}/{quote(path, safe='/')}"


def _workspace_id(row: JsonObject) -> str | None:
    home = find_object(row, "workspace") or find_object(row, "owner")
    return None if home is None or not find_text(home, "uuid") else read_uuid(home)


def _avatar(row: JsonObject) -> str:
    links = find_object(row, "links") or {}
    address = find_text(find_object(links, "avatar") or {}, "href")
    return address if address.startswith(("https://", "http://")) else ""
