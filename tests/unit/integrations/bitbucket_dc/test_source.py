"""Files of repositories, repositories by their numbers, and what git gets."""

import pytest

from integrations.errors import Forbidden, NotFound, Unavailable
from integrations.oauth1 import Consumer, Signer
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter, Kind
from tests.unit.integrations.bitbucket_dc.conftest import Company, open_fake

MANIFEST = b'{"name": "acme/logging"}'


@pytest.fixture
def filled(fake: FakeBitbucketDataCenter, company: Company) -> Company:
    fake.commit(company.repository, {"composer.json": MANIFEST.decode(), "lib/a b#.php": "<?php"})
    fake.tag(company.repository, "v1.0/final")
    fake.commit(company.repository, {"composer.json": "{}"})
    return company


def test_files_are_read_at_any_ref(filled: Company) -> None:
    source = filled.host.source

    assert source.read_file(filled.repository_id, "composer.json", ref="HEAD") == b"{}"
    assert source.read_file(filled.repository_id, "composer.json", ref="refs/tags/v1.0/final") == MANIFEST
    assert source.read_file(filled.repository_id, "lib/a b#.php", ref="refs/heads/main") == b"<?php"


def test_head_files_are_read_of_each_repository(fake: FakeBitbucketDataCenter, filled: Company) -> None:
    other = fake.add_repository(filled.project, "other")
    fake.commit(other, {"README.md": "Nothing"})

    files = filled.host.source.read_head_files([filled.repository_id, str(other.id)], "composer.json")

    assert files == {filled.repository_id: b"{}", str(other.id): None}
    assert filled.host.source.files_at_once == 1


def test_missing_files_refs_and_code_are_none(fake: FakeBitbucketDataCenter, filled: Company) -> None:
    source, empty = filled.host.source, fake.add_repository(filled.project, "empty")

    assert source.read_file(filled.repository_id, "nothing.json", ref="HEAD") is None
    assert source.read_file(filled.repository_id, "composer.json", ref="refs/heads/none") is None
    assert source.read_file(str(empty.id), "composer.json", ref="HEAD") is None


def test_a_404_without_a_reason_is_believed_only_of_a_repository_that_is_shown(
    fake: FakeBitbucketDataCenter, filled: Company
) -> None:
    fake.misbehave("/raw/", Kind.STATUS_404)
    assert filled.host.source.read_file(filled.repository_id, "composer.json", ref="HEAD") is None

    fake.misbehave("/repos/logging$", Kind.STATUS_404)
    with pytest.raises(NotFound):
        filled.host.source.read_file(filled.repository_id, "composer.json", ref="HEAD")


def test_a_file_of_a_repository_that_is_gone_is_not_found(fake: FakeBitbucketDataCenter, filled: Company) -> None:
    list(filled.host.directory.list_repositories(filled.project_id))
    fake.delete_repository(filled.repository)

    with pytest.raises(NotFound):
        filled.host.source.read_file(filled.repository_id, "composer.json", ref="HEAD")


def test_trouble_is_no_missing_file(fake: FakeBitbucketDataCenter, filled: Company) -> None:
    fake.misbehave("/raw/", Kind.STATUS_500)

    with pytest.raises(Unavailable):
        filled.host.source.read_file(filled.repository_id, "composer.json", ref="HEAD")


def test_a_repository_that_moved_is_found_by_its_number(fake: FakeBitbucketDataCenter, filled: Company) -> None:
    fake.rename_repository(filled.repository, "Log Book")

    assert filled.host.source.read_repository(filled.repository_id).path == "ACME/log-book"


def test_an_old_address_is_followed_and_another_repository_there_is_refused(
    fake: FakeBitbucketDataCenter, filled: Company
) -> None:
    source = filled.host.source
    assert source.read_repository(filled.repository_id).path == "ACME/logging"
    fake.rename_repository(filled.repository, "Log Book")
    assert source.read_repository(filled.repository_id).path == "ACME/log-book"

    fake.add_repository(filled.project, "Logging")
    with pytest.raises(NotFound):
        source.read_repository(filled.repository_id)


def test_a_repository_that_is_hidden_is_not_found(fake: FakeBitbucketDataCenter, filled: Company) -> None:
    host = open_fake(fake, fake.personal_token(fake.add_user("eve"), ["REPO_READ"]))

    with pytest.raises(NotFound):
        host.source.read_repository(filled.repository_id)


def test_git_gets_the_token_with_the_name_for_tokens(company: Company) -> None:
    credential = company.host.source.git_credential()

    assert credential.username == "x-token-auth"
    assert credential.password not in repr(credential)


def test_git_gets_a_stored_credential_with_its_owner(fake: FakeBitbucketDataCenter, company: Company) -> None:
    token = fake.personal_token(company.owner)

    credential = open_fake(fake, token, username="olga").source.git_credential()

    assert (credential.username, credential.password) == ("olga", token)


def test_git_can_not_use_oauth_1(fake: FakeBitbucketDataCenter) -> None:
    host = open_fake(fake, "token", authorization=Signer(Consumer("key", "no key"), token="token"))

    with pytest.raises(Forbidden, match="OAuth 1"):
        host.source.git_credential()
