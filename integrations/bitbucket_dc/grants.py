"""Permissions on single repositories, and what somebody may read by their own credential."""

from collections.abc import Iterator, Sequence

from integrations.bitbucket_dc import API
from integrations.bitbucket_dc.access import REPOSITORY_PERMISSIONS, better, repository_role
from integrations.bitbucket_dc.accounts import Accounts
from integrations.bitbucket_dc.convert import grantee, group_of
from integrations.bitbucket_dc.errors import UnknownEndpoint
from integrations.bitbucket_dc.places import Places
from integrations.codehost import RemoteGrant, RemoteMember, RemoteMemberGrant, RemoteRole, RemoteTeamGrant
from integrations.errors import NotFound
from integrations.fields import Json, JsonObject, as_object, find_text, read_id
from integrations.http import HttpClient
from integrations.paging import STARTS


class BitbucketDcGrants:
    """The `Grants` of Bitbucket Data Center: one request for each repository, with users and groups in one list."""

    repositories_at_once = 1

    def __init__(self, http: HttpClient, places: Places, accounts: Accounts) -> None:
        self._http = http
        self._places = places
        self._accounts = accounts
        self._can_search = True  # until a server says that it has no such address

    def list_repository_grants(self, organization_id: str, repository_ids: Sequence[str]) -> Iterator[RemoteGrant]:
        """Whoever was given a permission on the repository itself, with the best one. Raises NotFound, Forbidden."""
        for repository_id in repository_ids:
            yield from self._list_grants(repository_id)

    def _list_grants(self, repository_id: str) -> Iterator[RemoteGrant]:
        best: dict[Json, tuple[JsonObject, RemoteRole]] = {}
        for row in self._list_permissions(f"{self._places.repository_path(repository_id)}/permissions"):
            role = repository_role(find_text(row, "permission"))
            if role is not None:
                key = _who(row)
                held = best.get(key)
                best[key] = (row, better(held and held[1], role))
        return (self._convert(repository_id, row, role) for row, role in best.values())

    def _list_permissions(self, path: str) -> list[JsonObject]:
        """The search finds project and global permissions too, unless told not to."""
        if self._can_search:
            try:
                return list(
                    self._http.paginate(
                        f"{path}/search", {"permission": REPOSITORY_PERMISSIONS}, key=grantee, style=STARTS
                    )
                )
            except UnknownEndpoint:
                self._can_search = False
        kinds = ("users", "groups")
        return [row for kind in kinds for row in self._http.paginate(f"{path}/{kind}", key=grantee, style=STARTS)]

    def _convert(self, repository_id: str, row: JsonObject, role: RemoteRole) -> RemoteGrant:
        group = group_of(row)
        if group is not None:
            return RemoteTeamGrant(repository_id, self._accounts.team(group), role)
        account = self._accounts.convert(as_object(row.get("user"), "the user"))
        return RemoteMemberGrant(repository_id, RemoteMember(account, role))


class BitbucketDcOwnAccess:
    """The `OwnAccess` of Bitbucket Data Center: exactly what the credential's owner may read there."""

    def __init__(self, http: HttpClient, places: Places) -> None:
        self._http = http
        self._places = places

    def list_readable_repositories(self, organization_id: str) -> Iterator[str]:
        """Numbers of the project's repositories. None for somebody who is not even shown the project."""
        try:
            key = self._places.project_key(organization_id)
        except NotFound:
            return
        params = {"permission": "REPO_READ", "projectkey": key, "archived": "ALL"}
        for row in self._http.paginate(f"{API}/repos", params, style=STARTS):
            project = as_object(row.get("project"), "the repository's project")
            if read_id(project) == organization_id:  # before 8.0 the key is ignored, and everything listed
                yield read_id(row)


def _who(row: JsonObject) -> str:
    group = group_of(row)
    return f"user {read_id(as_object(row.get('user'), 'the user'))}" if group is None else f"group {group.lower()}"
