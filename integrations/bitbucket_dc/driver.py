"""Bitbucket Data Center through its REST API: one open code host with one credential. Calls, converts, yields.

https://developer.atlassian.com/server/bitbucket/rest/ — ids are numbers, because keys and slugs can be renamed.
"""

from collections.abc import Iterator
from contextlib import suppress

from integrations.bitbucket_dc import API
from integrations.bitbucket_dc.access import (
    ADMINISTRATOR,
    PROJECT_ADMIN,
    PROJECT_PERMISSIONS,
    better,
    project_role,
)
from integrations.bitbucket_dc.accounts import Accounts, is_token_viewer
from integrations.bitbucket_dc.convert import (
    GROUP_PREFIX,
    convert_organization,
    convert_repository,
    convert_root_team,
    convert_version,
    grantee,
    group_of,
    is_personal,
)
from integrations.bitbucket_dc.errors import Caller
from integrations.bitbucket_dc.grants import BitbucketDcGrants, BitbucketDcOwnAccess
from integrations.bitbucket_dc.hooks import BitbucketDcHookParser
from integrations.bitbucket_dc.installer import BitbucketDcHookInstaller
from integrations.bitbucket_dc.places import Places
from integrations.bitbucket_dc.remembered import Remembered
from integrations.bitbucket_dc.source import BitbucketDcSource
from integrations.codehost import (
    TEAM_MEMBER,
    CodeHost,
    HostVersion,
    RemoteAccount,
    RemoteMember,
    RemoteOrganization,
    RemoteRepository,
    RemoteRole,
    RemoteTeam,
    Viewer,
)
from integrations.errors import Forbidden, NotFound
from integrations.fields import JsonObject, as_object, find_flag, find_text, read_id
from integrations.http import HttpClient
from integrations.paging import STARTS
from integrations.platform_parts import HostAccess

WRITING = {"X-Atlassian-Token": "no-check"}  # else writes count as forged


def open_bitbucket_dc(access: HostAccess) -> CodeHost:
    """All parts of a Bitbucket Data Center, sharing one client. Raises Refused for a base URL that is none."""
    caller = Caller()
    http = access.open_client(access.base_url, headers=WRITING, check=caller.check)
    places = Places(http)
    accounts = Accounts(http, caller, base_url=access.base_url)
    return CodeHost(
        directory=BitbucketDcDirectory(http, places, accounts, base_url=access.base_url),
        grants=BitbucketDcGrants(http, places, accounts),
        source=BitbucketDcSource(http, places, access),
        hook_installer=BitbucketDcHookInstaller(http, places),
        hook_parser=BitbucketDcHookParser(),
        request_count=access.count,
        own_access=BitbucketDcOwnAccess(http, places),
        has_repository_teams=True,
        forget_answers=http.forget_answers,
    )


def read_bitbucket_dc_version(access: HostAccess) -> HostVersion:
    """The version, which Bitbucket tells everybody; asked with the credential, whose refusal comes out this way."""
    with access.open_client(access.base_url, check=Caller().check) as http:
        return convert_version(http.get_json(f"{API}/application-properties"))


