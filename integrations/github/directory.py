"""Organizations, teams, members and repositories through REST.

https://docs.github.com/en/rest — numeric ids only: logins, slugs and names can be renamed, and taken by others then.
"""

from collections.abc import Callable, Iterable, Iterator

from integrations.codehost import RemoteMember, RemoteOrganization, RemoteRepository, RemoteTeam, Viewer
from integrations.errors import Forbidden, IncompleteListing, NotFound
from integrations.fields import JsonObject, as_object, as_objects, find_text, read_id
from integrations.github.access import OWNER
from integrations.github.base_access import BaseAccess
from integrations.github.convert import (
    convert_installation_viewer,
    convert_member,
    convert_organization,
    convert_repository,
    convert_team,
    convert_viewer,
    root_team,
)
from integrations.github.lookups import Lookups, team_path
from integrations.github.pages import list_rows
from integrations.github.refusals import OFFERS
from integrations.github.scopes import expand_scopes
from integrations.http import HttpClient
from integrations.urls import Params, url_path

OLDEST_FIRST: Params = {"type": "all", "sort": "created", "direction": "asc"}  # new ones do not shift the pages
Scopes = Callable[[], frozenset[str] | None]


class GitHubDirectory:
    """The `Directory` of somebody's token."""

    def __init__(
        self, http: HttpClient, lookups: Lookups, base_access: BaseAccess, *, scopes: Scopes, base_url: str
    ) -> None:
        """`scopes`: those that the newest answer named."""
        self._http, self._lookups, self._base_access = http, lookups, base_access
        self._scopes, self._base_url = scopes, base_url

    def viewer(self) -> Viewer:
        """The token's owner, with e-mail addresses where the token may read them, and the token's scopes.

        Raises Unauthorized also for a suspended account.
        """
        user = as_object(self._http.get_json("/user"), "the user")
        scopes = self._scopes()
        return convert_viewer(user, self._read_emails(scopes), scopes=scopes, base_url=self._base_url)

    def list_administered_organizations(self, *, nested: bool) -> Iterator[RemoteOrganization]:
        """Organizations that the token's owner owns; there is nothing nested. Single sign-on may hide some."""
        rows = list_rows(self._http, OFFERS, {"state": "active"}, key=lambda row: read_id(_organization(row)))
        for row in rows:
            if (find_text(row, "role"), find_text(row, "state")) == ("admin", "active"):
                yield convert_organization(_organization(row), base_url=self._base_url)

    def read_organization(self, organization_id: str) -> RemoteOrganization:
        """One organization by its id."""
        return self._lookups.organization(organization_id)

    def list_teams(self, organization_id: str) -> Iterator[RemoteTeam]:
        """The organization itself and every team in it, secret ones too as far as the token's owner may see them."""
        organization = self._lookups.organization(organization_id)
        yield root_team(organization)
        for row in list_rows(self._http, url_path("organizations", organization_id, "teams")):
            team = convert_team(row, organization, base_url=self._base_url)
            self._lookups.remember_team(team)
            yield team

    def list_team_members(self, team_id: str) -> Iterator[RemoteMember]:
        """Everybody in the organization with their role there; or a team's members, those of teams below it as well."""
        if "/" not in team_id:
            yield from self._list_root_members(team_id)
            return
        for row in list_rows(self._http, f"{team_path(team_id)}/members"):
            yield convert_member(row, base_url=self._base_url)

    def list_repositories(self, organization_id: str) -> Iterator[RemoteRepository]:
        """Every repository of the organization that the token's owner can see: for owners, all of them."""
        for row in list_rows(self._http, url_path("organizations", organization_id, "repos"), OLDEST_FIRST):
            repository = convert_repository(row, base_url=self._base_url)
            self._lookups.remember_node(row, repository.remote_id)
            yield repository

    def _read_emails(self, scopes: frozenset[str] | None) -> list[JsonObject]:
        if scopes is not None and "user:email" not in expand_scopes(scopes):
            return []
        try:
            return as_objects(self._http.get_json("/user/emails"), "the e-mail addresses")
        except (Forbidden, NotFound):
            return []

    def _list_root_members(self, organization_id: str) -> Iterator[RemoteMember]:
        """Owners and others are two lists. Whoever changes sides in between would be in none: so owners are read twice.

        Raises IncompleteListing when they keep changing.
        """
        path = url_path("organizations", organization_id, "members")
        owners = list(list_rows(self._http, path, {"role": "admin"}))
        others = list(list_rows(self._http, path, {"role": "member"}))
        if _ids(list_rows(self._http, path, {"role": "admin"})) != _ids(owners):
            raise IncompleteListing(f"{path}: the owners changed while the members were read")
        basis = self._base_access.basis(organization_id)
        yield from (convert_member(row, OWNER, base_url=self._base_url) for row in owners)
        for row in others:
            yield convert_member(row, basis.role_of(read_id(row)), base_url=self._base_url)


class InstallationDirectory(GitHubDirectory):
    """The `Directory` of an installed App, which is nobody's account."""

    def __init__(self, http: HttpClient, lookups: Lookups, base_access: BaseAccess, *, base_url: str) -> None:
        super().__init__(http, lookups, base_access, scopes=lambda: None, base_url=base_url)

    def viewer(self) -> Viewer:
        """The App. It counts as an administrator when it was installed for all repositories."""
        return convert_installation_viewer(self._http.get_json("/installation/repositories", {"per_page": 1}))


def _organization(membership: JsonObject) -> JsonObject:
    return as_object(membership.get("organization"), "the organization")


def _ids(rows: Iterable[JsonObject]) -> frozenset[str]:
    return frozenset(read_id(row) for row in rows)
