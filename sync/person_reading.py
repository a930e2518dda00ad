"""Ask a host about one person, in many places side by side."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from datetime import datetime
from functools import partial

from integrations.codehost import CodeHost, RemoteMember
from integrations.errors import CodeHostError, NotFound, RateLimited, Unauthorized
from models import PartStatus
from sync.places import Whereabouts, choose_places, person_snapshot, places_below_changes
from sync.readers import Readers, forget_nonsense
from sync.snapshot import Part, Snapshot

Member = Part[RemoteMember]
Find = Callable[[], RemoteMember | None]

MANY_TEAMS = 8  # from here on one list of all teams costs less than a look at each that does not know the person


def read_person(host: CodeHost, known: Whereabouts, *, account_id: str, team_id: str = "", now: datetime) -> Snapshot:
    """Where the person is a member, around `team_id` or wherever they are known. `now`: when the reading begins.

    Raises Unauthorized and RateLimited. Places that can not be read, or are not shown, become unknown parts.
    """
    with Readers(_no_progress) as readers:
        asker = _Asker(host, readers, account_id, known.root.remote_id)
        places = choose_places(known, team_id=team_id)
        repositories = asker.ask_repositories(places.repositories)
        teams = asker.teams(places.teams)
        teams |= asker.teams(places_below_changes(known, teams, today=now.date()))
        return person_snapshot(
            known,
            account_id=account_id,
            teams=teams,
            repositories={key: readers.result(future) for key, future in repositories.items()},
            began_at=now,
            teams_include_subteams=host.teams_include_subteams,
        )


class _Asker:
    def __init__(self, host: CodeHost, readers: Readers, account_id: str, root_id: str) -> None:
        assert host.people is not None
        self._host, self._people, self._directory, self._readers = host, host.people, host.directory, readers
        self._account_id, self._root_id = account_id, root_id

    def ask_repositories(self, repository_ids: Iterable[str]) -> Mapping[str, Future[Member]]:
        def find(repository_id: str) -> RemoteMember | None:
            return self._people.find_repository_member(repository_id, self._account_id)

        return {key: self._readers.start(partial(self._ask, partial(find, key))) for key in sorted(repository_ids)}

    def teams(self, team_ids: Iterable[str]) -> dict[str, Member]:
        """Ask in all of them, and wait for the answers."""
        wanted = sorted(team_ids)
        are_many = len(wanted) > MANY_TEAMS

        def find(team_id: str) -> RemoteMember | None:
            return self._people.find_team_member(team_id, self._account_id, confirm=not are_many)

        shown = self._readers.start(self._list_teams) if are_many else None
        futures = {key: self._readers.start(partial(self._ask, partial(find, key))) for key in wanted}
        listed = self._readers.result(shown) if shown else frozenset()
        return {key: _settle(self._readers.result(future), key in listed) for key, future in futures.items()}

    def _list_teams(self) -> frozenset[str]:
        try:
            return frozenset(team.remote_id for team in self._directory.list_teams(self._root_id))
        except (Unauthorized, RateLimited):
            raise
        except CodeHostError:
            return frozenset()

    def _ask(self, find: Find) -> Member:
        try:
            member = find()
        except (Unauthorized, RateLimited):
            raise
        except NotFound as error:
            return Part(PartStatus.GONE, reason=str(error))  # as far as this answer goes: see `_settle`
        except CodeHostError as error:
            forget_nonsense(self._host, error)
            return Part(PartStatus.UNKNOWN, reason=str(error))
        if member is not None and member.account.remote_id != self._account_id:
            self._host.forget_answers()
            return Part(PartStatus.UNKNOWN, reason="the host answered about somebody else")
        return Part(PartStatus.COMPLETE, () if member is None else (member,))


def _settle(part: Member, is_shown: bool) -> Member:
    """ "Not found" means that the person is not there only if the place itself is shown."""
    if part.status is not PartStatus.GONE:
        return part
    return Part(PartStatus.COMPLETE) if is_shown else Part(PartStatus.UNKNOWN, reason=part.reason)


def _no_progress(*, done: int, total: int) -> None:
    """It is over before anybody could look."""
