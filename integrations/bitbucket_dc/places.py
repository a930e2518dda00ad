"""Where projects and repositories are. We know both by number; the API wants keys and slugs, which can be renamed.

There is no call for "the project with this number", so the lists of what the credential may see are read, once for each
open host: a page holds 1,000. Repositories that were listed with their project are known without that.
"""

from collections.abc import Iterable

from integrations.bitbucket_dc import API
from integrations.bitbucket_dc.remembered import Remembered
from integrations.errors import IncompleteListing, NotFound
from integrations.fields import JsonObject, as_object, read_id, read_text
from integrations.http import HttpClient
from integrations.paging import STARTS
from integrations.urls import url_path


class Places:
    """Paths of the API by the numbers of projects and repositories. Threads may share it."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http
        self._projects: Remembered[dict[str, str]] = Remembered()
        self._all_repositories: Remembered[dict[str, str]] = Remembered()
        self._listed: dict[str, str] = {}

    def project_key(self, project_id: str) -> str:
        """The key that the project has now. Raises NotFound when the host shows no project with this number."""
        keys = self._projects.find_or_read("", self._list_projects)
        if project_id not in keys:
            raise NotFound(f"Bitbucket shows no project with the number {project_id}")
        return keys[project_id]

    def project_path(self, project_id: str) -> str:
        """Where the API has the project. Raises NotFound."""
        return API + url_path("projects", self.project_key(project_id))

    def repository_path(self, repository_id: str) -> str:
        """Where the API has the repository. Raises NotFound."""
        known = self._listed.get(repository_id)
        if known is None:
            known = self._all_repositories.find_or_read("", self._list_repositories).get(repository_id)
        if known is None:
            raise NotFound(f"Bitbucket shows no repository with the number {repository_id}")
        return known

    def list_repositories_in(self, project_id: str) -> list[JsonObject]:
        """Every repository of the project, archived ones too; where they are is known from now on.

        Raises NotFound, Forbidden, and IncompleteListing when the key turns out to be another project's by now.
        """
        rows = list(self._http.paginate(f"{self.project_path(project_id)}/repos", style=STARTS))
        if any(_project_of(row) != project_id for row in rows):
            raise IncompleteListing("the project was renamed while it was read, and its key given to another")
        self._listed.update(_paths(rows))
        return rows

    def _list_projects(self) -> dict[str, str]:
        rows = self._http.paginate(f"{API}/projects", style=STARTS)
        return {read_id(row): read_text(row, "key") for row in rows}

    def _list_repositories(self) -> dict[str, str]:
        return _paths(self._http.paginate(f"{API}/repos", {"archived": "ALL"}, style=STARTS))


def _project_of(row: JsonObject) -> str:
    return read_id(as_object(row.get("project"), "the repository's project"))


def _paths(rows: Iterable[JsonObject]) -> dict[str, str]:
    return {read_id(row): _path(row) for row in rows}


def _path(row: JsonObject) -> str:
    project = as_object(row.get("project"), "the repository's project")
    return API + url_path("projects", read_text(project, "key"), "repos", read_text(row, "slug"))