class BitbucketDcDirectory:
    """Projects as organizations, groups as teams, repositories."""

    def __init__(self, http: HttpClient, places: Places, accounts: Accounts, *, base_url: str) -> None:
        self._http = http
        self._places = places
        self._accounts = accounts
        self._base_url = base_url
        self._groups: Remembered[dict[str, tuple[RemoteTeam, RemoteRole]]] = Remembered()
        self._viewer: Remembered[Viewer] = Remembered()

    def viewer(self) -> Viewer:
        """The credential's owner. Bitbucket does not tell what the credential may do. Raises Unauthorized."""
        return self._viewer.find_or_read("", self._accounts.viewer)

    def list_administered_organizations(self, *, nested: bool) -> Iterator[RemoteOrganization]:
        """The projects that the credential's owner administers. There are none below others; nobody's own count."""
        for row in self._http.paginate(f"{API}/projects", {"permission": "PROJECT_ADMIN"}, style=STARTS):
            if not is_personal(row):
                yield convert_organization(row, base_url=self._base_url)

    def read_organization(self, organization_id: str) -> RemoteOrganization:
        """One project by its number."""
        return convert_organization(self._read_project(organization_id), base_url=self._base_url)

    def list_teams(self, organization_id: str) -> Iterator[RemoteTeam]:
        """The project itself, and the groups with a permission on it, if the credential may list permissions.

        If it may not, asking for the members of the project raises Forbidden, so that nothing is concluded.
        """
        yield convert_root_team(self._read_project(organization_id), base_url=self._base_url)
        with suppress(Forbidden):
            yield from [team for team, _ in self._groups_of(organization_id).values()]

    def list_team_members(self, team_id: str) -> Iterator[RemoteMember]:
        """The members of a group, or everybody with a right in a whole project, with the best one that they have.

        Raises Forbidden when the credential may not list permissions.
        """
        if team_id.startswith(GROUP_PREFIX):
            yield from (RemoteMember(account, TEAM_MEMBER) for account in self._accounts.members(team_id))
        else:
            yield from self._list_project_members(team_id)

    def list_repositories(self, organization_id: str) -> Iterator[RemoteRepository]:
        """Every repository of the project, archived ones too. What everybody may do there is written on each."""
        rows = self._places.list_repositories_in(organization_id)
        base_role = self._default_role(organization_id)
        yield from (convert_repository(row, base_url=self._base_url, base_role=base_role) for row in rows)

    def _read_project(self, project_id: str) -> JsonObject:
        row = as_object(self._http.get_json(self._places.project_path(project_id)), "the project")
        if read_id(row) != project_id:
            raise NotFound(f"the key of project {project_id} is another project's by now")
        return row

    def _groups_of(self, project_id: str) -> dict[str, tuple[RemoteTeam, RemoteRole]]:
        """Each group with a permission and the best role that it has, by the team's id."""
        return self._groups.find_or_read(project_id, lambda: self._list_groups(project_id))

    def _list_groups(self, project_id: str) -> dict[str, tuple[RemoteTeam, RemoteRole]]:
        groups: dict[str, tuple[RemoteTeam, RemoteRole]] = {}
        for row in self._list_permissions(project_id, "groups"):
            name, role = group_of(row), project_role(find_text(row, "permission"))
            if name is not None and role is not None:
                team = self._accounts.team(name)
                held = groups.get(team.remote_id)
                groups[team.remote_id] = (team, better(held and held[1], role))
        return groups

    def _list_permissions(self, project_id: str, kind: str) -> Iterator[JsonObject]:
        path = f"{self._places.project_path(project_id)}/permissions/{kind}"
        return self._http.paginate(path, key=grantee, style=STARTS)

    def _list_project_members(self, project_id: str) -> Iterator[RemoteMember]:
        best: dict[str, tuple[RemoteAccount, RemoteRole]] = {}
        for account, role in self._rights_in(project_id):
            held = best.get(account.remote_id)
            best[account.remote_id] = (account, better(held and held[1], role))
        return (RemoteMember(account, role) for account, role in best.values())

    def _rights_in(self, project_id: str) -> Iterator[tuple[RemoteAccount, RemoteRole]]:
        """By a permission of their own, through groups, and by administering everything."""
        for row in self._list_permissions(project_id, "users"):
            role = project_role(find_text(row, "permission"))
            if role is not None:
                yield self._accounts.convert(as_object(row.get("user"), "the user")), role
        for team, role in self._groups_of(project_id).values():
            yield from ((account, role) for account in self._accounts.members(team.remote_id))
        yield from ((account, ADMINISTRATOR) for account in self._accounts.administrators())
        viewer = self.viewer()
        if is_token_viewer(viewer):  # whoever is shown the permissions administers the project
            yield viewer.account, PROJECT_ADMIN

    def _default_role(self, project_id: str) -> RemoteRole | None:
        """What everybody with a licence may do in the project; None also when the credential may not know."""
        try:
            return self._read_default_role(project_id)
        except Forbidden:
            if self._may_list_permissions(project_id):
                raise
            return None

    def _read_default_role(self, project_id: str) -> RemoteRole | None:
        path = self._places.project_path(project_id)
        for permission in PROJECT_PERMISSIONS:
            row = as_object(self._http.get_json(f"{path}/permissions/{permission}/all"), "the default permission")
            if find_flag(row, "permitted"):
                return project_role(permission)
        return None

    def _may_list_permissions(self, project_id: str) -> bool:
        try:
            self._groups_of(project_id)
        except Forbidden:
            return False
        return True
