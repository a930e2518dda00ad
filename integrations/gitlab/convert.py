"""GitLab's JSON to our dataclasses. Pure.

Addresses of pages and repositories are built from the base URL, never taken from the answer: a host behind a proxy
often has another idea of its own address, and a hostile one could name anything.
"""

import base64
import binascii
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import lru_cache
from urllib.parse import quote

from integrations.codehost import (
    AccountState,
    CodeAccess,
    HookLevel,
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
    find_date,
    find_flag,
    find_id,
    find_object,
    find_text,
    find_texts,
    find_time,
    read_id,
    read_number,
    read_text,
)
from integrations.gitlab.access import is_bot_name, role

_CODE_ACCESS = {
    "": CodeAccess.ENABLED,
    "enabled": CodeAccess.ENABLED,
    "private": CodeAccess.MEMBERS,
    "disabled": CodeAccess.DISABLED,
}
MOST_ACCOUNTS = 20_000  # that are remembered at once
HIGHEST_LEVEL = 10_000  # far above 50, an owner's
_EVENT_SUFFIX = "_events"


def convert_account(row: JsonObject, *, base_url: str) -> RemoteAccount:
    """A person as GitLab describes one in every list. Whatever is not active may not use the host."""
    return _account(
        read_id(row),
        read_text(row, "username"),
        find_text(row, "name"),
        read_text(row, "state") == "active",
        bool(find_flag(row, "bot")),
        find_flag(row, "external"),
        _web_address(find_text(row, "avatar_url")),
        base_url,
    )


@lru_cache(maxsize=MOST_ACCOUNTS)
def _account(
    remote_id: str,
    login: str,
    name: str,
    is_active: bool,
    is_bot: bool,
    is_external: bool | None,
    avatar_url: str,
    base_url: str,
) -> RemoteAccount:
    """Everybody comes again in every group and project: one value for all of them."""
    return RemoteAccount(
        remote_id=remote_id,
        login=login,
        display_name=name or login,
        state=AccountState.ACTIVE if is_active else AccountState.BLOCKED,
        is_bot=is_bot or is_bot_name(login),
        is_external=is_external,
        avatar_url=avatar_url,
        web_url=page_url(base_url, login),
    )


def convert_viewer(user: JsonObject, emails: list[JsonObject], *, base_url: str) -> Viewer:
    """The owner of a credential, with all addresses. The primary one is verified once it was confirmed."""
    account = replace(convert_account(user, base_url=base_url), emails=_convert_emails(user, emails))
    return Viewer(account, is_administrator=bool(find_flag(user, "is_admin")))


def convert_token(viewer: Viewer, token: Json) -> Viewer:
    """The viewer with the scopes and the expiry of the credential, as both introspections of GitLab tell them."""
    row = as_object(token, "the token's description")
    scopes = find_texts(row, "scopes") or find_texts(row, "scope")
    last_day = find_date(row, "expires_at")
    expires_at = None if last_day is None else datetime.combine(last_day, time.min, tzinfo=UTC)
    return replace(viewer, scopes=frozenset(scopes), expires_at=expires_at)


def convert_organization(row: JsonObject, *, base_url: str) -> RemoteOrganization:
    """A group or subgroup that can be synchronized."""
    path = read_text(row, "full_path")
    return RemoteOrganization(
        remote_id=read_id(row),
        kind="group",
        name=find_text(row, "full_name") or read_text(row, "name"),
        path=path,
        web_url=page_url(base_url, f"groups/{path}"),
        parent_id=find_id(row, "parent_id"),
        avatar_url=_web_address(find_text(row, "avatar_url")),
        visibility=_visibility(row),
    )


def is_pending_deletion(row: JsonObject) -> bool:
    """Whether a group or project has been marked for deletion."""
    return any(find_text(row, name) for name in ("marked_for_deletion_on", "marked_for_deletion_at"))


def convert_team(row: JsonObject, *, base_url: str) -> RemoteTeam:
    """A group as the set of its members."""
    path = read_text(row, "full_path")
    return RemoteTeam(
        remote_id=read_id(row),
        name=find_text(row, "full_name") or read_text(row, "name"),
        path=path,
        web_url=page_url(base_url, f"groups/{path}"),
        parent_id=find_id(row, "parent_id"),
    )


def convert_member(row: JsonObject, *, base_url: str) -> RemoteMember:
    """A row of `members/all`: the best role that reaches the group or project."""
    return RemoteMember(
        account=convert_account(row, base_url=base_url),
        role=_convert_role(row),
        expires_on=find_date(row, "expires_at"),
        is_awaiting=find_text(row, "membership_state") == "awaiting",
    )


