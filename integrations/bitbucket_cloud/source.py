"""Files of Bitbucket Cloud's repositories through the API, and the credential for git."""

import re
from collections.abc import Mapping, Sequence

from integrations.bitbucket_cloud.convert import convert_repository
from integrations.bitbucket_cloud.errors import NO_SUCH_FILE
from integrations.codehost import GitCredential, RemoteRepository
from integrations.errors import NotFound, UnexpectedResponse
from integrations.fields import as_object, find_object, read_text
from integrations.http import REDIRECTS, HttpClient
from integrations.urls import join_url, url_path

ANY_WORKSPACE = "{}"  # a repository's uuid needs no workspace, and survives a transfer to another one
HEAD = "HEAD"
OTHER_TOKENS = "x-token-auth"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_BRANCH, _TAG = "refs/heads/", "refs/tags/"


def repository_path(repository_id: str, *below: str) -> str:
    """The path of a repository in the API, by its uuid alone."""
    return "/2.0" + url_path("repositories", ANY_WORKSPACE, repository_id, *below)


class BitbucketCloudSource:
    """The `Source` of Bitbucket Cloud. `branches` are main branches that a list of this run has told already."""

    files_at_once = 1

    def __init__(
        self, http: HttpClient, *, base_url: str, credential: GitCredential, branches: dict[str, str | None]
    ) -> None:
        self._http = http
        self._base_url = base_url
        self._credential = credential
        self._branches = branches

    def read_file(self, repository_id: str, path: str, *, ref: str) -> bytes | None:
        """The file's bytes at a branch, tag, commit or `HEAD`; None when Bitbucket says that it is not there.

        None as well for a file kept in LFS: what git has of it is not its content. A 404 that does not name the file
        is believed only if the repository itself can be read. Raises NotFound.
        """
        if ref == HEAD:
            return self._read_head_file(repository_id, path)
        try:
            return self._read_at(repository_id, self._commit(repository_id, ref), path)
        except NotFound as error:
            if NO_SUCH_FILE not in str(error):
                self.read_repository(repository_id)
            return None

    def read_head_files(self, repository_ids: Sequence[str], path: str) -> Mapping[str, bytes | None]:
        """The file in each repository's main branch."""
        return {key: self.read_file(key, path, ref=HEAD) for key in repository_ids}

    def read_repository(self, repository_id: str) -> RemoteRepository:
        """One repository by its uuid."""
        row = as_object(self._http.get_json(repository_path(repository_id)), "the repository")
        return convert_repository(row, base_url=self._base_url)

    def git_credential(self) -> GitCredential:
        """The credential as git wants it."""
        return self._credential

    def _read_head_file(self, repository_id: str, path: str) -> bytes | None:
        """From the main branch; once more if that has become another one since it was listed."""
        known = self._branches.get(repository_id)
        branch = known or self.read_repository(repository_id).default_branch
        if branch is None:
            return None
        try:
            return self._read_at(repository_id, self._commit(repository_id, _BRANCH + branch), path)
        except NotFound as error:
            if NO_SUCH_FILE in str(error):
                return None
            now = self.read_repository(repository_id).default_branch
            if known is None or now in {branch, None}:
                return None
        self._branches.pop(repository_id, None)
        return self._read_head_file(repository_id, path)

    def _commit(self, repository_id: str, ref: str) -> str:
        """What stands for a ref in a path: names with a slash, and those like commits, only by their hash."""
        name = ref.removeprefix(_BRANCH).removeprefix(_TAG)
        is_commit = name == ref and _COMMIT.fullmatch(name) is not None
        if is_commit or ("/" not in name and not re.fullmatch(r"[0-9a-f]{4,40}", name)):
            return name
        kind = "tags" if ref.startswith(_TAG) else "branches"
        row = as_object(self._http.get_json(repository_path(repository_id, "refs", kind, name)), "the ref")
        return read_text(find_object(row, "target") or {}, "hash")

    def _read_at(self, repository_id: str, commit: str, path: str) -> bytes | None:
        address = repository_path(repository_id, "src", commit, *path.split("/"))
        try:
            return self._http.read_bytes(address).body
        except UnexpectedResponse:
            if self._is_elsewhere(address):
                return None
            raise

    def _is_elsewhere(self, address: str) -> bool:
        """Whether the file is kept in LFS: Bitbucket then sends to another host, where our token has no business."""
        answer = self._http.look(address)
        if answer.status not in REDIRECTS:
            return False
        return join_url(self._http.base, answer.headers.get("location", "")).origin != self._http.base.origin
