"""Files through the API, and the credential for git."""

from collections.abc import Mapping, Sequence

from integrations.codehost import GitCredential, RemoteRepository
from integrations.errors import Forbidden, NotFound
from integrations.fields import JsonObject, as_object, find_object, find_text
from integrations.github.convert import convert_blob, convert_file, convert_repository
from integrations.github.graphql import FILES, FILES_AT_ONCE, GraphQl, check_node
from integrations.github.lookups import Lookups
from integrations.http import HttpClient
from integrations.urls import Params, url_path


class GitHubSource:
    """The `Source` of GitHub."""

    files_at_once = FILES_AT_ONCE

    def __init__(
        self, http: HttpClient, graphql: GraphQl, lookups: Lookups, *, base_url: str, credential: GitCredential
    ) -> None:
        self._http, self._graphql, self._lookups = http, graphql, lookups
        self._base_url, self._credential = base_url, credential

    def read_file(self, repository_id: str, path: str, *, ref: str) -> bytes | None:
        """The file's bytes at a branch, tag, commit or `HEAD`; None when GitHub says that it does not exist there.

        A 404 is believed only if the repository itself can be read. Raises NotFound; Forbidden for more than 1 MB.
        """
        address = url_path("repositories", repository_id, "contents", *path.split("/"))
        params: Params | None = None if ref == "HEAD" else {"ref": ref}
        try:
            document = self._http.get_json(address, params)
        except NotFound:
            self.read_repository(repository_id)
            return None
        if isinstance(document, dict) and find_text(document, "encoding") == "none":
            raise Forbidden(f"{path} is larger than 1 MB, and GitHub does not give so much")
        return convert_file(document)

    def read_head_files(self, repository_ids: Sequence[str], path: str) -> Mapping[str, bytes | None]:
        """The file at the head of each default branch, in one query; what it does not give exactly is read by REST."""
        node_ids = [self._lookups.node_id(key) for key in repository_ids]
        nodes = self._graphql.ask(FILES, node_ids, {"expression": f"HEAD:{path}"})
        return {
            key: self._content(check_node(node, key), key, path)
            for key, node in zip(repository_ids, nodes, strict=True)
        }

    def read_repository(self, repository_id: str) -> RemoteRepository:
        """One repository by its id, whatever it is called now."""
        row = as_object(self._http.get_json(url_path("repositories", repository_id)), "the repository")
        self._lookups.remember_node(row, repository_id)
        return convert_repository(row, base_url=self._base_url)

    def git_credential(self) -> GitCredential:
        """The token as git wants it."""
        return self._credential

    def _content(self, node: JsonObject, repository_id: str, path: str) -> bytes | None:
        found = find_object(node, "object")
        if not found:  # no such path, or {} for a directory
            return None
        content = convert_blob(found)
        return self.read_file(repository_id, path, ref="HEAD") if content is None else content
