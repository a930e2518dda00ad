"""One person's place, asked for by itself. GitHub wants the login there, which is looked up by the id first."""

from integrations.codehost import RemoteMember
from integrations.errors import NotFound, UnexpectedResponse
from integrations.fields import JsonObject, as_object, as_objects, find_object, find_text, read_id, read_text
from integrations.github.access import OWNER
from integrations.github.base_access import BaseAccess
from integrations.github.convert import convert_collaborator, convert_member
from integrations.github.graphql import COLLABORATOR, GraphQl, check_node, read_collaborators
from integrations.github.lookups import Lookups, team_path
from integrations.http import HttpClient
from integrations.urls import url_path


class GitHubPeople:
    """The `People` of GitHub. 404 stands for "no member" and for "no such team" alike."""

    def __init__(
        self, http: HttpClient, graphql: GraphQl, lookups: Lookups, base_access: BaseAccess, *, base_url: str
    ) -> None:
        self._http, self._graphql, self._lookups = http, graphql, lookups
        self._base_access, self._base_url = base_access, base_url

    def find_team_member(self, team_id: str, account_id: str, *, confirm: bool = True) -> RemoteMember | None:
        """In the organization, a team or one below it; None when GitHub shows the place without this account.

        Raises NotFound when the account itself is not shown, and when the place is not.
        """
        profile = self._lookups.profile(account_id)
        place = team_path(team_id) if "/" in team_id else url_path("organizations", team_id)
        try:
            row = self._http.get_json(place + url_path("memberships", read_text(profile, "login")))
        except NotFound:
            if not confirm:
                raise
            self._http.get_json(place)  # raises NotFound when it is the place that is gone or hidden
            return None
        return self._member(as_object(row, "the membership"), profile, team_id, account_id)

    def find_repository_member(self, repository_id: str, account_id: str) -> RemoteMember | None:
        """As the list of collaborators would name the account; None when GitHub shows the repository without it."""
        row = as_object(self._http.get_json(url_path("repositories", repository_id)), "the repository")
        self._lookups.remember_node(row, repository_id)
        login = read_text(self._lookups.profile(account_id), "login")
        basis = self._base_access.basis(_owner_id(row))
        variables: JsonObject = {"affiliation": basis.affiliation, "login": login}
        (node,) = self._graphql.ask(COLLABORATOR, [self._lookups.node_id(repository_id)], variables)
        connection = read_collaborators(check_node(node, repository_id))
        edges = as_objects(connection.get("edges"), "the collaborators")
        members = (convert_collaborator(edge, base_url=self._base_url, is_sum=basis.is_sum) for edge in edges)
        return next((member for member in members if member.account.remote_id == account_id), None)

    def _member(self, row: JsonObject, profile: JsonObject, team_id: str, account_id: str) -> RemoteMember | None:
        named = find_object(row, "user")
        if named is not None and read_id(named) != account_id:
            raise UnexpectedResponse("somebody else has taken the login of this account")
        if find_text(row, "state") != "active":
            return None
        if "/" in team_id:
            return convert_member(profile, base_url=self._base_url)
        role = find_text(row, "role")
        if role == "admin":
            return convert_member(profile, OWNER, base_url=self._base_url)
        if role != "member":  # whoever only pays the bills sees no code
            return None
        basis = self._base_access.basis(team_id)
        return convert_member(profile, basis.role_of(account_id), base_url=self._base_url)


def _owner_id(repository: JsonObject) -> str:
    return read_id(as_object(repository.get("owner"), "the owner"))
