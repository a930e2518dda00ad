"""Reading a remote organization: complete, or it says which part is not known."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrations.errors import (
    CodeHostError,
    Forbidden,
    IncompleteListing,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from models import ManifestState, PartStatus
from sync.read import Select, read_snapshot
from sync.scopes import Selection
from sync.shelf import Shelf
from sync.snapshot import Manifest, Snapshot
from tests.unit.sync.host import Host, open_host, read
from tests.unit.sync.remote import DEVELOPER, OWNER, member, repository, team

EARLIER = datetime.now(UTC) - timedelta(hours=1)


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
