"""Webhooks installed on a stateful Bitbucket, and its deliveries read by our parser."""

import pytest

from integrations.bitbucket_dc.hooks import BitbucketDcHookParser
from integrations.codehost import HookEvent, HookLevel, Ping, RefsChanged, RepositoriesChanged
from integrations.errors import Forbidden, InvalidSignature, NotFound, Rejected
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter, Kind
from tests.unit.integrations.bitbucket_dc.conftest import Company, installer_of, make_company, open_fake
from tests.unit.integrations.scripted_server import answer, scripted_server

URL = "https://repertory.example.test/hooks/7"
PROJECT, REPOSITORY = HookLevel
PARSER = BitbucketDcHookParser()


def writes(fake: FakeBitbucketDataCenter) -> list[str]:
    return [each.method for each in fake.requests if each.method != "GET"]


def test_a_hook_of_a_project_hears_code_and_names(company: Company) -> None:
    installer = installer_of(company.host)

    hook = installer.ensure_hook(PROJECT, company.project_id, url=URL, secret="one")

    assert list(installer.list_hooks(PROJECT, company.project_id)) == [hook]
    assert hook.events == {"repo:refs_changed", "repo:modified", "mirror:repo_synchronized", "project:modified"}
    assert hook.is_enabled


def test_a_hook_of_a_repository_hears_code_and_names(company: Company) -> None:
    hook = installer_of(company.host).ensure_hook(REPOSITORY, company.repository_id, url=URL, secret="one")

    assert hook.events == {"repo:refs_changed", "repo:modified", "mirror:repo_synchronized"}


@pytest.mark.parametrize("version", ["8.7.9", "7.17.0"])
def test_projects_of_older_versions_have_no_hooks(version: str) -> None:
    with FakeBitbucketDataCenter(version=version) as fake:
        company = make_company(fake)
        installer = installer_of(company.host)

        with pytest.raises(NotFound, match=r"8\.8"):
            installer.ensure_hook(PROJECT, company.project_id, url=URL, secret="one")
        assert installer.ensure_hook(REPOSITORY, company.repository_id, url=URL, secret="one").url == URL


def test_version_8_10_is_newer_than_8_8() -> None:
    with FakeBitbucketDataCenter(version="8.10.0") as fake:
        company = make_company(fake)

        assert installer_of(company.host).ensure_hook(PROJECT, company.project_id, url=URL, secret="one").url == URL


def test_old_versions_are_asked_only_for_events_that_they_know() -> None:
    with FakeBitbucketDataCenter(version="5.5.0") as fake:
        company = make_company(fake)

        hook = installer_of(company.host).ensure_hook(REPOSITORY, company.repository_id, url=URL, secret="one")

    assert hook.events == {"repo:refs_changed", "repo:modified"}


@pytest.mark.parametrize("kind", [Kind.STATUS_404, Kind.STATUS_403])
def test_the_two_oldest_events_are_taken_where_none_are_listed(
    fake: FakeBitbucketDataCenter, company: Company, kind: Kind
) -> None:
    fake.misbehave("/webhooks/latest/capabilities", kind)

    hook = installer_of(company.host).ensure_hook(PROJECT, company.project_id, url=URL, secret="one")

    assert hook.events == {"repo:refs_changed", "repo:modified"}


def test_a_hook_that_is_right_is_left_alone(fake: FakeBitbucketDataCenter, company: Company) -> None:
    installer = installer_of(company.host)
    first = installer.ensure_hook(PROJECT, company.project_id, url=URL, secret="one")

    assert installer.ensure_hook(PROJECT, company.project_id, url=URL, secret="one") == first
    assert writes(fake) == ["POST"]


def test_a_hook_is_repaired_with_everything_in_it_and_copies_go_while_others_stay(
    fake: FakeBitbucketDataCenter, company: Company
) -> None:
    installer = installer_of(company.host)
    first = installer.ensure_hook(PROJECT, company.project_id, url=URL, secret="one")
    other = installer.ensure_hook(PROJECT, company.project_id, url="https://other.test/", secret="x")
    third = installer.ensure_hook(PROJECT, company.project_id, url="https://third.test/", secret="x")
    fake.state.hooks[int(other.remote_id)].url = URL
    kept = fake.state.hooks[int(first.remote_id)]
    kept.name, kept.events, kept.active = "Their name for it", ("repo:forked",), False
    kept.configuration["createdBy"] = "somebody"

    repaired = installer.ensure_hook(PROJECT, company.project_id, url=URL, secret="two")

    assert repaired.remote_id == first.remote_id
    assert (kept.name, kept.active, kept.is_tls_checked) == ("Their name for it", True, True)
    assert kept.configuration == {"secret": "two", "createdBy": "somebody"}
    assert set(kept.events) == set(first.events)
    listed = {hook.remote_id for hook in installer.list_hooks(PROJECT, company.project_id)}
    assert listed == {first.remote_id, third.remote_id}


