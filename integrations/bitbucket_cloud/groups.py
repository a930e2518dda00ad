"""The user groups of a workspace: only the old API 1.0 tells them, only to administrators, and not for ever.

https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/ — deprecated since 2018. Groups show who belongs
together; what they give is in the effective permissions anyway, so a workspace without them loses nobody's access.
"""

from integrations.bitbucket_cloud.convert import read_group_members
from integrations.bitbucket_cloud.errors import Removed
from integrations.codehost import RemoteOrganization
from integrations.errors import Forbidden, NotFound
from integrations.fields import JsonObject, as_object, as_objects, find_text, read_text
from integrations.http import HttpClient
from integrations.urls import url_path


class Groups:
    """The groups of one workspace, listed together with their members in one request."""

    def __init__(self, http: HttpClient, workspace: RemoteOrganization) -> None:
        self._http = http
        self._workspace = workspace
        self._rows: dict[str, JsonObject] | None = None

    def list_rows(self) -> list[JsonObject]:
        """Every group; none when this API is gone, or closed to credentials that may see everything else.

        Raises Forbidden when the credential's owner does not administer the workspace (any more), and whatever else
        is no answer to the question.
        """
        try:
            rows = as_objects(self._http.get_json(self._path()), "the groups")
        except (Removed, NotFound):
            rows = []
        except Forbidden as error:
            if error.missing_scopes or not self._may_know():
                raise
            rows = []
        self._rows = {read_text(row, "slug"): row for row in rows}
        return rows

    def list_member_rows(self, slug: str) -> list[JsonObject]:
        """The members of one group. Raises NotFound when there is no such group (any more)."""
        if self._rows is None:
            self.list_rows()
        row = (self._rows or {}).get(slug)
        if row is None:
            raise NotFound(f"the workspace {self._workspace.path} has no group {slug}")
        members = read_group_members(row)
        if members is None:
            return as_objects(self._http.get_json(self._path(slug, "members")), "the members of the group")
        return members

    def _path(self, *below: str) -> str:
        """This API knows workspaces by their slug only."""
        return "/1.0" + url_path("groups", self._workspace.path, *below)

    def _may_know(self) -> bool:
        """Whether an owner asks, or a token with nobody behind it, which has no place in the workspace."""
        path = "/2.0" + url_path("user", "workspaces", self._workspace.remote_id, "permission")
        try:
            row = as_object(self._http.get_json(path), "the permission in the workspace")
        except Forbidden as error:
            return not error.missing_scopes
        return find_text(row, "permission") == "owner"
