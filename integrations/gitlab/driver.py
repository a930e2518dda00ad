"""GitLab through its REST API v4: one open code host with one token. Calls, converts, yields.

https://docs.gitlab.com/api/rest/ — numeric ids only: paths can be renamed, and proxies decode `%2F`.
"""

from collections.abc import Iterator, Mapping, Sequence

from integrations.codehost import (
    CodeHost,
    GitCredential,
    HostVersion,
    RemoteGrant,
    RemoteMember,
    RemoteMemberGrant,
    RemoteOrganization,
    RemoteRepository,
    RemoteTeam,
    Viewer,
)
from integrations.errors import CodeHostError, Forbidden, NotFound, RateLimited, Unauthorized, Unavailable
from integrations.fields import Json, JsonObject, as_object, as_objects
from integrations.gitlab import API
from integrations.gitlab.access import OWNER, is_member_level
from integrations.gitlab.convert import (
    convert_file,
    convert_member,
    convert_organization,
    convert_repository,
    convert_team,
    convert_token,
    convert_version,
    convert_viewer,
    is_pending_deletion,
)
from integrations.gitlab.hooks import GitLabHookParser
from integrations.gitlab.installer import GitLabHookInstaller
from integrations.http import HttpClient
from integrations.platform_parts import HostAccess
from integrations.urls import Params, url_path

BY_ID: Params = {"order_by": "id", "sort": "asc"}
_NO_SUCH_FILE = ("404 File Not Found", "404 Commit Not Found", "404 Tree Not Found")


def open_gitlab(access: HostAccess) -> CodeHost:
    """All parts of a GitLab, sharing one client. Raises Refused for a base URL that is none."""
    http = access.open_client(access.base_url)
    return CodeHost(
        directory=GitLabDirectory(http, base_url=access.base_url),
        grants=GitLabGrants(http, base_url=access.base_url),
        source=GitLabSource(http, base_url=access.base_url, token=access.access_token),
        hook_installer=GitLabHookInstaller(http),
        hook_parser=GitLabHookParser(),
        request_count=access.count,
        people=GitLabPeople(http, base_url=access.base_url),
        forget_answers=http.forget_answers,
    )


def read_gitlab_version(access: HostAccess) -> HostVersion:
    """Version and edition, which GitLab tells only to whoever has a token."""
    with access.open_client(access.base_url) as http:
        return convert_version(http.get_json(f"{API}/version"))


class GitLabDirectory:
    """Groups, members and projects."""

    def __init__(self, http: HttpClient, *, base_url: str) -> None:
        self._http = http
        self._base_url = base_url

    def viewer(self) -> Viewer:
        """The token's owner with e-mail addresses, and the token's scopes where GitLab tells them.

        Raises Unauthorized also for an account that GitLab has blocked, Forbidden for a missing scope.
        """
        user = self._read_own_user()
        emails = as_objects(self._http.get_json(f"{API}/user/emails"), "the e-mail addresses")
        viewer = convert_viewer(user, emails, base_url=self._base_url)
        token = self._describe_token()
        return viewer if token is None else convert_token(viewer, token)

    def list_administered_organizations(self, *, nested: bool) -> Iterator[RemoteOrganization]:
        """Groups that the token's owner owns; without `nested` only those at the top."""
        params: Params = {**BY_ID, "min_access_level": OWNER, "top_level_only": not nested}
        for row in self._http.paginate(f"{API}/groups", params):
            if not is_pending_deletion(row):
                yield convert_organization(row, base_url=self._base_url)

    def read_organization(self, organization_id: str) -> RemoteOrganization:
        """One group by its id."""
        path = API + url_path("groups", organization_id)
        row = as_object(self._http.get_json(path, {"with_projects": False}), "the group")
        return convert_organization(row, base_url=self._base_url)

    def list_teams(self, organization_id: str) -> Iterator[RemoteTeam]:
        """The group itself and every group below it."""
        path = API + url_path("groups", organization_id)
        root = as_object(self._http.get_json(path, {"with_projects": False}), "the group")
        below = list(self._http.paginate(f"{path}/descendant_groups", {**BY_ID, "all_available": True}))
        yield from (convert_team(row, base_url=self._base_url) for row in (root, *below))

    def list_team_members(self, team_id: str) -> Iterator[RemoteMember]:
        """Direct, inherited and invited members of a group with their best role; blocked and expired ones too."""
        yield from _list_members(self._http, self._base_url, "groups", team_id)

    def list_repositories(self, organization_id: str) -> Iterator[RemoteRepository]:
        """Every project of the group and the groups below it, archived ones too, none that is only shared with it."""
        path = API + url_path("groups", organization_id, "projects")
        for row in self._http.paginate(path, {**BY_ID, "include_subgroups": True, "with_shared": False}):
            yield convert_repository(row, base_url=self._base_url)

    def _read_own_user(self) -> JsonObject:
        try:
            return as_object(self._http.get_json(f"{API}/user"), "the user")
        except Forbidden as error:
            if error.missing_scopes:
                raise
            raise Unauthorized(str(error)) from error  # the account is blocked, deactivated or banned

    def _describe_token(self) -> Json:
        """OAuth grants and personal tokens are described in different places; None when neither answers."""
        answer = self._http.look("/oauth/token/info", accept="application/json")
        if answer.is_success:
            return answer.json()
        try:
            return self._http.get_json(f"{API}/personal_access_tokens/self")
        except (RateLimited, Unavailable):
            raise
        except CodeHostError:
            return None


