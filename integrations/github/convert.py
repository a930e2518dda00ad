"""GitHub's JSON to our dataclasses. Pure.

Addresses of pages and repositories are built from the base URL, never taken from the answer: a host behind a proxy
often has another idea of its own address, and a hostile one could name anything.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from integrations.codehost import (
    TEAM_MEMBER,
    AccountState,
    CodeAccess,
    HostVersion,
    RemoteAccount,
    RemoteEmail,
    RemoteHook,
    RemoteMember,
    RemoteOrganization,
    RemoteRepository,
    RemoteRole,
    RemoteTeam,
    Viewer,
    Visibility,
)
from integrations.errors import UnexpectedResponse
from integrations.fields import (
    Json,
    JsonObject,
    as_object,
    find_flag,
    find_number,
    find_object,
    find_text,
    find_texts,
    find_time,
    read_id,
    read_text,
)
from integrations.github.access import ROLE_NAMES, repository_role, usual_role

PRODUCT, ENTERPRISE = "GitHub", "GitHub Enterprise Server"
MOST_ACCOUNTS = 20_000  # that are remembered at once
_PEOPLE = ("", "User")
_BOT_SUFFIX = "[bot]"


def convert_account(row: JsonObject, *, base_url: str) -> RemoteAccount:
    """A person as every list of REST describes one."""
    return _account(
        read_id(row),
        read_text(row, "login"),
        find_text(row, "name"),
        bool(find_text(row, "suspended_at")),
        find_text(row, "type") not in _PEOPLE,
        _web_address(find_text(row, "avatar_url")),
        base_url,
    )


def convert_user_node(node: JsonObject, *, base_url: str) -> RemoteAccount:
    """A person as GraphQL describes one."""
    return _account(
        read_id(node, "databaseId"),
        read_text(node, "login"),
        find_text(node, "name"),
        False,
        False,
        _web_address(find_text(node, "avatarUrl")),
        base_url,
    )


@lru_cache(maxsize=MOST_ACCOUNTS)
def _account(
    remote_id: str, login: str, name: str, is_suspended: bool, is_bot: bool, avatar_url: str, base_url: str
) -> RemoteAccount:
    """Everybody comes again in every team: one value for all of them."""
    return RemoteAccount(
        remote_id=remote_id,
        login=login,
        display_name=name or login,
        state=AccountState.BLOCKED if is_suspended else AccountState.ACTIVE,
        is_bot=is_bot or login.endswith(_BOT_SUFFIX),
        avatar_url=avatar_url,
        web_url=page_url(base_url, login),
    )


def convert_viewer(
    user: JsonObject, emails: Iterable[JsonObject], *, scopes: frozenset[str] | None, base_url: str
) -> Viewer:
    """The owner of a credential, with all addresses. Servers that send no mail verify none of them."""
    found = (
        RemoteEmail(read_text(row, "email"), bool(find_flag(row, "verified")), bool(find_flag(row, "primary")))
        for row in emails
    )
    account = replace(convert_account(user, base_url=base_url), emails=tuple(found))
    return Viewer(account, scopes=scopes)


def convert_installation_viewer(document: Json) -> Viewer:
    """An installed App as the owner of its token. It sees everything when it was installed for all repositories."""
    row = as_object(document, "the installation's repositories")
    account = RemoteAccount(remote_id="app", login="The GitHub App", display_name="The GitHub App", is_bot=True)
    return Viewer(account, is_administrator=find_text(row, "repository_selection") == "all")


def convert_organization(row: JsonObject, *, base_url: str) -> RemoteOrganization:
    """An organization, from its own page or from a list of memberships."""
    login = read_text(row, "login")
    return RemoteOrganization(
        remote_id=read_id(row),
        kind="organization",
        name=find_text(row, "name") or login,
        path=login,
        web_url=page_url(base_url, f"orgs/{login}"),
        avatar_url=_web_address(find_text(row, "avatar_url")),
    )


def base_permission(row: JsonObject) -> str | None:
    """What every member may do in every repository; None when GitHub hides it from this credential."""
    return find_text(row, "default_repository_permission") or None


def root_team(organization: RemoteOrganization) -> RemoteTeam:
    """The organization as the set of its members."""
    return RemoteTeam(
        remote_id=organization.remote_id,
        name=organization.name,
        path=organization.path,
        web_url=organization.web_url,
    )


def convert_team(row: JsonObject, organization: RemoteOrganization, *, base_url: str) -> RemoteTeam:
    """A team, whose listed members are also those of the teams below it."""
    slug, parent = read_text(row, "slug"), find_object(row, "parent")
    path = f"{organization.path}/{slug}"
    return RemoteTeam(
        remote_id=team_id(organization.remote_id, read_id(row)),
        name=read_text(row, "name"),
        path=path,
        web_url=page_url(base_url, f"orgs/{organization.path}/teams/{slug}"),
        parent_id=None if parent is None else team_id(organization.remote_id, read_id(parent)),
    )


def team_id(organization_id: str, number: str) -> str:
    """The id of a team, which tells its organization as well."""
    return f"{organization_id}/{number}"


def convert_member(row: JsonObject, role: RemoteRole = TEAM_MEMBER, *, base_url: str) -> RemoteMember:
    """A row of a list of members."""
    return RemoteMember(convert_account(row, base_url=base_url), role)


def convert_collaborator(edge: JsonObject, *, base_url: str, is_sum: bool = False) -> RemoteMember:
    """Somebody with a permission in a repository. GraphQL names the usual role that a custom one builds upon.

    `is_sum`: not only collaborators were asked for, but all with what they have by whatever way.
    """
    permission = read_text(edge, "permission").lower()
    if permission not in ROLE_NAMES:
        raise UnexpectedResponse(f"the permission {permission[:40]!r} is not known")
    node = as_object(edge.get("node"), "the collaborator")
    account = convert_user_node(node, base_url=base_url)
    return RemoteMember(account, usual_role(permission), is_sum=is_sum)


def convert_repository(row: JsonObject, *, base_url: str) -> RemoteRepository:
    """A repository. Its team is the organization that owns it; personal ones have none."""
    path, visibility = read_text(row, "full_name"), _visibility(row)
    owner = as_object(row.get("owner"), "the owner")
    return RemoteRepository(
        remote_id=read_id(row),
        name=read_text(row, "name"),
        path=path,
        web_url=page_url(base_url, path),
        clone_url=f"{page_url(base_url, path)}.git",
        visibility=visibility,
        code_access=_code_access(row, visibility),
        team_id=read_id(owner) if find_text(owner, "type") in {"", "Organization"} else None,
        default_branch=find_text(row, "default_branch") or None,
        is_archived=bool(find_flag(row, "archived")),
        last_activity_at=_last_activity(row),
    )


def permissions_of(row: JsonObject) -> dict[str, bool]:
    """The `permissions` of a team, or of the caller, in a repository. Raises UnexpectedResponse without them."""
    permissions = as_object(row.get("permissions"), "the permissions")
    return {name: bool(find_flag(permissions, name)) for name in permissions}


def convert_team_role(row: JsonObject) -> RemoteRole:
    """What a team may do in a repository of its list."""
    return repository_role(permissions_of(row), find_text(row, "role_name"))


def convert_file(document: Json) -> bytes | None:
    """The content of a file; None for a directory or submodule. Raises UnexpectedResponse."""
    if isinstance(document, list):
        return None
    row = as_object(document, "the file")
    if find_text(row, "type") != "file":
        return None
    if find_text(row, "encoding") != "base64":
        raise UnexpectedResponse("the file is not encoded in base64")
    return decode_base64(find_text(row, "content"))


def decode_base64(text: str) -> bytes:
    """Base64 with line breaks in between. Raises UnexpectedResponse."""
    try:
        return base64.b64decode(text.replace("\n", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnexpectedResponse("the file's base64 is broken") from error


def convert_blob(blob: JsonObject) -> bytes | None:
    """The bytes of a text file; None when GraphQL does not give them exactly: cut off, or not quite UTF-8."""
    if find_flag(blob, "isTruncated") or find_flag(blob, "isBinary"):
        return None
    content = find_text(blob, "text").encode()
    return content if len(content) == find_number(blob, "byteSize") else None


def convert_version(document: Json) -> HostVersion:
    """Product and version of `/meta`. GitHub.com names no version."""
    version = find_text(as_object(document, "the meta data"), "installed_version")
    return HostVersion(ENTERPRISE if version else PRODUCT, version)


def convert_hook(row: JsonObject) -> RemoteHook:
    """A webhook as it is listed; secrets are shown as stars."""
    config = as_object(row.get("config"), "the configuration")
    return RemoteHook(
        remote_id=read_id(row),
        url=find_text(config, "url"),
        events=frozenset(find_texts(row, "events")),
        is_enabled=bool(find_flag(row, "active")),
        detail=_hook_detail(row),
    )


def page_url(base_url: str, path: str) -> str:
    """The address of a page below the base URL."""
    return f"{base_url.rstrip('/')}/{quote(path, safe='/')}"


def _hook_detail(row: JsonObject) -> str:
    """How the last delivery failed; "" when it did not, or when there was none."""
    last = find_object(row, "last_response") or {}
    code = find_number(last, "code")
    return f"{code} {find_text(last, 'message')[:200]}".rstrip() if code is not None and code >= 300 else ""


def _visibility(row: JsonObject) -> Visibility:
    text = find_text(row, "visibility") or ("private" if find_flag(row, "private") else "public")
    if text not in set(Visibility):
        raise UnexpectedResponse(f"the visibility {text[:40]!r} is not known")
    return Visibility(text)


def _code_access(row: JsonObject, visibility: Visibility) -> CodeAccess:
    """Internal is for every member. Who else belongs to the enterprise, only their own token tells."""
    if find_flag(row, "disabled"):
        return CodeAccess.DISABLED
    return CodeAccess.MEMBERS if visibility is Visibility.INTERNAL else CodeAccess.ENABLED


def _last_activity(row: JsonObject) -> datetime | None:
    """A push does not move `updated_at`, and another default branch does not move `pushed_at`."""
    moments = (find_time(row, "pushed_at"), find_time(row, "updated_at"))
    return max((moment for moment in moments if moment is not None), default=None)


def _web_address(text: str) -> str:
    return text if text.startswith(("https://", "http://")) else ""
