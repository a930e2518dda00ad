"""Reading what was granted: by repository, by many of them, by team, all at once, or not at all."""

from datetime import UTC, datetime, timedelta

import pytest

from integrations.codehost import (
    RemoteMemberGrant,
    RemoteTeamGrant,
)
from integrations.errors import (
    Forbidden,
    Unauthorized,
    Unavailable,
)
from sync.read import may_have_changed, read_snapshot
from sync.scopes import Selection
from sync.shelf import Shelf
from tests.unit.sync.host import Host, open_host, read
from tests.unit.sync.remote import DEVELOPER, member, repository, team

EARLIER = datetime.now(UTC) - timedelta(hours=1)


def test_repositories_are_asked_about_in_as_large_groups_as_the_host_allows() -> None:
    repositories = [repository(str(number)) for number in range(100, 105)]
    host = Host(repositories=[repositories], repository_members={"101": [member("bob")]}, repositories_at_once=2)

    remote = read(host)

    assert sorted(map(len, host.asked)) == [1, 2, 2]
    assert remote.repository_members["101"].items == (member("bob"),)
    assert all(part.is_complete for part in remote.repository_members.values())


def test_a_group_that_can_not_be_read_is_divided_until_only_the_culprit_is_unknown() -> None:
    repositories = [repository(str(number)) for number in range(100, 108)]
    host = Host(repositories=[repositories], repository_members={"103": Forbidden("no")}, repositories_at_once=8)

    remote = read(host)

    assert set(remote.unknown_parts) == {"repository:103/members"}


def test_a_host_in_trouble_is_not_asked_about_each_repository_by_itself() -> None:
    repositories = [repository(str(number)) for number in range(100, 140)]
    host = Host(repositories=[repositories], repository_members={"100": Unavailable("502")}, repositories_at_once=20)

    remote = read(host)

    assert len(remote.unknown_parts) == 5
    assert len(host.asked) < 8


def test_one_listing_of_everything_is_all_or_nothing() -> None:
    host = Host(repositories=[[repository("100"), repository("101")]], repositories_at_once=0)
    host.repository_members = {"101": Unavailable("500")}

    remote = read(host)

    assert host.asked == [("100", "101")]
    assert set(remote.unknown_parts) == {"repository:100/members", "repository:101/members"}


def test_what_teams_were_granted_is_read_where_the_host_lists_it_by_team() -> None:
    backend = team("2", path="acme/backend")
    grant = RemoteTeamGrant("100", backend, DEVELOPER)
    host = Host(teams=[[team("1"), backend]], repositories=[[repository("100")]], team_grants={"2": [grant]})

    remote = read(host, by_team=True)

    assert remote.team_grants["2"].items == (grant,)
    assert "1" not in remote.team_grants
    host.team_grants["2"] = Unavailable("500")
    assert set(read(host, by_team=True).unknown_parts) == {"team:2/repositories"}


def test_teams_that_only_a_repository_names_are_read_too() -> None:
    guests = team("9", path="guests")
    host = Host(
        repositories=[[repository("100")]],
        repository_teams={"100": [RemoteTeamGrant("100", guests, DEVELOPER)]},
        members={"9": [member("zoe")]},
    )

    remote = read(host, by_repository=True)

    assert [item.remote_id for item in remote.teams] == ["1", "9"]
    assert remote.team_members["9"].items == (member("zoe"),)
    assert remote.repository_teams["100"].items == (RemoteTeamGrant("100", guests, DEVELOPER),)


def test_grants_on_the_shelf_are_not_read_again() -> None:
    shelf = Shelf()
    kept = RemoteTeamGrant("100", team("2", path="acme/backend"), DEVELOPER)
    shelf.keep_grants("team:2/repositories", (kept,), now=EARLIER)
    shelf.keep_grants("repository:100/members", (RemoteMemberGrant("100", member("bob")),), now=EARLIER)
    host = Host(
        teams=[[team("1"), team("2", path="acme/backend")]],
        repositories=[[repository("100")]],
        team_grants={"2": Unauthorized("must not be asked")},
        repository_members={"100": Unauthorized("must not be asked")},
    )

    remote = read_snapshot(
        open_host(host, by_team=True),
        root_id="1",
        needs_manifest=lambda _repository: False,
        progress=lambda *, done, total: None,
        shelf=shelf,
    )

    assert remote.team_grants["2"].items == (kept,)
    assert remote.repository_members["100"].items == (member("bob"),)
    assert remote.began_at == EARLIER


@pytest.mark.parametrize(("hours", "is_read"), [(1, False), (13, True)])
def test_without_a_time_of_the_last_push_a_file_is_read_again_after_half_a_day(hours: int, is_read: bool) -> None:
    checked = datetime.now(UTC) - timedelta(hours=hours)

    assert may_have_changed(repository("100"), since=checked) is is_read
    assert may_have_changed(repository("100"), since=None)


@pytest.mark.parametrize("is_quick", [False, True])
def test_a_credential_that_may_not_list_permissions_is_not_asked_for_each_of_them(is_quick: bool) -> None:
    host = Host(
        teams=[[team("1")]], members={"1": Forbidden("no")}, repositories=[[repository("100"), repository("101")]]
    )
    everything = Selection(frozenset({"1"}), frozenset({"100", "101"}))

    remote = read_snapshot(
        open_host(host, has_own_access=True),
        root_id="1",
        needs_manifest=lambda _repository: False,
        progress=lambda *, done, total: None,
        select=(lambda *_lists: everything) if is_quick else None,
    )

    assert remote.is_read_by_people
    assert not remote.may_remove
    assert not host.asked
    assert set(remote.unknown_parts) == {"team:1/members"}
    assert not read(host).is_read_by_people
    host.is_administrator = True
    assert not read_snapshot(
        open_host(host, has_own_access=True),
        root_id="1",
        needs_manifest=lambda _repository: False,
        progress=lambda *, done, total: None,
    ).may_remove
