"""Asking a host about one person."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from integrations.codehost import CodeHost, RemoteMember, RemoteTeam
from integrations.errors import CodeHostError, NotFound, RateLimited, Unavailable
from integrations.request_count import RequestCount
from models import PartStatus
from sync.person_reading import MANY_TEAMS, read_person
from sync.places import Whereabouts
from sync.snapshot import Snapshot
from tests.unit.sync.remote import DEVELOPER, OWNER, ROOT, account, member, repository, team

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
FEW = {"1": team("1"), "2": team("2", parent_id="1")}
MANY = {"1": team("1")} | {str(number): team(str(number), parent_id="1") for number in range(2, 3 + MANY_TEAMS)}


@dataclass
class Host:
    """Knows where one person is; an exception is raised where it would be read."""

    places: dict[str, RemoteMember | CodeHostError] = field(default_factory=dict)
    shown: dict[str, RemoteTeam] = field(default_factory=lambda: dict(MANY))
    listing: CodeHostError | None = None
    asked: Counter[str] = field(default_factory=Counter)

    def find_team_member(self, team_id: str, account_id: str, *, confirm: bool = True) -> RemoteMember | None:
        assert account_id == "id-eve"
        self.asked["confirmed" if confirm else "plain"] += 1
        found = self.places.get(team_id)
        if isinstance(found, CodeHostError):
            raise found
        if found is None and not (confirm and team_id in self.shown):
            raise NotFound("404")
        return found

    def find_repository_member(self, repository_id: str, account_id: str) -> RemoteMember | None:
        return self.find_team_member(repository_id, account_id)

    def list_teams(self, organization_id: str) -> Iterator[RemoteTeam]:
        self.asked["list"] += 1
        if self.listing is not None:
            raise self.listing
        yield from self.shown.values()


def read(host: Host, teams: dict[str, RemoteTeam], *, team_id: str = "1", **known: object) -> Snapshot:
    whereabouts = Whereabouts(ROOT, teams, **known)  # type: ignore[arg-type]
    code_host = CodeHost(host, None, None, None, None, RequestCount(), people=host)  # type: ignore[arg-type]
    return read_person(code_host, whereabouts, account_id="id-eve", team_id=team_id, now=NOW)


def statuses(snapshot: Snapshot) -> Counter[PartStatus]:
    return Counter(part.status for part in snapshot.team_members.values())


def test_in_few_teams_each_is_asked_whether_it_is_there_at_all() -> None:
    host = Host({"2": member("eve", DEVELOPER)})

    found = read(host, FEW)

    assert (found.person, found.began_at) == ("id-eve", NOW)
    assert found.team_members["1"].is_complete
    assert found.team_members["2"].items == (member("eve", DEVELOPER),)
    assert host.asked == {"confirmed": 2}


def test_in_many_teams_one_list_says_which_are_there() -> None:
    host = Host({"2": member("eve", DEVELOPER)})

    found = read(host, MANY)

    assert statuses(found) == {PartStatus.COMPLETE: len(MANY)}
    assert host.asked == {"plain": len(MANY), "list": 1}


@pytest.mark.parametrize("listing", [Unavailable("500"), None])
def test_a_team_that_the_list_does_not_show_is_not_known(listing: CodeHostError | None) -> None:
    host = Host({"2": member("eve", DEVELOPER)}, shown={"1": team("1")}, listing=listing)

    found = read(host, MANY)

    assert statuses(found)[PartStatus.UNKNOWN] == len(MANY) - (1 if listing else 2)


def test_trouble_in_one_place_leaves_that_one_unknown() -> None:
    found = read(Host({"1": member("eve", OWNER), "2": Unavailable("timeout")}), FEW)

    assert set(found.unknown_parts) == {"team:2/members"}


def test_an_answer_about_somebody_else_proves_nothing() -> None:
    found = read(Host({"1": RemoteMember(account("bob"), OWNER)}), FEW)

    assert "somebody else" in found.team_members["1"].reason
    assert found.team_members["1"].status is PartStatus.UNKNOWN


def test_a_rate_limit_ends_the_reading() -> None:
    with pytest.raises(RateLimited):
        read(Host({"1": RateLimited("slow", retry_at=NOW)}), FEW)


def test_repositories_that_are_not_asked_about_are_left_alone() -> None:
    own = (repository("100", team_id="2"), repository("101", team_id="2"))

    found = read(Host(shown=FEW | {"100": team("100")}), FEW, repositories=own, granted=frozenset({"100"}))

    assert {key: part.status for key, part in found.repository_members.items()} == {
        "100": PartStatus.COMPLETE,
        "101": PartStatus.SKIPPED,
    }


def test_where_the_role_changed_the_teams_below_are_asked_in_a_second_step() -> None:
    teams = MANY | {str(number): team(str(number), parent_id="1") for number in range(50, 80)}
    host = Host({"1": member("eve", OWNER)}, shown=teams)

    same = read(host, teams, team_id="", roles={"1": OWNER.key}, direct=frozenset({"1"}))
    changed = read(host, teams, team_id="", roles={"1": DEVELOPER.key}, direct=frozenset({"1"}))

    assert set(same.team_members) == {"1"}
    assert set(changed.team_members) == set(teams)
