"""The questions that we ask through GraphQL: those that would take a request for each repository by REST.

https://docs.github.com/en/graphql/reference/objects#repository
"""

from collections.abc import Sequence

from integrations.errors import Forbidden, IncompleteListing, NotFound, UnexpectedResponse
from integrations.fields import Json, JsonObject, as_object, find_flag, find_object, find_text, read_id
from integrations.http import HttpClient
from integrations.paging import MOST_PAGES

REPOSITORIES_AT_ONCE = 30  # with up to 100 collaborators each
FILES_AT_ONCE = 100

COLLABORATORS = """
query($ids: [ID!]!, $affiliation: CollaboratorAffiliation!, $after: String) {
  nodes(ids: $ids) {
    ... on Repository {
      databaseId
      collaborators(first: 100, after: $after, affiliation: $affiliation) {
        totalCount
        pageInfo { hasNextPage endCursor }
        edges { permission node { databaseId login name avatarUrl } }
      }
    }
  }
}
"""
COLLABORATOR = """
query($ids: [ID!]!, $affiliation: CollaboratorAffiliation!, $login: String!) {
  nodes(ids: $ids) {
    ... on Repository {
      databaseId
      collaborators(first: 100, affiliation: $affiliation, login: $login) {
        edges { permission node { databaseId login name avatarUrl } }
      }
    }
  }
}
"""
EVERYBODY = """
query($ids: [ID!]!, $after: String) {
  nodes(ids: $ids) {
    ... on Organization {
      databaseId
      membersWithRole(first: 1) { totalCount }
      repositories(first: 100, after: $after, privacy: PRIVATE) {
        pageInfo { hasNextPage endCursor }
        nodes {
          visibility
          collaborators(first: 1, affiliation: ALL) { totalCount }
          outside: collaborators(first: 1, affiliation: OUTSIDE) { totalCount }
        }
      }
    }
  }
}
"""
FILES = """
query($ids: [ID!]!, $expression: String!) {
  nodes(ids: $ids) {
    ... on Repository {
      databaseId
      object(expression: $expression) {
        ... on Blob { byteSize isBinary isTruncated text }
      }
    }
  }
}
"""


class GraphQl:
    """Asks about things by their node ids. The client raises for every answer with errors."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def ask(self, query: str, node_ids: Sequence[str], variables: JsonObject) -> list[JsonObject]:
        """One object for each node, in their order. Raises NotFound when GitHub does not show one of them."""
        ids: list[Json] = list(node_ids)
        payload: JsonObject = {"query": query, "variables": {"ids": ids, **variables}}
        document = as_object(self._http.query_json("/graphql", payload), "the answer of GraphQL")
        data = find_object(document, "data")
        nodes = None if data is None else data.get("nodes")
        if not isinstance(nodes, list) or len(nodes) != len(node_ids):
            raise IncompleteListing("GraphQL did not answer about everything that it was asked about")
        if any(node is None for node in nodes):
            raise NotFound("GraphQL does not show one of the things that it was asked about")
        return [as_object(node, "the node") for node in nodes]


def check_node(node: JsonObject, remote_id: str) -> JsonObject:
    """The node, which must be what was asked about. Raises UnexpectedResponse."""
    if read_id(node, "databaseId") != remote_id:
        raise UnexpectedResponse("GraphQL answered about something else")
    return node


def read_collaborators(node: JsonObject) -> JsonObject:
    """The collaborators of a repository. Raises Forbidden where GitHub does not show them."""
    connection = find_object(node, "collaborators")
    if connection is None:
        raise Forbidden("GitHub shows the collaborators of a repository only to those who may push to it")
    return connection


class Cursors:
    """The way through the pages of one list."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def after(self, connection: JsonObject) -> str | None:
        """Where the next page begins; None after the last.

        Raises IncompleteListing when there is one but no way to it, and when the pages never end.
        """
        page = as_object(connection.get("pageInfo"), "pageInfo")
        if not find_flag(page, "hasNextPage"):
            return None
        cursor = find_text(page, "endCursor")
        if not cursor:
            raise IncompleteListing("GraphQL has another page, but does not say where it begins")
        if cursor in self._seen or len(self._seen) >= MOST_PAGES:
            raise IncompleteListing("the pages of GraphQL never end")
        self._seen.add(cursor)
        return cursor
