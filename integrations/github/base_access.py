"""What members of an organization may read without any grant: by its base permission, or by a role in all of it.

https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from integrations.codehost import RemoteRole
from integrations.errors import Forbidden, NotFound
from integrations.fields import (
    JsonObject,
    as_object,
    as_objects,
    find_object,
    find_text,
    read_id,
    read_number,
    read_text,
)
from integrations.github.access import member_role, organization_role
from integrations.github.convert import base_permission, team_id
from integrations.github.graphql import EVERYBODY, Cursors, GraphQl, check_node
from integrations.github.lookups import Lookups, team_path
from integrations.github.pages import list_rows
from integrations.http import HttpClient
from integrations.urls import url_path

Affiliation = Literal["DIRECT", "ALL"]


@dataclass(frozen=True, slots=True)
class Basis:
    """The role of plain members, of those with a role in the whole organization, and whom to ask repositories about.

    `affiliation` is ALL where the roles do not tell who reads: then each repository has to name everybody.
    """

    member: RemoteRole
    roles: Mapping[str, RemoteRole] = field(default_factory=dict)  # by account
    affiliation: Affiliation = "DIRECT"

    @property
    def is_sum(self) -> bool:
        """Whether repositories name everybody, with what they have by all ways together."""
        return self.affiliation == "ALL"

    def role_of(self, account_id: str) -> RemoteRole:
        """The role of a member who is no owner."""
        return self.roles.get(account_id, self.member)


class BaseAccess:
    """Finds the basis of an organization once."""

    def __init__(self, http: HttpClient, graphql: GraphQl, lookups: Lookups) -> None:
        self._http, self._graphql, self._lookups = http, graphql, lookups
        self._found: dict[str, Basis] = {}
        self._lock = Lock()

    def basis(self, organization_id: str) -> Basis:
        """What members of the organization may read. Raises the CodeHostError family."""
        with self._lock:
            if organization_id not in self._found:
                self._found[organization_id] = self._find(organization_id)
            return self._found[organization_id]

    def _find(self, organization_id: str) -> Basis:
        row = self._lookups.organization_row(organization_id)
        permission = base_permission(row)
        if permission is None:
            return self._find_hidden(row, organization_id)
        if permission != "none":
            return Basis(member_role(permission))
        try:
            return Basis(member_role(permission), dict(self._list_roles(organization_id)))
        except NotFound:  # before Enterprise Server 3.17 there are no such roles
            return Basis(member_role(permission))
        except Forbidden:
            return Basis(member_role(permission), affiliation="ALL")

    def _find_hidden(self, row: JsonObject, organization_id: str) -> Basis:
        """GitHub tells the base permission to owners with `admin:org` only. What it does can be counted."""
        if self._everybody_reads(read_text(row, "node_id"), organization_id):
            return Basis(member_role("read"))
        return Basis(member_role(None), affiliation="ALL")

    def _everybody_reads(self, node_id: str, organization_id: str) -> bool:
        """Whether every private repository has as many collaborators as there are members and people from outside."""
        after: str | None = None
        is_any, cursors = False, Cursors()
        while True:
            (node,) = self._graphql.ask(EVERYBODY, [node_id], {"after": after})
            people = _count(check_node(node, organization_id), "membersWithRole")
            page = as_object(node.get("repositories"), "the repositories")
            for repository in as_objects(page.get("nodes"), "the repositories"):
                if find_text(repository, "visibility") != "PRIVATE":
                    continue
                is_any = True
                if not _has_everybody(repository, people):
                    return False
            after = cursors.after(page)
            if after is None:
                return is_any

    def _list_roles(self, organization_id: str) -> Iterator[tuple[str, RemoteRole]]:
        """Accounts with a role that reads everything, their own or that of a team, the best role last."""
        path = url_path("organizations", organization_id, "organization-roles")
        document = as_object(self._http.get_json(path), "the organization's roles")
        for row in sorted(as_objects(document.get("roles"), "the organization's roles"), key=_strength):
            role = organization_role(read_id(row), read_text(row, "name"), find_text(row, "base_role"))
            if role.reads_code:
                yield from (
                    (account_id, role) for account_id in self._list_holders(path, read_id(row), organization_id)
                )

    def _list_holders(self, path: str, role_id: str, organization_id: str) -> Iterator[str]:
        for row in list_rows(self._http, path + url_path(role_id, "users")):
            yield read_id(row)
        for team in list_rows(self._http, path + url_path(role_id, "teams")):
            members = team_path(team_id(organization_id, read_id(team)))
            yield from (read_id(row) for row in list_rows(self._http, f"{members}/members"))


def _strength(row: JsonObject) -> tuple[int, str]:
    return organization_role(read_id(row), "", find_text(row, "base_role")).level, read_id(row)


def _has_everybody(repository: JsonObject, people: int) -> bool:
    if find_object(repository, "collaborators") is None or find_object(repository, "outside") is None:
        return False
    return _count(repository, "collaborators") == people + _count(repository, "outside")


def _count(parent: JsonObject, name: str) -> int:
    return read_number(as_object(parent.get(name), name), "totalCount")
