"""Webhooks installed on a stateful Bitbucket Cloud, and its deliveries read by our parser."""

import pytest

from integrations.bitbucket_cloud.driver import open_bitbucket_cloud
from integrations.bitbucket_cloud.hooks import BitbucketCloudHookParser
from integrations.bitbucket_cloud.installer import EVENTS
from integrations.codehost import CodeHost, HookInstaller, HookLevel, RefsChanged, RepositoriesChanged
from integrations.errors import Forbidden, InvalidSignature, NotFound, Rejected
from tests.fakes.bitbucket_cloud import FakeBitbucketCloud, Kind
from tests.unit.integrations.bitbucket_cloud.conftest import Acme, access_at, log_in
from tests.unit.integrations.scripted_server import answer, scripted_server

URL = "https://repertory.example.com/hooks/7"
WORKSPACE, REPOSITORY = HookLevel
PARSER = BitbucketCloudHookParser()


def installer_of(host: CodeHost) -> HookInstaller:
    assert host.hook_installer is not None
    return host.hook_installer


@pytest.fixture
def installer(acme: Acme) -> HookInstaller:
    return installer_of(acme.host)


def parent_of(acme: Acme, level: HookLevel) -> str:
    return acme.home.uuid if level is WORKSPACE else acme.logging.uuid


@pytest.mark.parametrize("level", list(HookLevel))
def test_a_hook_hears_what_there_is_to_hear(acme: Acme, installer: HookInstaller, level: HookLevel) -> None:
    hook = installer.ensure_hook(level, parent_of(acme, level), url=URL, secret="one")

    assert list(installer.list_hooks(level, parent_of(acme, level))) == [hook]
    assert hook.events == set(EVENTS[level])
    assert (hook.url, hook.is_enabled, hook.detail) == (URL, True, "")


def test_events_that_bitbucket_does_not_offer_are_not_asked_for() -> None:
    offered = '{"values": [{"event": "repo:push"}, {"event": "repo:fork"}]}'
    made = '{"uuid": "{h}", "url": "u", "events": ["repo:push"]}'
    with scripted_server(answer('{"values": []}'), answer(offered), answer(made)) as server:
        host = open_bitbucket_cloud(access_at(server.url, "t0ken"))
        installer_of(host).ensure_hook(WORKSPACE, "{w}", url=URL, secret="one")

        assert b'"events": ["repo:push"]' in server.requests[-1]


@pytest.mark.parametrize("level", list(HookLevel))
def test_a_hook_is_repaired_and_copies_go_while_others_stay(
    fake: FakeBitbucketCloud, acme: Acme, installer: HookInstaller, level: HookLevel
) -> None:
    parent = parent_of(acme, level)
    first = installer.ensure_hook(level, parent, url=URL, secret="one")
    copy = installer.ensure_hook(level, parent, url="https://other.example.com/", secret="x")
    third = installer.ensure_hook(level, parent, url="https://third.example.com/", secret="x")
    fake.state.hooks[copy.remote_id].url = URL
    fake.state.hooks[first.remote_id].events = ("repo:fork",)
    fake.state.hooks[first.remote_id].active = False

    repaired = installer.ensure_hook(level, parent, url=URL, secret="two")

    assert (repaired.remote_id, repaired.is_enabled) == (first.remote_id, True)
    assert repaired.events == set(EVENTS[level])
    assert fake.state.hooks[first.remote_id].secret == "two"
    assert {hook.remote_id for hook in installer.list_hooks(level, parent)} == {first.remote_id, third.remote_id}


def test_a_hook_is_removed_once(acme: Acme, installer: HookInstaller) -> None:
    hook = installer.ensure_hook(WORKSPACE, acme.home.uuid, url=URL, secret="one")

    installer.remove_hook(WORKSPACE, acme.home.uuid, hook.remote_id)

    assert list(installer.list_hooks(WORKSPACE, acme.home.uuid)) == []
    with pytest.raises(NotFound):
        installer.remove_hook(WORKSPACE, acme.home.uuid, hook.remote_id)


