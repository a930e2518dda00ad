"""Files of repositories, and the credential for git."""

from collections.abc import Mapping, Sequence

from integrations.bitbucket_dc.convert import HEAD, convert_repository
from integrations.bitbucket_dc.errors import NoSuch
from integrations.bitbucket_dc.places import Places
from integrations.codehost import GitCredential, RemoteRepository
from integrations.errors import Forbidden, NotFound
from integrations.fields import as_object, read_id
from integrations.http import HttpClient
from integrations.platform_parts import HostAccess
from integrations.urls import Params, url_path

TOKEN_NAME = "x-token-auth"  # noqa: S105 -- the user name that goes with a token to git
_OF_THE_PLACE = frozenset({"Project", "Repository"})


class BitbucketDcSource:
    """The `Source` of Bitbucket Data Center."""

    files_at_once = 1

    def __init__(self, http: HttpClient, places: Places, access: HostAccess) -> None:
        self._http = http
        self._places = places
        self._access = access

    def read_file(self, repository_id: str, path: str, *, ref: str) -> bytes | None:
        """The file's bytes at a full ref, a commit or `HEAD`; None when Bitbucket says that it does not exist there.

        A 404 that does not name what is missing is believed only if the repository itself can be read.
        Raises NotFound.
        """
        address = self._places.repository_path(repository_id) + url_path("raw", *path.split("/"))
        params: Params = {} if ref == HEAD else {"at": ref}
        try:
            return self._http.read_bytes(address, params).body
        except NoSuch as error:
            if error.kind in _OF_THE_PLACE:
                raise
            return None
        except NotFound:
            self.read_repository(repository_id)
            return None

    def read_head_files(self, repository_ids: Sequence[str], path: str) -> Mapping[str, bytes | None]:
        """One file of each default branch. Raises as `read_file`."""
        return {key: self.read_file(key, path, ref=HEAD) for key in repository_ids}

    def read_repository(self, repository_id: str) -> RemoteRepository:
        """One repository by its number, without what everybody may do in its project. Raises NotFound."""
        row = as_object(self._http.get_json(self._places.repository_path(repository_id)), "the repository")
        if read_id(row) != repository_id:
            raise NotFound(f"the address of repository {repository_id} is another repository's by now")
        return convert_repository(row, base_url=self._access.base_url)

    def git_credential(self) -> GitCredential:
        """The credential as git wants it. Raises Forbidden for OAuth 1, which git can not use."""
        if not self._access.access_token or callable(self._access.authorization):
            raise Forbidden("git can not use OAuth 1: store an HTTP access token or a password for fetching code")
        return GitCredential(self._access.username or TOKEN_NAME, self._access.access_token)
