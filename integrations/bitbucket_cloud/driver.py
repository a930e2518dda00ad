"""Bitbucket Cloud through its REST API: one open code host with one credential. Calls, converts, yields.

https://developer.atlassian.com/cloud/bitbucket/rest/intro/ — everything by uuid: slugs can be renamed. Lists across
workspaces were removed in 2026 (CHANGE-2770): every call names its workspace.
"""

from collections.abc import Iterator, Sequence
from threading import Lock

from integrations.bitbucket_cloud import api_root
from integrations.bitbucket_cloud.convert import (
    ACCESS_FIELDS,
    GRANT_FIELDS,
    MEMBER_FIELDS,
    REPOSITORY_FIELDS,
    convert_grant,
    convert_group,
    convert_group_member,
    convert_member,
    convert_organization,
    convert_repository,
    convert_viewer,
    convert_workspace_team,
    grant_key,
    member_key,
    page_fields,
    read_repository_id,
    read_uuid,
)
from integrations.bitbucket_cloud.errors import answer_check
from integrations.bitbucket_cloud.groups import Groups
from integrations.bitbucket_cloud.hooks import BitbucketCloudHookParser
from integrations.bitbucket_cloud.installer import BitbucketCloudHookInstaller
from integrations.bitbucket_cloud.source import OTHER_TOKENS, BitbucketCloudSource
from integrations.codehost import (
    CodeHost,
    GitCredential,
    HostVersion,
    RemoteMember,
    RemoteMemberGrant,
    RemoteOrganization,
    RemoteRepository,
    RemoteTeam,
    Viewer,
)
from integrations.errors import Forbidden
from integrations.fields import JsonObject, as_object, find_flag
from integrations.http import HttpClient
from integrations.paging import NEXTS
from integrations.platform_parts import HostAccess
from integrations.urls import Params, url_path

API = "/2.0"


def open_bitbucket_cloud(access: HostAccess) -> CodeHost:
    """All parts of Bitbucket Cloud, sharing one client. Raises Refused for a base URL that is none."""
    http = _open_client(access)
    branches: dict[str, str | None] = {}
    directory = BitbucketCloudDirectory(http, base_url=access.base_url, branches=branches)
    credential = GitCredential(access.username or OTHER_TOKENS, access.access_token)
    return CodeHost(
        directory=directory,
        grants=BitbucketCloudGrants(http, base_url=access.base_url),
        source=BitbucketCloudSource(http, base_url=access.base_url, credential=credential, branches=branches),
        hook_installer=BitbucketCloudHookInstaller(http),
        hook_parser=BitbucketCloudHookParser(),
        request_count=access.count,
        own_access=BitbucketCloudOwnAccess(http),
        forget_answers=directory.forget,
    )


def read_bitbucket_cloud_version(access: HostAccess) -> HostVersion:
    """There is one Bitbucket Cloud and it has no versions; asked all the same, to see that its API can be reached."""
    with _open_client(access) as http:
        as_object(http.get_json(f"{API}/hook_events"), "the kinds of webhooks")
    return HostVersion("Bitbucket", "Cloud")


