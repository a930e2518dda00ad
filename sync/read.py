"""Read one remote organization. Requests run side by side; a list that ends early raises."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from integrations.codehost import (
    CodeHost,
    RemoteGrant,
    RemoteMember,
    RemoteMemberGrant,
    RemoteOrganization,
    RemoteRepository,
    RemoteTeam,
    RemoteTeamGrant,
    Standing,
    Viewer,
)
from integrations.errors import CodeHostError, IncompleteListing
from models import PartStatus, utc_now
from sync.listing import (
    Members,
    read_manifests,
    read_members,
    read_repository_grants,
    read_team_grants,
    settle,
    unlisted_places,
)
from sync.readers import Progress, Readers, forget_nonsense
from sync.scopes import Selection
from sync.shelf import Shelf
from sync.snapshot import (
    SKIPPED,
    Item,
    Manifest,
    Part,
    Snapshot,
    grant_part_of_team,
    manifest_part,
    member_part_of_repository,
    member_part_of_team,
)

Remote = TypeVar("Remote", RemoteTeam, RemoteRepository)
Value = TypeVar("Value")
Grants = Part[RemoteGrant]
Select = Callable[[tuple[RemoteTeam, ...], tuple[RemoteRepository, ...], Members], Selection]

ACTIVITY_GRANULARITY = timedelta(hours=1)  # GitLab moves last_activity_at at most once an hour
UNTOLD = timedelta(hours=12)
UNREAD: Grants = Part(PartStatus.SKIPPED)


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
        self._team_grants: dict[str, Future[Part[RemoteTeamGrant]]] = {}
        self._repositories: list[Future[dict[str, Grants]]] = []
        self._manifests: list[Future[dict[str, Manifest | None]]] = []

    def read(self, needs_manifest: Callable[[RemoteRepository], bool], select: Select | None) -> Snapshot:
        start, result = self._readers.start, self._readers.result
        root = start(partial(self._directory.read_organization, self._root_id))
        team_list = start(lambda: _distinct(self._directory.list_teams(self._root_id)))
        repository_list = start(lambda: _distinct(self._directory.list_repositories(self._root_id)))
        viewer = start(self._directory.viewer)
        result(root)
        teams = result(team_list)
        self._ask_members(team.remote_id for team in teams if select is None or team.remote_id == self._root_id)
        if select is None:
            self._ask_team_grants(team.remote_id for team in teams)
        repositories = result(repository_list)
        teams = self._with_places(teams, repositories, is_asking=select is None)
        if select is None and not self._may_not_list():
            self._ask_repositories([repository.remote_id for repository in repositories])
        self._ask_manifests(list(filter(needs_manifest, repositories)))
        if select is not None:
            selection = select(teams, repositories, self._root_members())
            self._ask_members(selection.teams)
            self._ask_team_grants(selection.teams)
            self._ask_repositories([] if self._may_not_list() else sorted(selection.repositories))
        self._readers.finish()
        teams = self._with_named_teams(teams)
        return self._snapshot(result(root), teams, repositories, result(viewer))

    def _with_places(
        self, teams: tuple[RemoteTeam, ...], repositories: tuple[RemoteRepository, ...], *, is_asking: bool
    ) -> tuple[RemoteTeam, ...]:
        """The teams, listed once more if a repository is in one that is not among them: it may be new."""
        if not unlisted_places(teams, repositories):
            return teams
        again = self._readers.result(self._readers.start(lambda: _distinct(self._directory.list_teams(self._root_id))))
        if is_asking:
            self._ask_members(team.remote_id for team in again)
            self._ask_team_grants(team.remote_id for team in again)
        return again

    def _with_named_teams(self, teams: tuple[RemoteTeam, ...]) -> tuple[RemoteTeam, ...]:
        """The teams, and those that only grants on single repositories name; whose members are asked for now."""
        listed = {team.remote_id for team in teams}
        grants = (grant for part in self._repository_grants().values() for grant in part.items)
        named = {grant.team.remote_id: grant.team for grant in grants if isinstance(grant, RemoteTeamGrant)}
        others = tuple(named[key] for key in sorted(named) if key not in listed)
        self._ask_members(team.remote_id for team in others)
        self._readers.finish()
        return teams + others

    def _ask_members(self, team_ids: Iterable[str]) -> None:
        for team_id in team_ids:
            if team_id not in self._teams:
                self._teams[team_id] = self._start_members(team_id)

    def _ask_team_grants(self, team_ids: Iterable[str]) -> None:
        for team_id in team_ids if self._host.team_grants is not None else ():
            if team_id not in self._team_grants and team_id != self._root_id:
                self._team_grants[team_id] = self._start_team_grants(team_id)

    def _ask_repositories(self, repository_ids: Sequence[str]) -> None:
        kept = {key: self._shelf.find_grants(member_part_of_repository(key)) for key in repository_ids}
        self._began_at = min([self._began_at, *(part.read_at for part in kept.values() if part is not None)])
        self._repositories.append(
            _finished({key: Part(PartStatus.COMPLETE, part.value) for key, part in kept.items() if part is not None})
        )
        unread = [key for key in repository_ids if kept[key] is None]
        for chunk in _chunks(unread, self._host.grants.repositories_at_once):
            self._repositories.append(self._readers.start(partial(self._read_grants, chunk)))

    def _ask_manifests(self, repositories: Sequence[RemoteRepository]) -> None:
        kept = {item.remote_id: self._shelf.find_manifest(manifest_part(item.remote_id)) for item in repositories}
        changed = []
        for repository in repositories:
            part = kept[repository.remote_id]
            if part is not None and not may_have_changed(repository, since=part.read_at):
                self._manifests.append(_finished({repository.remote_id: part.value}))
            else:
                changed.append(repository)
        for chunk in _chunks(changed, self._host.source.files_at_once):
            self._manifests.append(self._readers.start(partial(self._read_manifests, chunk)))

    def _may_not_list(self) -> bool:
        """Whether the credential is refused everybody's permissions, so that there is no use asking for each.

        Known before anything else is asked, where that would cost a request for each repository.
        """
        if self._host.own_access is None or self._host.grants.repositories_at_once != 1:
            return False
        return self._root_members().is_forbidden

    def _root_members(self) -> Members:
        future = self._teams.get(self._root_id)
        return Part(PartStatus.UNKNOWN) if future is None else self._readers.result(future)

    def _start_members(self, team_id: str) -> Future[Members]:
        kept = self._shelf.find_members(member_part_of_team(team_id))
        if kept is None:
            return self._readers.start(partial(self._read_members, team_id))
        self._began_at = min(self._began_at, kept.read_at)
        return _finished(Part(PartStatus.COMPLETE, kept.value))

    def _start_team_grants(self, team_id: str) -> Future[Part[RemoteTeamGrant]]:
        kept = self._shelf.find_grants(grant_part_of_team(team_id))
        if kept is None:
            return self._readers.start(partial(self._read_team_grants, team_id))
        self._began_at = min(self._began_at, kept.read_at)
        return _finished(Part(PartStatus.COMPLETE, tuple(_team_grants(kept.value))))

    def _read_members(self, team_id: str) -> Members:
        part = read_members(self._host, team_id)
        if part.is_complete:
            self._shelf.keep_members(member_part_of_team(team_id), part.items, now=utc_now())
        return part

    def _read_team_grants(self, team_id: str) -> Part[RemoteTeamGrant]:
        part = read_team_grants(self._host, self._root_id, team_id)
        if part.is_complete:
            self._shelf.keep_grants(grant_part_of_team(team_id), part.items, now=utc_now())
        return part

    def _read_grants(self, repository_ids: Sequence[str]) -> dict[str, Grants]:
        parts = read_repository_grants(self._host, self._root_id, repository_ids)
        for key, part in parts.items():
            if part.is_complete:
                self._shelf.keep_grants(member_part_of_repository(key), part.items, now=utc_now())
        return parts

    def _read_manifests(self, repositories: Sequence[RemoteRepository]) -> dict[str, Manifest | None]:
        manifests = read_manifests(self._host, repositories)
        for key, manifest in manifests.items():
            if manifest is not None:
                self._shelf.keep_manifest(manifest_part(key), manifest, now=utc_now())
        return manifests

    def _repository_grants(self) -> dict[str, Grants]:
        return {key: part for future in self._repositories for key, part in future.result().items()}

    def _snapshot(
        self,
        root: RemoteOrganization,
        teams: tuple[RemoteTeam, ...],
        repositories: tuple[RemoteRepository, ...],
        viewer: Viewer,
    ) -> Snapshot:
        of_teams = settle(_results(self._teams), partial(self._list_again, self._directory.list_teams))
        team_grants = settle(_results(self._team_grants), partial(self._list_again, self._directory.list_teams))
        of_repositories = settle(
            self._repository_grants(), partial(self._list_again, self._directory.list_repositories)
        )
        grants = {item.remote_id: of_repositories.get(item.remote_id, UNREAD) for item in repositories}
        of_root = of_teams.get(root.remote_id)
        doubt, is_read_by_people = _doubt(viewer, of_root), self._may_not_list()
        is_whole = viewer.is_administrator or (of_root is not None and of_root.is_complete)
        return Snapshot(
            root=root,
            teams=teams,
            team_members=unlisted_places(teams, repositories)
            | {team.remote_id: of_teams.get(team.remote_id, SKIPPED) for team in teams},
            repositories=repositories,
            repository_members={key: _part_of(part, _member_grants(part.items)) for key, part in grants.items()},
            team_grants=self._of_each_team(teams, team_grants),
            repository_teams={
                key: _part_of(part, _team_grants(part.items))
                for key, part in grants.items()
                if self._host.has_repository_teams
            },
            manifests={
                key: manifest
                for future in self._manifests
                for key, manifest in future.result().items()
                if manifest is not None
            },
            teams_include_subteams=self._host.teams_include_subteams,
            is_read_by_people=is_read_by_people,
            may_remove=is_whole and not doubt and not is_read_by_people,
            doubt=doubt,
            began_at=self._began_at,
        )

    def _of_each_team(
        self, teams: Iterable[RemoteTeam], parts: Mapping[str, Part[RemoteTeamGrant]]
    ) -> dict[str, Part[RemoteTeamGrant]]:
        if self._host.team_grants is None:
            return {}
        skipped: Part[RemoteTeamGrant] = Part(PartStatus.SKIPPED)
        return {team.remote_id: parts.get(team.remote_id, skipped) for team in teams if team.remote_id != self._root_id}

    def _list_again(self, listing: Callable[[str], Iterable[Remote]]) -> tuple[str, ...]:
        again = self._readers.start(lambda: tuple(item.remote_id for item in listing(self._root_id)))
        return self._readers.result(again)


def may_have_changed(repository: RemoteRepository, *, since: datetime | None) -> bool:
    """Whether something may have been pushed since its composer.json was looked at (None: never).

    Where the host tells no time of the last push, it is looked at again after half a day.
    """
    if since is None:
        return True
    activity = repository.last_activity_at
    return since < utc_now() - UNTOLD if activity is None else activity + ACTIVITY_GRANULARITY >= since


def _finished(value: Value) -> Future[Value]:
    future: Future[Value] = Future()
    future.set_result(value)
    return future


def _results(futures: Mapping[str, Future[Value]]) -> dict[str, Value]:
    return {key: future.result() for key, future in futures.items()}


def _chunks(items: Sequence[Value], size: int) -> Iterator[Sequence[Value]]:
    """So many at a time; 0: all together."""
    step = size or len(items) or 1
    return (items[begin : begin + step] for begin in range(0, len(items), step))


def _part_of(part: Grants, items: Iterable[Item]) -> Part[Item]:
    return Part(part.status, tuple(items), part.reason)


def _member_grants(grants: Iterable[RemoteGrant]) -> Iterator[RemoteMember]:
    return (grant.member for grant in grants if isinstance(grant, RemoteMemberGrant))


def _team_grants(grants: Iterable[RemoteGrant]) -> Iterator[RemoteTeamGrant]:
    return (grant for grant in grants if isinstance(grant, RemoteTeamGrant))


def _distinct(items: Iterable[Remote]) -> tuple[Remote, ...]:
    """Refuse a list that names something twice: its pages moved while they were read."""
    listed = tuple(items)
    if len({item.remote_id for item in listed}) != len(listed):
        raise IncompleteListing("the list changed while it was read: it names something twice")
    return listed


def _doubt(viewer: Viewer, root_members: Members | None) -> str:
    """Why this credential may see less than everything, "" when there is no reason to think so."""
    if viewer.is_administrator or root_members is None or not root_members.is_complete:
        return ""
    own = [member for member in root_members.items if member.account.remote_id == viewer.account.remote_id]
    if any(member.role.standing is Standing.OWNER for member in own):
        return ""
    return f"{viewer.account.login} is no owner there any more, so the host may hide a part from this credential"