def test_tls_stays_unchecked_where_an_administrator_chose_that(fake: FakeBitbucketDataCenter, company: Company) -> None:
    installer = installer_of(company.host)
    hook = installer.ensure_hook(REPOSITORY, company.repository_id, url=URL, secret="one")
    fake.state.hooks[int(hook.remote_id)].is_tls_checked = False

    installer.ensure_hook(REPOSITORY, company.repository_id, url=URL, secret="two")

    assert fake.state.hooks[int(hook.remote_id)].is_tls_checked is False
    assert fake.state.hooks[int(hook.remote_id)].secret == "two"


def test_a_hook_is_removed_once(company: Company) -> None:
    installer = installer_of(company.host)
    hook = installer.ensure_hook(REPOSITORY, company.repository_id, url=URL, secret="one")

    installer.remove_hook(REPOSITORY, company.repository_id, hook.remote_id)

    assert list(installer.list_hooks(REPOSITORY, company.repository_id)) == []
    with pytest.raises(NotFound):
        installer.remove_hook(REPOSITORY, company.repository_id, hook.remote_id)


def test_a_missing_right_is_forbidden(fake: FakeBitbucketDataCenter, company: Company) -> None:
    reading = installer_of(open_fake(fake, fake.personal_token(company.owner, ["REPO_READ", "PROJECT_READ"])))

    with pytest.raises(Forbidden):
        reading.ensure_hook(PROJECT, company.project_id, url=URL, secret="one")
    with pytest.raises(Forbidden):
        reading.ensure_hook(REPOSITORY, company.repository_id, url=URL, secret="one")


def test_an_archived_repository_says_why_it_takes_no_hook(fake: FakeBitbucketDataCenter, company: Company) -> None:
    fake.update_repository(company.repository, archived=True)

    with pytest.raises(Rejected, match="archived"):
        installer_of(company.host).ensure_hook(REPOSITORY, company.repository_id, url=URL, secret="one")


def test_no_second_hook_is_made_when_the_list_can_not_be_read(fake: FakeBitbucketDataCenter, company: Company) -> None:
    installer_of(company.host).ensure_hook(PROJECT, company.project_id, url=URL, secret="one")
    fake.misbehave(r"/webhooks\?", Kind.STATUS_404)

    with pytest.raises(NotFound):
        installer_of(company.host).ensure_hook(PROJECT, company.project_id, url=URL, secret="one")

    assert len(fake.state.hooks) == 1


def test_deliveries_of_an_installed_hook_are_ours(fake: FakeBitbucketDataCenter, company: Company) -> None:
    with scripted_server(answer()) as receiver:
        url = f"{receiver.url}/hooks"
        installer_of(company.host).ensure_hook(PROJECT, company.project_id, url=url, secret="one")
        fake.commit(company.repository, {"composer.json": "{}"})
        fake.tag(company.repository, "v1.0.0", message="One")
        fake.rename_repository(company.repository, "Log Book")
        fake.rename_project(company.project, key="NEW")
        records = fake.wait_for_deliveries()

    events: list[HookEvent] = []
    for record in records:
        headers = {name.lower(): value for name, value in record.headers.items()}
        PARSER.verify(headers, record.body, secret="one", now=fake.clock.now())
        with pytest.raises(InvalidSignature):
            PARSER.verify(headers, record.body, secret="two", now=fake.clock.now())
        events.extend(PARSER.parse(headers, record.body).events)
    assert events == [
        RefsChanged(company.repository_id, ("refs/heads/main",)),
        RefsChanged(company.repository_id, ("refs/tags/v1.0.0",)),
        RepositoriesChanged(company.repository_id),
        RepositoriesChanged(),
    ]
    assert Ping() not in events