class BitbucketCloudDirectory:
    """Workspaces, their members, groups and repositories. `branches` gets the main branch of each listed repository."""

    def __init__(self, http: HttpClient, *, base_url: str, branches: dict[str, str | None]) -> None:
        self._http = http
        self._base_url = base_url
        self._branches = branches
        self._lock = Lock()
        self._groups: dict[str, Groups] = {}
        self._members: dict[str, list[RemoteMember]] = {}

    def forget(self) -> None:
        """Ask again for what was remembered of this run."""
        with self._lock:
            self._groups.clear()
            self._members.clear()
        self._branches.clear()
        self._http.forget_answers()

    def viewer(self) -> Viewer:
        """The credential's owner, with the addresses if it may see them. Scopes come with the token, not from here."""
        user = as_object(self._http.get_json(f"{API}/user"), "the user")
        return convert_viewer(user, self._list_emails(), base_url=self._base_url)

    def list_administered_organizations(self, *, nested: bool) -> Iterator[RemoteOrganization]:
        """Workspaces that the credential's owner administers. They have no levels; names cost one request each."""
        params: Params = {"administrator": True, "sort": "slug"}
        rows = self._http.paginate(f"{API}/user/workspaces", params, key=_workspace_id, style=NEXTS)
        for workspace_id in [_workspace_id(row) for row in rows if find_flag(row, "administrator") is not False]:
            yield self.read_organization(workspace_id)

    def read_organization(self, organization_id: str) -> RemoteOrganization:
        """One workspace by its uuid."""
        row = as_object(self._http.get_json(API + url_path("workspaces", organization_id)), "the workspace")
        return convert_organization(row, base_url=self._base_url)

    def list_teams(self, organization_id: str) -> Iterator[RemoteTeam]:
        """The workspace itself, and its user groups as long as Bitbucket tells them."""
        workspace = self.read_organization(organization_id)
        groups = Groups(self._http, workspace)
        rows = groups.list_rows()
        with self._lock:
            self._groups[organization_id] = groups
        yield convert_workspace_team(workspace)
        yield from (convert_group(row, workspace=workspace) for row in rows)

    def list_team_members(self, team_id: str) -> Iterator[RemoteMember]:
        """Everybody in a workspace with the role there, or everybody in a group; inactive accounts too."""
        organization_id, _, group = team_id.partition("/")
        if not group:
            yield from self._list_members(organization_id)
            return
        known = {member.account.remote_id: member.account for member in self._list_members(organization_id)}
        for row in self._find_groups(organization_id).list_member_rows(group):
            member = convert_group_member(row, base_url=self._base_url)
            # The old API does not say who is inactive: the members of the workspace do.
            account = known.get(member.account.remote_id, member.account)
            yield RemoteMember(account, member.role)

    def list_repositories(self, organization_id: str) -> Iterator[RemoteRepository]:
        """Every repository of the workspace that the credential's owner sees."""
        path = API + url_path("repositories", organization_id)
        params: Params = {"sort": "created_on", "fields": page_fields(*REPOSITORY_FIELDS)}
        for row in self._http.paginate(path, params, key=read_uuid, style=NEXTS):
            repository = convert_repository(row, base_url=self._base_url, workspace_id=organization_id)
            self._branches[repository.remote_id] = repository.default_branch
            yield repository

    def _list_emails(self) -> list[JsonObject]:
        try:
            return list(self._http.paginate(f"{API}/user/emails", key="email", style=NEXTS))
        except Forbidden:
            return []  # without the scope for them, or without a person behind the token: only shown anyway

    def _list_members(self, organization_id: str) -> list[RemoteMember]:
        """The members of the workspace, listed once for itself and all its groups."""
        with self._lock:
            if organization_id not in self._members:
                path = API + url_path("workspaces", organization_id, "permissions")
                params: Params = {"fields": page_fields(*MEMBER_FIELDS)}
                rows = self._http.paginate(path, params, key=member_key, style=NEXTS)
                self._members[organization_id] = [convert_member(row, base_url=self._base_url) for row in rows]
            return self._members[organization_id]

    def _find_groups(self, organization_id: str) -> Groups:
        with self._lock:
            if organization_id not in self._groups:
                self._groups[organization_id] = Groups(self._http, self.read_organization(organization_id))
            return self._groups[organization_id]


class BitbucketCloudGrants:
    """Effective permissions: one row for each person and repository, in one listing of the whole workspace.

    They hold what groups, projects and ownership give as well, so nothing else has to be asked about access.
    """

    repositories_at_once = 0

    def __init__(self, http: HttpClient, *, base_url: str) -> None:
        self._http = http
        self._base_url = base_url

    def list_repository_grants(
        self, organization_id: str, repository_ids: Sequence[str]
    ) -> Iterator[RemoteMemberGrant]:
        """Everybody's best permission in every repository. Raises Forbidden for whoever does not own the workspace."""
        path = API + url_path("workspaces", organization_id, "permissions", "repositories")
        params: Params = {"fields": page_fields(*GRANT_FIELDS)}
        for row in self._http.paginate(path, params, key=grant_key, style=NEXTS):
            grant = convert_grant(row, base_url=self._base_url)
            if grant.member.role.reads_code:
                yield grant


class BitbucketCloudOwnAccess:
    """The repositories that the credential's owner was given access to, directly or not."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def list_readable_repositories(self, organization_id: str) -> Iterator[str]:
        """Uuids of the repositories with a permission of one's own; public ones without one are not among them."""
        path = API + url_path("user", "workspaces", organization_id, "permissions", "repositories")
        params: Params = {"fields": page_fields(*ACCESS_FIELDS)}
        for row in self._http.paginate(path, params, key=read_repository_id, style=NEXTS):
            if row.get("permission") != "none":
                yield read_repository_id(row)


def _open_client(access: HostAccess) -> HttpClient:
    check = answer_check(access.timing.now, access.timing.jitter)
    return access.open_client(api_root(access.base_url), check=check)


def _workspace_id(row: JsonObject) -> str:
    return read_uuid(as_object(row.get("workspace"), "the workspace"))
