"""Bitbucket Data Center's JSON to our dataclasses. Pure.

Addresses are built from the base URL, or taken from the answer only when they are below it: a host behind a proxy often
has another idea of its own address, and a hostile one could name anything, also where git sends its password.
"""

from functools import lru_cache
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from integrations.codehost import (
    AccountState,
    HostVersion,
    RemoteAccount,
    RemoteEmail,
    RemoteHook,
    RemoteOrganization,
    RemoteRepository,
    RemoteRole,
    RemoteTeam,
    Visibility,
)
from integrations.errors import UnexpectedResponse
from integrations.fields import (
    Json,
    JsonObject,
    as_object,
    as_objects,
    find_flag,
    find_object,
    find_text,
    find_texts,
    read_id,
    read_text,
)

PRODUCT = "Bitbucket Data Center"
GROUP_PREFIX = "group:"
MOST_ACCOUNTS = 20_000  # that are remembered at once
HEAD = "HEAD"  # lists do not name the default branch, and every address without a ref means it


def convert_account(row: JsonObject, *, base_url: str, is_licensed: bool = True) -> RemoteAccount:
    """A person. Whoever is switched off, or has no licence, may not use the host; accounts of tokens are bots."""
    return _account(
        read_id(row),
        read_text(row, "name"),
        find_text(row, "slug"),
        find_text(row, "displayName"),
        find_flag(row, "active") is not False and is_licensed,
        find_text(row, "type") == "SERVICE",
        base_url,
    )


@lru_cache(maxsize=MOST_ACCOUNTS)
def _account(
    remote_id: str, login: str, slug: str, name: str, is_active: bool, is_bot: bool, base_url: str
) -> RemoteAccount:
    """Everybody comes again in every group and repository: one value for all of them."""
    return RemoteAccount(
        remote_id=remote_id,
        login=login,
        display_name=name or login,
        state=AccountState.ACTIVE if is_active else AccountState.BLOCKED,
        is_bot=is_bot,
        web_url=page_address(base_url, f"users/{slug}") if slug else "",
    )


def convert_emails(row: JsonObject) -> tuple[RemoteEmail, ...]:
    """The one address of an account, which comes from a directory: nobody says whether it was verified."""
    address = find_text(row, "emailAddress")
    return (RemoteEmail(address, is_verified=False, is_primary=True),) if address else ()


def convert_organization(row: JsonObject, *, base_url: str) -> RemoteOrganization:
    """A project. Its key can be renamed, its id can not."""
    key = read_text(row, "key")
    return RemoteOrganization(
        remote_id=read_id(row),
        kind="project",
        name=find_text(row, "name") or key,
        path=key,
        web_url=page_address(base_url, f"projects/{key}"),
        visibility=Visibility.PUBLIC if find_flag(row, "public") else Visibility.PRIVATE,
    )


def is_personal(row: JsonObject) -> bool:
    """Whether a project is somebody's own."""
    return find_text(row, "type") == "PERSONAL"


def convert_root_team(row: JsonObject, *, base_url: str) -> RemoteTeam:
    """A project as the set of those with a right in all of it."""
    organization = convert_organization(row, base_url=base_url)
    return RemoteTeam(organization.remote_id, organization.name, organization.path, organization.web_url)


def convert_group(name: str, *, base_url: str) -> RemoteTeam:
    """A group, which has no id: its name is its identity, upper and lower case being the same."""
    address = f"{page_address(base_url, 'admin/groups/view')}?{urlencode({'name': name})}"
    return RemoteTeam(f"{GROUP_PREFIX}{name.lower()}", name, name, address)


def group_of(row: JsonObject) -> str | None:
    """The group that a permission is granted to: an object in some lists, its name alone in others."""
    group = row.get("group")
    if group is None:
        return None
    name = group if isinstance(group, str) else read_text(as_object(group, "the group"), "name")
    if not name:
        raise UnexpectedResponse("a group has no name")
    return name


def grantee(row: JsonObject) -> Json:
    """What tells rows of a list of permissions apart: who has which one."""
    group = group_of(row)
    who = f"group {group.lower()}" if group is not None else f"user {_user_of(row)}"
    return f"{find_text(row, 'permission')} {who}"


def convert_repository(row: JsonObject, *, base_url: str, base_role: RemoteRole | None = None) -> RemoteRepository:
    """A repository of a project. One that is not ready yet, or offline, is there without any branch."""
    project = as_object(row.get("project"), "the repository's project")
    key, slug = read_text(project, "key"), read_text(row, "slug")
    is_public = bool(find_flag(row, "public")) or bool(find_flag(project, "public"))
    is_available = find_text(row, "state") in {"", "AVAILABLE"}
    return RemoteRepository(
        remote_id=read_id(row),
        name=find_text(row, "name") or slug,
        path=f"{key}/{slug}",
        web_url=page_address(base_url, f"projects/{key}/repos/{slug}"),
        clone_url=_clone_url(row, key, slug, base_url),
        visibility=Visibility.PUBLIC if is_public else Visibility.PRIVATE,
        team_id=read_id(project),
        default_branch=HEAD if is_available else None,
        is_archived=bool(find_flag(row, "archived")),
        base_role=base_role,
    )


def convert_version(document: Json) -> HostVersion:
    """The server's version, as everybody is told."""
    return HostVersion(PRODUCT, read_text(as_object(document, "the version"), "version"))


def version_numbers(text: str) -> tuple[int, ...]:
    """8.10.2 as numbers: as text, 8.10 would come before 8.9. Empty for what is no version."""
    numbers = []
    for part in text.split("."):
        digits = part.partition("-")[0]
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
            break
        numbers.append(int(digits))
    return tuple(numbers)


def convert_hook(row: JsonObject) -> RemoteHook:
    """A webhook as it is listed."""
    is_active = find_flag(row, "active") is not False
    return RemoteHook(
        remote_id=read_id(row),
        url=find_text(row, "url"),
        events=frozenset(find_texts(row, "events")),
        is_enabled=is_active,
        detail="" if is_active else "somebody switched it off at Bitbucket",
    )


def page_address(base_url: str, path: str) -> str:
    """The address of a page below the base URL."""
    return f"{base_url.rstrip('/')}/{quote(path, safe='/~')}"


def _user_of(row: JsonObject) -> str:
    return read_id(as_object(row.get("user"), "whoever has the permission"))


def _clone_url(row: JsonObject, key: str, slug: str, base_url: str) -> str:
    """The host's own http address where it is below the base URL, else the one that every Bitbucket has."""
    links = find_object(row, "links") or {}
    for link in as_objects(links.get("clone") or [], "the clone links"):
        if find_text(link, "name") in {"http", "https"}:
            address = _without_user(find_text(link, "href"))
            if address.startswith(f"{base_url.rstrip('/')}/"):
                return address
    return page_address(base_url, f"scm/{key.lower()}/{slug}.git")


def _without_user(address: str) -> str:
    """Bitbucket likes to write the caller's name into the address."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