def test_only_owners_have_hooks_of_a_workspace_while_administrators_have_those_of_repositories(
    fake: FakeBitbucketCloud, acme: Acme
) -> None:
    fake.grant(acme.logging, acme.bob, "admin")
    installer = installer_of(log_in(fake, acme.bob))

    with pytest.raises(Forbidden) as caught:
        installer.ensure_hook(WORKSPACE, acme.home.uuid, url=URL, secret="one")

    assert caught.value.missing_scopes == ()
    assert installer.ensure_hook(REPOSITORY, acme.logging.uuid, url=URL, secret="one").url == URL


def test_a_missing_permission_of_the_consumer_is_named(fake: FakeBitbucketCloud, acme: Acme) -> None:
    installer = installer_of(log_in(fake, acme.owner, "account", "repository"))

    with pytest.raises(Forbidden) as caught:
        installer.ensure_hook(WORKSPACE, acme.home.uuid, url=URL, secret="one")

    assert caught.value.missing_scopes == ("webhook",)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/hook", "https://repertory.internal/hook", "https://10.1.2.3/hook"])
def test_an_internal_address_is_refused_in_bitbuckets_words(acme: Acme, installer: HookInstaller, url: str) -> None:
    with pytest.raises(Rejected) as caught:
        installer.ensure_hook(WORKSPACE, acme.home.uuid, url=url, secret="one")

    assert caught.value.status == 400
    assert "url" in caught.value.reason.lower()


def test_an_address_that_was_refused_is_not_tried_at_every_repository(fake: FakeBitbucketCloud, acme: Acme) -> None:
    installer = installer_of(acme.host)
    with pytest.raises(Rejected):
        installer.ensure_hook(WORKSPACE, acme.home.uuid, url="http://127.0.0.1:1/hook/1", secret="one")
    before = len(fake.requests)

    with pytest.raises(Rejected) as caught:
        installer.ensure_hook(REPOSITORY, acme.logging.uuid, url="http://127.0.0.1:1/hook/2", secret="one")

    assert "url" in caught.value.reason.lower()
    assert len(fake.requests) == before
    assert installer.ensure_hook(REPOSITORY, acme.logging.uuid, url=URL, secret="one").url == URL


def test_no_second_hook_is_made_when_the_list_can_not_be_read(
    fake: FakeBitbucketCloud, acme: Acme, installer: HookInstaller
) -> None:
    installer.ensure_hook(WORKSPACE, acme.home.uuid, url=URL, secret="one")
    fake.misbehave(r"/hooks\?", Kind.STATUS_404)

    with pytest.raises(NotFound):
        installer.ensure_hook(WORKSPACE, acme.home.uuid, url=URL, secret="one")

    assert len(fake.state.hooks) == 1


def test_deliveries_of_an_installed_hook_are_ours() -> None:
    with FakeBitbucketCloud(allow_local_hooks=True) as fake, scripted_server(answer()) as receiver:
        olga, home = fake.add_user("olga"), fake.add_workspace("acme")
        fake.add_member(home, olga, "owner")
        installer = installer_of(log_in(fake, olga))
        installer.ensure_hook(WORKSPACE, home.uuid, url=f"{receiver.url}/hooks", secret="one")
        installer.ensure_hook(WORKSPACE, home.uuid, url=f"{receiver.url}/hooks", secret="one")

        logging = fake.add_repository(home, "logging")
        fake.commit(logging, {"composer.json": "{}"})
        fake.tag(logging, "v1.0.0")
        records = fake.wait_for_deliveries()

        deliveries = []
        for record in records:
            headers = {name.lower(): value for name, value in record.headers.items()}
            PARSER.verify(headers, record.body, secret="one", now=fake.clock.now())
            with pytest.raises(InvalidSignature):
                PARSER.verify(headers, record.body, secret="two", now=fake.clock.now())
            deliveries.append(PARSER.parse(headers, record.body))
        assert [delivery.events[0] for delivery in deliveries] == [
            RepositoriesChanged(logging.uuid),
            RefsChanged(logging.uuid, ("refs/heads/main",)),
            RefsChanged(logging.uuid, ("refs/tags/v1.0.0",)),
        ]
        assert len({delivery.key for delivery in deliveries}) == 3
