"""Who may do what in single repositories: collaborators by GraphQL, teams and one's own access by REST."""

from collections.abc import Iterator, Sequence

from integrations.codehost import RemoteMemberGrant, RemoteTeamGrant
from integrations.errors import Forbidden, IncompleteListing
from integrations.fields import JsonObject, as_objects, find_object, read_id, read_number
from integrations.github.base_access import BaseAccess
from integrations.github.convert import convert_collaborator, convert_team_role, permissions_of
from integrations.github.directory import OLDEST_FIRST, Scopes
from integrations.github.graphql import (
    COLLABORATORS,
    REPOSITORIES_AT_ONCE,
    Cursors,
    GraphQl,
    check_node,
    read_collaborators,
)
from integrations.github.lookups import Lookups, team_path
from integrations.github.pages import list_rows
from integrations.github.scopes import expand_scopes
from integrations.http import HttpClient
from integrations.urls import url_path


class GitHubGrants:
    """The `Grants` of GitHub: direct and outside collaborators, of many repositories in one query.

    Where the base permission is hidden and not everybody reads everything, all collaborators are asked for.
    """

    repositories_at_once = REPOSITORIES_AT_ONCE

    def __init__(self, graphql: GraphQl, lookups: Lookups, base_access: BaseAccess, *, base_url: str) -> None:
        self._graphql, self._lookups, self._base_access = graphql, lookups, base_access
        self._base_url = base_url

    def list_repository_grants(
        self, organization_id: str, repository_ids: Sequence[str]
    ) -> Iterator[RemoteMemberGrant]:
        """Everybody who was let into the repositories as a collaborator.

        Raises IncompleteListing when GitHub left something out, NotFound for a repository that it does not show, and
        Forbidden when it hides the collaborators. Unavailable may also mean that the query took too long.
        """
        basis = self._base_access.basis(organization_id)
        affiliation = basis.affiliation
        for repository_id, connection in self._ask(repository_ids, affiliation):
            edges = list(self._list_edges(repository_id, connection, affiliation))
            for edge in edges:
                member = convert_collaborator(edge, base_url=self._base_url, is_sum=basis.is_sum)
                yield RemoteMemberGrant(repository_id, member)

    def _list_edges(self, repository_id: str, connection: JsonObject, affiliation: str) -> Iterator[JsonObject]:
        """The rows of all pages; as many as GitHub counts, each person once."""
        total, people, cursors = read_number(connection, "totalCount"), set[str](), Cursors()
        while True:
            for edge in as_objects(connection.get("edges"), "the collaborators"):
                people.add(read_id(find_object(edge, "node") or {}, "databaseId"))
                yield edge
            after = cursors.after(connection)
            if after is None:
                break
            ((_, connection),) = self._ask([repository_id], affiliation, after=after)
        if len(people) != total:
            raise IncompleteListing(f"{len(people)} collaborators came, but GitHub counts {total}")

    def _ask(
        self, repository_ids: Sequence[str], affiliation: str, *, after: str | None = None
    ) -> list[tuple[str, JsonObject]]:
        node_ids = [self._lookups.node_id(key) for key in repository_ids]
        variables: JsonObject = {"affiliation": affiliation, "after": after}
        nodes = self._graphql.ask(COLLABORATORS, node_ids, variables)
        return [
            (key, read_collaborators(check_node(node, key))) for key, node in zip(repository_ids, nodes, strict=True)
        ]


class GitHubTeamGrants:
    """The `TeamGrants` of GitHub: the repositories of a team, with the role that everybody in it has there."""

    def __init__(self, http: HttpClient, lookups: Lookups) -> None:
        self._http, self._lookups = http, lookups

    def list_team_grants(self, organization_id: str, team_id: str) -> Iterator[RemoteTeamGrant]:
        """What the team was granted. Members of teams below it are among its own."""
        team = self._lookups.team(team_id)
        for row in list_rows(self._http, f"{team_path(team_id)}/repos"):
            yield RemoteTeamGrant(read_id(row), team, convert_team_role(row))


class GitHubOwnAccess:
    """The `OwnAccess` of GitHub: what the organization's list shows the token's owner as readable."""

    def __init__(self, http: HttpClient, *, scopes: Scopes) -> None:
        self._http, self._scopes = http, scopes

    def list_readable_repositories(self, organization_id: str) -> Iterator[str]:
        """Repositories that the owner of the token may pull. Raises Forbidden where the token can not see them all."""
        rows = list(list_rows(self._http, url_path("organizations", organization_id, "repos"), OLDEST_FIRST))
        scopes = self._scopes()
        if scopes is not None and "repo" not in expand_scopes(scopes):
            raise Forbidden("the token does not show private and internal repositories", missing_scopes=("repo",))
        yield from (read_id(row) for row in rows if permissions_of(row).get("pull"))
