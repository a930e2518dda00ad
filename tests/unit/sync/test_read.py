"""Reading a remote organization: complete, or it says which part is not known."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from integrations.codehost import (
    CodeHost,
    GitCredential,
    RemoteGrant,
    RemoteMember,
    RemoteMemberGrant,
    RemoteOrganization,
    RemoteRepository,
    RemoteTeam,
    RemoteTeamGrant,
    Viewer,
)
from integrations.errors import (
    CodeHostError,
    Forbidden,
    IncompleteListing,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from integrations.request_count import RequestCount
from models import ManifestState, PartStatus
from sync.read import Select, may_have_changed, read_snapshot
from sync.scopes import Selection
from sync.shelf import Shelf
from sync.snapshot import Manifest, Snapshot
from tests.unit.sync.remote import DEVELOPER, OWNER, ROOT, account, member, repository, team

EARLIER = datetime.now(UTC) - timedelta(hours=1)


@dataclass
class Host:
    """A code host in memory; whatever is an exception is raised where it would be read."""

    teams: list[list[RemoteTeam] | CodeHostError] = field(default_factory=lambda: [[team("1")]])
    members: dict[str, list[RemoteMember] | CodeHostError] = field(default_factory=dict)
    repositories: list[list[RemoteRepository] | CodeHostError] = field(default_factory=lambda: [[]])
    repository_members: dict[str, list[RemoteMember] | CodeHostError] = field(default_factory=dict)
    files: dict[str, bytes | CodeHostError] = field(default_factory=dict)
    repository_teams: dict[str, list[RemoteTeamGrant]] = field(default_factory=dict)
    team_grants: dict[str, list[RemoteTeamGrant] | CodeHostError] = field(default_factory=dict)
    viewer_login: str = "ann"
    is_administrator: bool = False
    repositories_at_once: int = 1
    files_at_once: int = 1
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def viewer(self) -> Viewer:
        return Viewer(account(self.viewer_login), is_administrator=self.is_administrator)

    def list_administered_organizations(self, *, nested: bool) -> Iterator[RemoteOrganization]:
        raise AssertionError(nested)

    def read_organization(self, organization_id: str) -> RemoteOrganization:
        assert organization_id == ROOT.remote_id
        return ROOT

    def list_teams(self, organization_id: str) -> Iterator[RemoteTeam]:
        yield from _answer(self.teams.pop(0) if len(self.teams) > 1 else self.teams[0])

    def list_team_members(self, team_id: str) -> Iterator[RemoteMember]:
        yield from _answer(self.members.get(team_id, [member("ann", OWNER)]))

    def list_repositories(self, organization_id: str) -> Iterator[RemoteRepository]:
        yield from _answer(self.repositories.pop(0) if len(self.repositories) > 1 else self.repositories[0])

    def list_repository_grants(self, organization_id: str, repository_ids: Sequence[str]) -> Iterator[RemoteGrant]:
        assert organization_id == ROOT.remote_id
        self.asked.append(tuple(repository_ids))
        for repository_id in repository_ids:
            for one in _answer(self.repository_members.get(repository_id, [])):
                yield RemoteMemberGrant(repository_id, one)
            yield from self.repository_teams.get(repository_id, [])

    def list_readable_repositories(self, organization_id: str) -> Iterator[str]:
        raise AssertionError(organization_id)

    def list_team_grants(self, organization_id: str, team_id: str) -> Iterator[RemoteTeamGrant]:
        assert organization_id == ROOT.remote_id
        yield from _answer(self.team_grants.get(team_id, []))

    def read_file(self, repository_id: str, path: str, *, ref: str) -> bytes | None:
        assert (path, ref) == ("composer.json", "HEAD")
        content = self.files.get(repository_id)
        if isinstance(content, CodeHostError):
            raise content
        return content

    def read_head_files(self, repository_ids: Sequence[str], path: str) -> Mapping[str, bytes | None]:
        return {key: self.read_file(key, path, ref="HEAD") for key in repository_ids}

    def read_repository(self, repository_id: str) -> RemoteRepository:
        raise AssertionError(repository_id)

    def git_credential(self) -> GitCredential:
        raise AssertionError


class NoParser:
    def verify(self, *_arguments: object, **_more: object) -> None:
        raise AssertionError

    def parse(self, *_arguments: object) -> None:
        raise AssertionError


Item = TypeVar("Item")


def _answer(answer: list[Item] | CodeHostError) -> list[Item]:
    if isinstance(answer, CodeHostError):
        raise answer
    return answer


def open_host(
    host: Host, *, by_team: bool = False, by_repository: bool = False, has_own_access: bool = False
) -> CodeHost:
    return CodeHost(
        host,
        host,
        host,
        None,
        NoParser(),  # type: ignore[arg-type]
        RequestCount(),
        team_grants=host if by_team else None,
        has_repository_teams=by_repository,
        own_access=host if has_own_access else None,
    )


def read(
    host: Host,
    *,
    needs_manifest: Callable[[RemoteRepository], bool] = lambda _repository: True,
    by_team: bool = False,
    by_repository: bool = False,
) -> Snapshot:
    code_host = open_host(host, by_team=by_team, by_repository=by_repository)
    return read_snapshot(code_host, root_id="1", needs_manifest=needs_manifest, progress=lambda *, done, total: None)


def test_everything_that_was_read_is_complete() -> None:
    host = Host(
        repositories=[[repository("100")]],
        repository_members={"100": [member("bob")]},
        files={"100": b'{"name": "Acme/Logging"}'},
    )

    remote = read(host)

    assert remote.team_members["1"].status is PartStatus.COMPLETE
    assert remote.repository_members["100"].items == (member("bob"),)
    assert (remote.manifests["100"].state, remote.manifests["100"].name) == (ManifestState.PRESENT, "acme/logging")
    assert remote.may_remove
    assert not remote.unknown_parts


@pytest.mark.parametrize("error", [Unavailable("500"), IncompleteListing("page 2"), NotFound("404"), Unauthorized("x")])
def test_a_list_of_teams_or_repositories_that_ends_early_raises(error: CodeHostError) -> None:
    with pytest.raises(type(error)):
        read(Host(teams=[error]))
    with pytest.raises(type(error)):
        read(Host(repositories=[error]))


def test_a_list_that_names_a_repository_twice_raises() -> None:
    with pytest.raises(IncompleteListing):
        read(Host(repositories=[[repository("100"), repository("100")]]))


@pytest.mark.parametrize("error", [Unavailable("500"), IncompleteListing("page 2"), Forbidden("no")])
def test_members_that_can_not_be_read_are_unknown(error: CodeHostError) -> None:
    remote = read(Host(members={"1": error}, repositories=[[repository("100")]], repository_members={"100": error}))

    assert set(remote.unknown_parts) == {"team:1/members", "repository:100/members"}


@pytest.mark.parametrize("error", [Unauthorized("revoked"), RateLimited("slow", retry_at=datetime.now(UTC))])
def test_a_refused_or_limited_credential_ends_the_reading(error: CodeHostError) -> None:
    with pytest.raises(type(error)):
        read(Host(members={"1": error}))
    with pytest.raises(type(error)):
        read(Host(repositories=[[repository("100")]], files={"100": error}))


def test_a_team_that_answers_404_and_is_listed_no_more_is_gone() -> None:
    both = [team("1"), team("2", path="acme/old", parent_id="1")]

    remote = read(Host(teams=[both, [team("1")]], members={"2": NotFound("404")}))

    assert remote.team_members["2"].status is PartStatus.GONE


def test_a_group_that_is_new_since_the_list_of_groups_is_read_too() -> None:
    new = team("2", path="acme/new", parent_id="1")

    remote = read(Host(teams=[[team("1")], [team("1"), new]], repositories=[[repository("100", team_id="2")]]))

    assert remote.teams == (team("1"), new)
    assert remote.team_members["2"].status is PartStatus.COMPLETE


def test_a_group_that_has_a_repository_but_is_in_no_list_is_unknown() -> None:
    remote = read(Host(teams=[[team("1")], [team("1")]], repositories=[[repository("100", team_id="2")]]))

    assert set(remote.unknown_parts) == {"team:2/members"}


def test_a_repository_that_answers_404_but_is_still_listed_is_unknown() -> None:
    remote = read(Host(repositories=[[repository("100")]], repository_members={"100": NotFound("404")}))

    assert remote.repository_members["100"].status is PartStatus.UNKNOWN


def test_a_credential_of_somebody_who_is_no_owner_any_more_may_not_remove() -> None:
    remote = read(Host(viewer_login="bob", members={"1": [member("ann", OWNER), member("bob", DEVELOPER)]}))

    assert not remote.may_remove
    assert "bob" in remote.doubt


def test_an_instance_administrator_sees_everything_without_being_a_member() -> None:
    assert read(Host(viewer_login="root", is_administrator=True)).may_remove


def test_a_file_that_can_not_be_read_now_says_nothing() -> None:
    remote = read(Host(repositories=[[repository("100")]], files={"100": Unavailable("timeout")}))

    assert not remote.manifests


def test_a_file_that_the_credential_may_not_read_is_explained() -> None:
    remote = read(Host(repositories=[[repository("100")]], files={"100": Forbidden("read_repository is missing")}))

    assert remote.manifests["100"].state is ManifestState.BROKEN
    assert "read_repository" in remote.manifests["100"].reason


def test_an_empty_repository_has_no_composer_json() -> None:
    remote = read(Host(repositories=[[repository("100", default_branch=None)]]))

    assert remote.manifests["100"].state is ManifestState.ABSENT


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"{", "not valid JSON"), (b'{"type": "library"}', 'no "name"'), (b'{"name": "logging"}', "vendor/package")],
)
def test_a_composer_json_that_makes_no_package_says_why(content: bytes, reason: str) -> None:
    remote = read(Host(repositories=[[repository("100")]], files={"100": content}))

    assert remote.manifests["100"].state is ManifestState.BROKEN
    assert reason in remote.manifests["100"].reason


def test_only_asked_for_files_are_read() -> None:
    remote = read(Host(repositories=[[repository("100")]]), needs_manifest=lambda _repository: False)

    assert not remote.manifests


def read_again(host: Host, *, select: Select | None = None, shelf: Shelf | None = None) -> Snapshot:
    code_host = open_host(host)
    return read_snapshot(
        code_host,
        root_id="1",
        needs_manifest=lambda _repository: True,
        progress=lambda *, done, total: None,
        select=select,
        shelf=shelf,
    )


def test_only_the_root_and_what_was_selected_is_read_and_the_rest_is_skipped() -> None:
    host = Host(
        teams=[[team("1"), team("2", parent_id="1"), team("3", parent_id="1")]],
        repositories=[[repository("100"), repository("101")]],
    )
    seen = []

    def select(*lists: object) -> Selection:
        seen.append(lists)
        return Selection(frozenset({"1", "3"}), frozenset({"101"}))

    remote = read_again(host, select=select)

    statuses = {**remote.team_members, **remote.repository_members}
    assert {key for key, part in statuses.items() if part.status is PartStatus.COMPLETE} == {"1", "3", "101"}
    assert {key for key, part in statuses.items() if part.status is PartStatus.SKIPPED} == {"2", "100"}
    assert seen == [(remote.teams, remote.repositories, remote.root_members)]
    assert not remote.unknown_parts


def test_what_is_on_the_shelf_is_not_read_again_and_makes_the_snapshot_as_old_as_itself() -> None:
    shelf = Shelf()
    shelf.keep_members("team:1/members", (member("ann", OWNER),), now=EARLIER)
    shelf.keep_manifest("repository:100/manifest", Manifest(ManifestState.PRESENT, "acme/kept"), now=EARLIER)
    host = Host(
        members={"1": Unauthorized("must not be asked")},
        repositories=[[repository("100"), repository("101")]],
        files={"100": Unauthorized("must not be asked")},
    )

    remote = read_again(host, shelf=shelf)

    assert remote.began_at == EARLIER
    assert remote.root_members.items == (member("ann", OWNER),)
    assert remote.manifests["100"].name == "acme/kept"
    assert set(shelf.members) == {"team:1/members"}
    assert set(shelf.grants) == {"repository:100/members", "repository:101/members"}


def test_a_file_on_the_shelf_is_read_again_after_something_was_pushed() -> None:
    shelf = Shelf()
    shelf.keep_manifest("repository:100/manifest", Manifest(ManifestState.PRESENT, "acme/kept"), now=EARLIER)
    pushed = replace(repository("100"), last_activity_at=EARLIER + timedelta(minutes=1))
    host = Host(repositories=[[pushed]], files={"100": b'{"name": "acme/fresh"}'})

    assert read_again(host, shelf=shelf).manifests["100"].name == "acme/fresh"


def test_what_was_read_before_a_rate_limit_is_on_the_shelf_and_what_is_unknown_is_not() -> None:
    shelf = Shelf()
    limit = RateLimited("slow", retry_at=datetime.now(UTC))
    host = Host(
        teams=[[team("1"), team("2", parent_id="1")]],
        members={"2": Unavailable("500")},
        repositories=[limit],
    )

    with pytest.raises(RateLimited):
        read_again(host, shelf=shelf)

    assert set(shelf.members) <= {"team:1/members"}


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
