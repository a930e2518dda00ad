"""Read one remote organization. Requests run side by side; a list that ends early raises."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from integrations.codehost import (
    CodeHost,
    RemoteMember,
    RemoteOrganization,
    RemoteRepository,
    RemoteTeam,
    Standing,
    Viewer,
)
from integrations.errors import CodeHostError, Forbidden, IncompleteListing, NotFound, RateLimited, Unauthorized
from models import PartStatus, utc_now
from sync.manifests import MANIFEST_PATH, convert_manifest, unreadable_manifest
from sync.readers import Progress, Readers, forget_nonsense
from sync.scopes import Selection
from sync.shelf import Shelf
from sync.snapshot import (
    SKIPPED,
    Manifest,
    Part,
    Snapshot,
    manifest_part,
    member_part_of_repository,
    member_part_of_team,
)

Remote = TypeVar("Remote", RemoteTeam, RemoteRepository)
Value = TypeVar("Value")
Members = Part[RemoteMember]
Select = Callable[[tuple[RemoteTeam, ...], tuple[RemoteRepository, ...], Members], Selection]

ACTIVITY_GRANULARITY = timedelta(hours=1)  # GitLab moves last_activity_at at most once an hour


def read_snapshot(
    host: CodeHost,
    *,
    root_id: str,
    needs_manifest: Callable[[RemoteRepository], bool],
    progress: Progress,
    select: Select | None = None,
    shelf: Shelf | None = None,
) -> Snapshot:
    """What is below `root_id`. `progress` is called from this thread only.

    `select` says whose members to read, once the lists and the root's members are known; without it, all are.
    `shelf` has parts that need not be read again, and gets all that are.

    Raises the CodeHostError family when the root, its teams or its repositories can not be listed to the end, and
    when the credential is refused or rate-limited anywhere. Members of single teams and repositories that can not be
    read become unknown parts.
    """
    try:
        with Readers(progress) as readers:
            return _Reading(host, root_id, readers, shelf or Shelf()).read(needs_manifest, select)
    except CodeHostError as error:
        forget_nonsense(host, error)
        raise


class _Reading:
    """One snapshot in the making. Members are asked for while lists are still being read."""

    def __init__(self, host: CodeHost, root_id: str, readers: Readers, shelf: Shelf) -> None:
        self._host, self._directory, self._root_id = host, host.directory, root_id
        self._readers, self._shelf = readers, shelf
        self._began_at = utc_now()
        self._teams: dict[str, Future[Members]] = {}
        self._repositories: dict[str, Future[Members]] = {}
        self._manifests: dict[str, Future[Manifest | None]] = {}

    def read(self, needs_manifest: Callable[[RemoteRepository], bool], select: Select | None) -> Snapshot:
        start, result = self._readers.start, self._readers.result
        root = start(partial(self._directory.read_organization, self._root_id))
        team_list = start(lambda: _distinct(self._directory.list_teams(self._root_id)))
        repository_list = start(lambda: _distinct(self._directory.list_repositories(self._root_id)))
        viewer = start(self._directory.viewer)
        result(root)
        teams = result(team_list)
        self._ask_teams(team.remote_id for team in teams if select is None or team.remote_id == self._root_id)
        repositories = result(repository_list)
        teams = self._with_places(teams, repositories, is_asking=select is None)
        if select is None:
            self._ask_repositories(repository.remote_id for repository in repositories)
        self._ask_manifests(filter(needs_manifest, repositories))
        if select is not None:
            self._ask_selected(select(teams, repositories, self._root_members()))
        self._readers.finish()
        return self._snapshot(result(root), teams, repositories, result(viewer))

    def _with_places(
        self, teams: tuple[RemoteTeam, ...], repositories: tuple[RemoteRepository, ...], *, is_asking: bool
    ) -> tuple[RemoteTeam, ...]:
        """The teams, listed once more if a repository is in one that is not among them: it may be new."""
        if not _unlisted_places(teams, repositories):
            return teams
        again = self._readers.result(self._readers.start(lambda: _distinct(self._directory.list_teams(self._root_id))))
        self._ask_teams(team.remote_id for team in again if is_asking)
        return again

    def _ask_selected(self, selection: Selection) -> None:
        self._ask_teams(selection.teams)
        self._ask_repositories(selection.repositories)

    def _ask_teams(self, team_ids: Iterable[str]) -> None:
        for team_id in team_ids:
            if team_id not in self._teams:
                key = member_part_of_team(team_id)
                self._teams[team_id] = self._start(key, self._directory.list_team_members, team_id)

    def _ask_repositories(self, repository_ids: Iterable[str]) -> None:
        for repository_id in repository_ids:
            key = member_part_of_repository(repository_id)
            listing = self._directory.list_repository_members
            self._repositories[repository_id] = self._start(key, listing, repository_id)

    def _ask_manifests(self, repositories: Iterable[RemoteRepository]) -> None:
        for repository in repositories:
            key = manifest_part(repository.remote_id)
            kept = self._shelf.find_manifest(key)
            if kept is not None and not may_have_changed(repository, since=kept.read_at):
                self._manifests[repository.remote_id] = _finished(kept.value)
            else:
                self._manifests[repository.remote_id] = self._readers.start(partial(self._manifest, key, repository))

    def _root_members(self) -> Members:
        future = self._teams.get(self._root_id)
        return Part(PartStatus.UNKNOWN) if future is None else self._readers.result(future)

    def _start(self, key: str, listing: Callable[[str], Iterable[RemoteMember]], remote_id: str) -> Future[Members]:
        kept = self._shelf.find_members(key)
        if kept is None:
            return self._readers.start(partial(self._members, key, listing, remote_id))
        self._began_at = min(self._began_at, kept.read_at)
        return _finished(Part(PartStatus.COMPLETE, kept.value))

    def _members(self, key: str, listing: Callable[[str], Iterable[RemoteMember]], remote_id: str) -> Members:
        part = _read_members(self._host, listing, remote_id)
        if part.is_complete:
            self._shelf.keep_members(key, part.items, now=utc_now())
        return part

    def _manifest(self, key: str, repository: RemoteRepository) -> Manifest | None:
        manifest = _read_manifest(self._host, repository)
        if manifest is not None:
            self._shelf.keep_manifest(key, manifest, now=utc_now())
        return manifest

    def _snapshot(
        self,
        root: RemoteOrganization,
        teams: tuple[RemoteTeam, ...],
        repositories: tuple[RemoteRepository, ...],
        viewer: Viewer,
    ) -> Snapshot:
        of_teams = _settle(self._teams, lambda: self._list_again(self._directory.list_teams))
        of_repositories = _settle(self._repositories, lambda: self._list_again(self._directory.list_repositories))
        manifests = {key: future.result() for key, future in self._manifests.items()}
        of_root = of_teams.get(root.remote_id)
        doubt = _doubt(viewer, of_root)
        return Snapshot(
            root=root,
            teams=teams,
            team_members=_unlisted_places(teams, repositories)
            | {team.remote_id: of_teams.get(team.remote_id, SKIPPED) for team in teams},
            repositories=repositories,
            repository_members={item.remote_id: of_repositories.get(item.remote_id, SKIPPED) for item in repositories},
            manifests={key: manifest for key, manifest in manifests.items() if manifest is not None},
            may_remove=not doubt and (viewer.is_administrator or (of_root is not None and of_root.is_complete)),
            doubt=doubt,
            began_at=self._began_at,
        )

    def _list_again(self, listing: Callable[[str], Iterable[Remote]]) -> tuple[Remote, ...]:
        return self._readers.result(self._readers.start(lambda: tuple(listing(self._root_id))))


def may_have_changed(repository: RemoteRepository, *, since: datetime | None) -> bool:
    """Whether something may have been pushed since its composer.json was looked at (None: never)."""
    activity = repository.last_activity_at
    return since is None or (activity is not None and activity + ACTIVITY_GRANULARITY >= since)


def _unlisted_places(teams: Iterable[RemoteTeam], repositories: Iterable[RemoteRepository]) -> dict[str, Members]:
    """Teams that repositories are in although the list of teams lacks them: so much is not known about them."""
    known = {team.remote_id for team in teams}
    return {
        item.team_id: Part(PartStatus.UNKNOWN, reason=f"{item.path} is in this group, but the list of groups lacks it")
        for item in repositories
        if item.team_id is not None and item.team_id not in known
    }


def _finished(value: Value) -> Future[Value]:
    future: Future[Value] = Future()
    future.set_result(value)
    return future


def _distinct(items: Iterable[Remote]) -> tuple[Remote, ...]:
    """Refuse a list that names something twice: its pages moved while they were read."""
    listed = tuple(items)
    if len({item.remote_id for item in listed}) != len(listed):
        raise IncompleteListing("the list changed while it was read: it names something twice")
    return listed


def _read_members(host: CodeHost, list_members: Callable[[str], Iterable[RemoteMember]], remote_id: str) -> Members:
    try:
        return Part(PartStatus.COMPLETE, tuple(list_members(remote_id)))
    except (Unauthorized, RateLimited):
        raise
    except NotFound as error:
        return Part(PartStatus.GONE, reason=str(error))  # as far as this answer goes: see `_settle`
    except CodeHostError as error:
        forget_nonsense(host, error)
        return Part(PartStatus.UNKNOWN, reason=str(error))


def _settle(
    futures: Mapping[str, Future[Members]], list_again: Callable[[], Iterable[RemoteTeam | RemoteRepository]]
) -> dict[str, Members]:
    """A thing that answers 404 is gone only when its parent does not list it any more; else the token can't see it."""
    parts = {key: future.result() for key, future in futures.items()}
    if all(part.status is not PartStatus.GONE for part in parts.values()):
        return parts
    listed = {item.remote_id for item in list_again()}

    def settled(key: str, part: Members) -> Members:
        if part.status is PartStatus.GONE and key in listed:
            return Part(PartStatus.UNKNOWN, reason=f"the host lists it, but answers: {part.reason}")
        return part

    return {key: settled(key, part) for key, part in parts.items()}


def _read_manifest(host: CodeHost, repository: RemoteRepository) -> Manifest | None:
    """None when nothing can be said in this run."""
    if repository.default_branch is None:
        return convert_manifest(None)
    try:
        return convert_manifest(host.source.read_file(repository.remote_id, MANIFEST_PATH, ref="HEAD"))
    except (Unauthorized, RateLimited):
        raise
    except Forbidden as error:
        return unreadable_manifest(str(error))
    except CodeHostError as error:
        forget_nonsense(host, error)
        return None


def _doubt(viewer: Viewer, root_members: Members | None) -> str:
    """Why this credential may see less than everything, "" when there is no reason to think so."""
    if viewer.is_administrator or root_members is None or not root_members.is_complete:
        return ""
    own = [member for member in root_members.items if member.account.remote_id == viewer.account.remote_id]
    if any(member.role.standing is Standing.OWNER for member in own):
        return ""
    return f"{viewer.account.login} is no owner there any more, so the host may hide a part from this credential"