class GitLabGrants:
    """Members of single projects: one listing each, which the host confirms with 304 while nobody changes.

    GraphQL would give many projects at once, but its answers are limited by complexity and never confirmed.
    """

    repositories_at_once = 1

    def __init__(self, http: HttpClient, *, base_url: str) -> None:
        self._http = http
        self._base_url = base_url

    def list_repository_grants(self, organization_id: str, repository_ids: Sequence[str]) -> Iterator[RemoteGrant]:
        """Everybody whose membership reaches the projects, with their best role in each."""
        for repository_id in repository_ids:
            for member in _list_members(self._http, self._base_url, "projects", repository_id):
                yield RemoteMemberGrant(repository_id, member)


class GitLabPeople:
    """One account's membership in a group or project.

    https://docs.gitlab.com/api/group_members/ — 404 stands for "no member" and for "no such group" alike.
    """

    def __init__(self, http: HttpClient, *, base_url: str) -> None:
        self._http = http
        self._base_url = base_url

    def find_team_member(self, team_id: str, account_id: str, *, confirm: bool = True) -> RemoteMember | None:
        """Direct, inherited or invited, with the best role; None when GitLab shows the group without this account."""
        return self._find("groups", team_id, account_id, confirm=confirm)

    def find_repository_member(self, repository_id: str, account_id: str) -> RemoteMember | None:
        """As `find_team_member`, for a project."""
        return self._find("projects", repository_id, account_id, confirm=True)

    def _find(self, collection: str, parent_id: str, account_id: str, *, confirm: bool) -> RemoteMember | None:
        place = url_path(collection, parent_id)
        try:
            row = self._http.get_json(API + place + url_path("members", "all", account_id))
        except NotFound:
            if not confirm:
                raise
            self._http.get_json(API + place)  # raises NotFound when it is the place that is gone or hidden
            return None
        member = convert_member(as_object(row, "the member"), base_url=self._base_url)
        return member if is_member_level(member.role.level) else None


class GitLabSource:
    """Files through the API, and the credential for git."""

    files_at_once = 1

    def __init__(self, http: HttpClient, *, base_url: str, token: str) -> None:
        self._http = http
        self._base_url = base_url
        self._token = token

    def read_file(self, repository_id: str, path: str, *, ref: str) -> bytes | None:
        """The file's bytes at a branch, tag, commit or `HEAD`; None when GitLab says that it does not exist there.

        A 404 that does not name the file is believed only if the project itself can be read. Raises NotFound.
        """
        address = API + url_path("projects", repository_id, "repository", "files", path)
        try:
            return convert_file(self._http.get_json(address, {"ref": ref}))
        except NotFound as error:
            if not any(words in str(error) for words in _NO_SUCH_FILE):
                self.read_repository(repository_id)
            return None

    def read_head_files(self, repository_ids: Sequence[str], path: str) -> Mapping[str, bytes | None]:
        """The file at the head of each project's default branch."""
        return {key: self.read_file(key, path, ref="HEAD") for key in repository_ids}

    def read_repository(self, repository_id: str) -> RemoteRepository:
        """One project by its id."""
        row = as_object(self._http.get_json(API + url_path("projects", repository_id)), "the project")
        return convert_repository(row, base_url=self._base_url)

    def git_credential(self) -> GitCredential:
        """The token as git wants it."""
        return GitCredential("oauth2", self._token)


def _list_members(http: HttpClient, base_url: str, collection: str, parent_id: str) -> Iterator[RemoteMember]:
    for row in http.paginate(API + url_path(collection, parent_id, "members", "all")):
        member = convert_member(row, base_url=base_url)
        if is_member_level(member.role.level):
            yield member
