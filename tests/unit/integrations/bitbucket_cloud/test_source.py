"""Files and credentials of repositories on a stateful Bitbucket Cloud."""

import pytest

from integrations.bitbucket_cloud.driver import open_bitbucket_cloud
from integrations.codehost import GitCredential
from integrations.errors import NotFound, Refused, Unavailable, UnexpectedResponse
from integrations.http import Limits
from tests.fakes.bitbucket_cloud import FakeBitbucketCloud, Kind
from tests.unit.integrations.bitbucket_cloud.conftest import Acme, access_at, access_to, log_in, open_with_api_token
from tests.unit.integrations.scripted_server import answer, scripted_server

MANIFEST = b'{"name": "acme/logging"}'
REPOSITORY = answer('{"uuid": "{r}", "full_name": "a/b", "is_private": true, "mainbranch": {"name": "main"}}')


def asked_since(fake: FakeBitbucketCloud, count: int) -> list[str]:
    """The last two parts of what was asked."""
    return ["/".join(record.path.split("/")[-2:]) for record in fake.requests[count:]]


def test_a_file_is_read_at_the_head_in_one_request_once_the_repositories_are_listed(
    fake: FakeBitbucketCloud, acme: Acme
) -> None:
    list(acme.host.directory.list_repositories(acme.home.uuid))
    before = len(fake.requests)

    files = acme.host.source.read_head_files([acme.logging.uuid], "composer.json")

    assert files == {acme.logging.uuid: MANIFEST}
    assert asked_since(fake, before) == ["main/composer.json"]
    assert acme.host.source.files_at_once == 1


def test_a_file_is_read_without_any_list_as_well(acme: Acme) -> None:
    source = acme.host.source

    assert source.read_file(acme.logging.uuid, "composer.json", ref="HEAD") == MANIFEST
    assert source.read_file(acme.logging.uuid, "lib/a b.php", ref="HEAD") == b"<?php"


@pytest.mark.parametrize("ref", ["main", "refs/heads/main", "feature/a", "refs/heads/feature/a", "v1", "refs/tags/v1"])
def test_refs_are_resolved_whatever_their_names(fake: FakeBitbucketCloud, acme: Acme, ref: str) -> None:
    fake.commit(acme.logging, {"composer.json": "{}"}, branch="feature/a")
    fake.tag(acme.logging, "v1")

    found = acme.host.source.read_file(acme.logging.uuid, "composer.json", ref=ref)

    assert found == (b"{}" if "feature" in ref else MANIFEST)


def test_names_that_look_like_commits_are_asked_for_by_name(fake: FakeBitbucketCloud, acme: Acme) -> None:
    fake.commit(acme.logging, {"composer.json": "{}"}, branch="decade")
    fake.commit(acme.logging, {"composer.json": "{ }"}, branch="facade")
    fake.tag(acme.logging, "releases/1", target="refs/heads/facade")
    commit = fake.repository(acme.logging).refs["refs/heads/decade"]

    def read(ref: str) -> bytes | None:
        return acme.host.source.read_file(acme.logging.uuid, "composer.json", ref=ref)

    assert read("decade") == read(commit) == b"{}"
    assert read("refs/tags/releases/1") == b"{ }"


def test_a_main_branch_with_a_slash_is_resolved(fake: FakeBitbucketCloud, acme: Acme) -> None:
    odd = fake.add_repository(acme.home, "odd", default_branch="release/next")
    fake.commit(odd, {"composer.json": "{}"}, branch="release/next")

    assert acme.host.source.read_file(odd.uuid, "composer.json", ref="HEAD") == b"{}"


def test_a_main_branch_that_was_changed_since_the_list_is_followed(fake: FakeBitbucketCloud, acme: Acme) -> None:
    list(acme.host.directory.list_repositories(acme.home.uuid))
    fake.commit(acme.logging, {"composer.json": "{}"}, branch="trunk")
    git = fake.repository(acme.logging)
    git.default_branch = "trunk"
    fake.delete_branch(acme.logging, "main")

    assert acme.host.source.read_file(acme.logging.uuid, "composer.json", ref="HEAD") == b"{}"


def test_what_is_not_there_is_none(fake: FakeBitbucketCloud, acme: Acme) -> None:
    empty = fake.add_repository(acme.home, "empty")
    source = acme.host.source

    assert source.read_file(acme.logging.uuid, "package.json", ref="HEAD") is None
    assert source.read_file(acme.logging.uuid, "package.json", ref="main") is None
    assert source.read_file(acme.logging.uuid, "composer.json", ref="gone") is None
    assert source.read_file(acme.logging.uuid, "composer.json", ref="feature/gone") is None
    assert source.read_file(empty.uuid, "composer.json", ref="HEAD") is None


def test_a_branch_that_goes_while_it_is_read_leaves_nothing(fake: FakeBitbucketCloud, acme: Acme) -> None:
    list(acme.host.directory.list_repositories(acme.home.uuid))
    fake.delete_branch(acme.logging, "main")

    assert acme.host.source.read_file(acme.logging.uuid, "composer.json", ref="HEAD") is None


@pytest.mark.parametrize("ref", ["HEAD", "main"])
def test_a_repository_that_is_not_shown_is_not_found(fake: FakeBitbucketCloud, acme: Acme, ref: str) -> None:
    secret = fake.add_repository(acme.home, "secret")
    fake.commit(secret, {"composer.json": "{}"})

    with pytest.raises(NotFound):
        log_in(fake, acme.bob).source.read_file(secret.uuid, "composer.json", ref=ref)


def test_a_repository_is_found_by_its_uuid_wherever_it_goes(fake: FakeBitbucketCloud, acme: Acme) -> None:
    target = fake.add_workspace("target")
    fake.add_member(target, acme.owner, "owner")
    fake.transfer_repository(acme.logging, target)

    found = acme.host.source.read_repository(acme.logging.uuid)

    assert (found.path, found.team_id) == ("target/logging", target.uuid)


def test_a_large_file_is_not_followed_to_another_host(fake: FakeBitbucketCloud, acme: Acme) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n"
    fake.commit(acme.logging, {"composer.json": pointer})

    assert acme.host.source.read_file(acme.logging.uuid, "composer.json", ref="HEAD") is None


def test_an_answer_that_is_no_file_is_no_missing_file() -> None:
    with scripted_server(REPOSITORY, answer("x" * 2000)) as server:
        source = open_bitbucket_cloud(access_at(server.url, "t0ken", limits=Limits(body_bytes=1000))).source

        with pytest.raises(UnexpectedResponse):
            source.read_file("{r}", "composer.json", ref="HEAD")


def test_trouble_with_a_file_is_no_missing_file(fake: FakeBitbucketCloud, acme: Acme) -> None:
    fake.misbehave("composer.json", Kind.STATUS_503)

    with pytest.raises(Unavailable):
        acme.host.source.read_file(acme.logging.uuid, "composer.json", ref="HEAD")


def test_paths_do_not_climb(acme: Acme) -> None:
    with pytest.raises(Refused):
        acme.host.source.read_file(acme.logging.uuid, "../composer.json", ref="main")


def test_each_kind_of_credential_has_its_name_for_git(fake: FakeBitbucketCloud, acme: Acme) -> None:
    access = fake.access_token(acme.logging)
    token = fake.personal_token(acme.owner)

    assert open_bitbucket_cloud(access_to(fake, access)).source.git_credential() == GitCredential(
        "x-token-auth", access
    )
    assert open_with_api_token(fake, acme.owner, token).source.git_credential() == GitCredential(
        "x-bitbucket-api-token-auth", token
    )