def convert_repository(row: JsonObject, *, base_url: str) -> RemoteRepository:
    """A project. Its team is the (sub)group that it lives in; personal ones have none."""
    path = read_text(row, "path_with_namespace")
    home = find_object(row, "namespace")
    is_in_group = home is not None and find_text(home, "kind") in {"", "group"}
    is_empty = bool(find_flag(row, "empty_repo"))
    return RemoteRepository(
        remote_id=read_id(row),
        name=read_text(row, "name"),
        path=path,
        web_url=page_url(base_url, path),
        clone_url=f"{page_url(base_url, path)}.git",
        visibility=_visibility(row),
        code_access=_code_access(row),
        team_id=find_id(home, "id") if home is not None and is_in_group else None,
        default_branch=None if is_empty else find_text(row, "default_branch") or None,
        is_archived=bool(find_flag(row, "archived")),
        is_pending_deletion=is_pending_deletion(row),
        last_activity_at=find_time(row, "last_activity_at"),
    )


def convert_file(document: Json) -> bytes:
    """The content of a file, which comes in base64."""
    row = as_object(document, "the file")
    if find_text(row, "encoding") != "base64":
        raise UnexpectedResponse("the file is not encoded in base64")
    try:
        return base64.b64decode(find_text(row, "content").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnexpectedResponse("the file's base64 is broken") from error


def convert_version(document: Json) -> HostVersion:
    """Product, version and edition of `/metadata` or `/version`. An EE build need not have a paid licence."""
    row = as_object(document, "the version")
    text = read_text(row, "version")
    is_enterprise = find_flag(row, "enterprise")
    if is_enterprise is None:
        is_enterprise = text.endswith("-ee")
    return HostVersion("GitLab", text, "EE" if is_enterprise else "CE")


def convert_hook(row: JsonObject) -> RemoteHook:
    """A webhook as it is listed; tokens are never shown."""
    events = frozenset(name for name, value in row.items() if name.endswith(_EVENT_SUFFIX) and value is True)
    status = find_text(row, "alert_status")
    return RemoteHook(
        remote_id=read_id(row),
        url=find_text(row, "url"),
        events=events,
        is_enabled=status in {"", "executable"},
        detail=_hook_detail(row, status),
    )


def hooks_path(level: HookLevel) -> str:
    """The collection that hooks of a level belong to."""
    return "groups" if level is HookLevel.ORGANIZATION else "projects"


def page_url(base_url: str, path: str) -> str:
    """The address of a page below the base URL."""
    return f"{base_url.rstrip('/')}/{quote(path, safe='/')}"


def _convert_emails(user: JsonObject, rows: list[JsonObject]) -> tuple[RemoteEmail, ...]:
    primary = find_text(user, "email")
    emails = [RemoteEmail(primary, bool(find_text(user, "confirmed_at")), is_primary=True)] if primary else []
    others = [RemoteEmail(read_text(row, "email"), bool(find_text(row, "confirmed_at"))) for row in rows]
    return (*emails, *(email for email in others if email.address != primary))


def _convert_role(row: JsonObject) -> RemoteRole:
    level = read_number(row, "access_level")
    if abs(level) > HIGHEST_LEVEL:
        raise UnexpectedResponse("the access level is not known")
    custom = find_object(row, "member_role")
    if custom is None:
        return role(level)
    return role(
        level,
        custom_id=read_id(custom),
        custom_name=find_text(custom, "name"),
        custom_reads_code=bool(find_flag(custom, "read_code")),
    )


def _visibility(row: JsonObject) -> Visibility:
    text = read_text(row, "visibility")
    if text not in set(Visibility):
        raise UnexpectedResponse(f"the visibility {text[:40]!r} is not known")
    return Visibility(text)


def _code_access(row: JsonObject) -> CodeAccess:
    text = find_text(row, "repository_access_level")
    if text not in _CODE_ACCESS:
        raise UnexpectedResponse(f"the repository access level {text[:40]!r} is not known")
    return _CODE_ACCESS[text]


def _hook_detail(row: JsonObject, status: str) -> str:
    if status in {"", "executable"}:
        return "signed" if find_flag(row, "signing_token_present") else ""
    until = find_text(row, "disabled_until")
    return f"GitLab switched it off after failures, until {until}" if until else "GitLab switched it off after failures"


def _web_address(text: str) -> str:
    return text if text.startswith(("https://", "http://")) else ""
