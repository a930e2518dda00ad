"""Read one remote organization completely. Requests run side by side; a list that ends early raises."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from integrations.codehost import CodeHost, Directory, RemoteMember, RemoteRepository, RemoteTeam, Standing
from integrations.errors import CodeHostError, Forbidden, IncompleteListing, NotFound, RateLimited, Unauthorized
from models import PartStatus
from sync.manifests import MANIFEST_PATH, convert_manifest, unreadable_manifest
from sync.snapshot import Manifest, Part, Snapshot

CONCURRENT_REQUESTS = 6

Remote = TypeVar("Remote", RemoteTeam, RemoteRepository)
Value = TypeVar("Value")


class Progress(Protocol):
    """Told after each finished part."""

    def __call__(self, *, done: int, total: int) -> None: ...


def read_snapshot(
    host: CodeHost, *, root_id: str, needs_manifest: Callable[[RemoteRepository], bool], progress: Progress
) -> Snapshot:
    """Everything below `root_id`. `progress` is called from this thread only.

    Raises the CodeHostError family when the root, its teams or its repositories can not be listed to the end, and
    when the credential is refused or rate-limited anywhere. Members of single teams and repositories that can not be
    read become unknown parts.
    """
    directory = host.directory
    root = directory.read_organization(root_id)
    teams = _distinct(directory.list_teams(root_id))
    repositories = _distinct(directory.list_repositories(root_id))
    unread = [repository for repository in repositories if needs_manifest(repository)]
    with _Readers(progress, total=len(teams) + len(repositories) + len(unread)) as readers:
        team_members = readers.read(lambda item: _members(directory.list_team_members, item.remote_id), teams)
        repository_members = readers.read(
            lambda item: _members(directory.list_repository_members, item.remote_id), repositories
        )
        manifests = readers.read(lambda item: _manifest(host, item), unread)
    team_members = _settle(team_members, lambda: directory.list_teams(root_id))
    repository_members = _settle(repository_members, lambda: directory.list_repositories(root_id))
    doubt = _doubt(directory, team_members.get(root.remote_id))
    return Snapshot(
        root=root,
        teams=teams,
        team_members=team_members,
        repositories=repositories,
        repository_members=repository_members,
        manifests={key: manifest for key, manifest in manifests.items() if manifest is not None},
        may_remove=not doubt,
        doubt=doubt,
    )


class _Readers:
    """A few threads that read parts. The first refusal ends them all."""

    def __init__(self, progress: Progress, *, total: int) -> None:
        self._pool = ThreadPoolExecutor(CONCURRENT_REQUESTS)
        self._progress, self._total, self._done = progress, total, 0

    def __enter__(self) -> "_Readers":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def read(self, read: Callable[[Remote], Value], items: Sequence[Remote]) -> dict[str, Value]:
        values = {}
        for item, value in zip(items, self._pool.map(read, items), strict=True):
            values[item.remote_id] = value
            self._done += 1
            self._progress(done=self._done, total=self._total)
        return values


def _distinct(items: Iterable[Remote]) -> tuple[Remote, ...]:
    """Refuse a list that names something twice: its pages moved while they were read."""
    listed = tuple(items)
    if len({item.remote_id for item in listed}) != len(listed):
        raise IncompleteListing("the list changed while it was read: it names something twice")
    return listed


def _members(list_members: Callable[[str], Iterable[RemoteMember]], remote_id: str) -> Part[RemoteMember]:
    try:
        return Part(PartStatus.COMPLETE, tuple(list_members(remote_id)))
    except (Unauthorized, RateLimited):
        raise
    except NotFound as error:
        return Part(PartStatus.GONE, reason=str(error))  # as far as this answer goes: see `_settle`
    except CodeHostError as error:
        return Part(PartStatus.UNKNOWN, reason=str(error))


def _settle(
    parts: Mapping[str, Part[RemoteMember]], list_again: Callable[[], Iterable[RemoteTeam | RemoteRepository]]
) -> dict[str, Part[RemoteMember]]:
    """A thing that answers 404 is gone only when its parent does not list it any more; else the token can't see it."""
    if all(part.status is not PartStatus.GONE for part in parts.values()):
        return dict(parts)
    listed = {item.remote_id for item in list_again()}

    def settled(key: str, part: Part[RemoteMember]) -> Part[RemoteMember]:
        if part.status is PartStatus.GONE and key in listed:
            return Part(PartStatus.UNKNOWN, reason=f"the host lists it, but answers: {part.reason}")
        return part

    return {key: settled(key, part) for key, part in parts.items()}


def _manifest(host: CodeHost, repository: RemoteRepository) -> Manifest | None:
    """None when nothing can be said in this run."""
    if repository.default_branch is None:
        return convert_manifest(None)
    try:
        return convert_manifest(host.source.read_file(repository.remote_id, MANIFEST_PATH, ref="HEAD"))
    except (Unauthorized, RateLimited):
        raise
    except Forbidden as error:
        return unreadable_manifest(str(error))
    except CodeHostError:
        return None


def _doubt(directory: Directory, root_members: Part[RemoteMember] | None) -> str:
    """Why this credential may see less than everything, "" when there is no reason to think so."""
    viewer = directory.viewer()
    if viewer.is_administrator or root_members is None or not root_members.is_complete:
        return ""
    own = [member for member in root_members.items if member.account.remote_id == viewer.account.remote_id]
    if any(member.role.standing is Standing.OWNER for member in own):
        return ""
    return f"{viewer.account.login} is no owner there any more, so the host may hide a part from this credential"
