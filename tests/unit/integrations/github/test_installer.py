"""Webhooks at a stateful GitHub: created once, set right again, removed; and they deliver what we can read."""

import json

import pytest

from integrations.codehost import HookEvent, HookInstaller, HookLevel, RefsChanged
from integrations.errors import Forbidden, NotFound, Rejected
from integrations.github.hooks import GitHubHookParser
from integrations.github.installer import EVENTS, ORGANIZATION_EVENTS, REPOSITORY_EVENTS
from tests.fakes.github import FakeGitHub, Organization, Repo, User
from tests.unit.integrations.clients import NOW
from tests.unit.integrations.github.conftest import open_fake, open_scripted, reply
from tests.unit.integrations.scripted_server import scripted_server

URL = "http://127.0.0.1:9/hooks/a"
HOOK = {"id": 7, "active": True, "events": ["push"], "config": {"url": URL}}
EXISTS = {"message": "Validation Failed", "errors": [{"message": "Hook already exists on this organization"}]}


@pytest.fixture
def owner(fake: FakeGitHub) -> User:
    return fake.add_user("olga")


@pytest.fixture
def home(fake: FakeGitHub, owner: User) -> Organization:
    return fake.add_organization("acme", owner=owner)


@pytest.fixture
def repo(fake: FakeGitHub, home: Organization) -> Repo:
    return fake.add_repo(home, "logging")


def installer_of(fake: FakeGitHub, user: User, *scopes: str) -> HookInstaller:
    token = fake.personal_token(user, scopes or ("repo", "admin:org", "admin:org_hook", "user"))
    installer = open_fake(fake, token).hook_installer
    assert installer is not None
    return installer


def parents(home: Organization, repo: Repo) -> dict[HookLevel, str]:
    return {HookLevel.ORGANIZATION: str(home.id), HookLevel.REPOSITORY: str(repo.id)}


@pytest.mark.parametrize("level", list(HookLevel))
def test_a_hook_is_created_once_and_set_right_again(
    fake: FakeGitHub, owner: User, home: Organization, repo: Repo, level: HookLevel
) -> None:
    installer, parent = installer_of(fake, owner), parents(home, repo)[level]

    first = installer.ensure_hook(level, parent, url=URL, secret="one")
    stored = fake.state.hooks[int(first.remote_id)]
    stored.events, stored.is_active, stored.insecure_ssl, stored.content_type = ("push",), False, "1", "form"
    second = installer.ensure_hook(level, parent, url=URL, secret="two")
    stored = fake.state.hooks[int(second.remote_id)]

    assert (first.remote_id, first.url, first.events) == (second.remote_id, URL, frozenset(EVENTS[level]))
    assert second.is_enabled
    assert (stored.secret, stored.insecure_ssl, stored.content_type) == ("two", "0", "json")
    assert [hook.remote_id for hook in installer.list_hooks(level, parent)] == [first.remote_id]


@pytest.mark.parametrize("level", list(HookLevel))
def test_a_hook_that_is_removed_is_gone(
    fake: FakeGitHub, owner: User, home: Organization, repo: Repo, level: HookLevel
) -> None:
    installer, parent = installer_of(fake, owner), parents(home, repo)[level]
    hook = installer.ensure_hook(level, parent, url=URL, secret="one")

    installer.remove_hook(level, parent, hook.remote_id)

    assert list(installer.list_hooks(level, parent)) == []
    with pytest.raises(NotFound):
        installer.remove_hook(level, parent, hook.remote_id)


def test_exactly_the_events_that_each_level_knows_are_asked_for() -> None:
    assert set(ORGANIZATION_EVENTS) - set(REPOSITORY_EVENTS) == {"team", "membership", "organization"}
    assert len(set(ORGANIZATION_EVENTS)) == len(ORGANIZATION_EVENTS) == 12


def test_hooks_of_others_stay(fake: FakeGitHub, owner: User, home: Organization) -> None:
    installer, parent = installer_of(fake, owner), str(home.id)
    other = installer.ensure_hook(HookLevel.ORGANIZATION, parent, url=f"{URL}/other", secret="x")

    ours = installer.ensure_hook(HookLevel.ORGANIZATION, parent, url=URL, secret="y")

    assert {hook.remote_id for hook in installer.list_hooks(HookLevel.ORGANIZATION, parent)} == {
        other.remote_id,
        ours.remote_id,
    }


def test_an_organization_lets_only_owners_with_the_scope_install(
    fake: FakeGitHub, owner: User, home: Organization
) -> None:
    with pytest.raises(Forbidden) as caught:
        installer_of(fake, owner, "repo").ensure_hook(HookLevel.ORGANIZATION, str(home.id), url=URL, secret="x")
    assert caught.value.missing_scopes == ("admin:org_hook",)

    mia = fake.add_user("mia")
    fake.add_member(home, mia)
    with pytest.raises((NotFound, Forbidden)):
        installer_of(fake, mia).ensure_hook(HookLevel.ORGANIZATION, str(home.id), url=URL, secret="x")


def test_a_repository_that_is_not_shown_is_not_found(fake: FakeGitHub, owner: User) -> None:
    with pytest.raises(NotFound):
        installer_of(fake, owner).ensure_hook(HookLevel.REPOSITORY, "4711", url=URL, secret="x")


def test_an_address_that_github_refuses_is_told_in_its_words(fake: FakeGitHub, owner: User, home: Organization) -> None:
    with pytest.raises(Rejected) as caught:
        installer_of(fake, owner).ensure_hook(HookLevel.ORGANIZATION, str(home.id), url="nonsense", secret="hunter2")

    assert caught.value.reason
    assert "hunter2" not in str(caught.value)


def test_copies_of_a_hook_are_removed() -> None:
    copy = {**HOOK, "id": 12}
    with scripted_server(reply([copy, HOOK]), reply({}, status="204 No Content"), reply(HOOK)) as server:
        installer = open_scripted(server).hook_installer
        assert installer is not None
        hook = installer.ensure_hook(HookLevel.ORGANIZATION, "501", url=URL, secret="x")

    assert hook.remote_id == "7"
    assert server.targets() == [
        "GET /api/v3/organizations/501/hooks?per_page=100",
        "DELETE /api/v3/organizations/501/hooks/12",
        "PATCH /api/v3/organizations/501/hooks/7",
    ]
    sent = json.loads(server.requests[-1].partition(b"\r\n\r\n")[2])
    assert sent["config"] == {"url": URL, "content_type": "json", "secret": "x", "insecure_ssl": "0"}


def test_a_hook_that_somebody_was_quicker_to_make_is_taken_over() -> None:
    exists = reply(EXISTS, status="422 Unprocessable Entity")
    with scripted_server(reply([]), exists, reply([HOOK]), reply(HOOK)) as server:
        installer = open_scripted(server).hook_installer
        assert installer is not None

        assert installer.ensure_hook(HookLevel.ORGANIZATION, "501", url=URL, secret="x").remote_id == "7"


def test_a_hook_that_github_does_not_show_is_a_refusal() -> None:
    exists = reply(EXISTS, status="422 Unprocessable Entity")
    with scripted_server(reply([]), exists, reply([])) as server:
        installer = open_scripted(server).hook_installer
        assert installer is not None
        with pytest.raises(Rejected, match="already exists"):
            installer.ensure_hook(HookLevel.ORGANIZATION, "501", url=URL, secret="x")


def test_what_is_delivered_is_proven_and_understood(
    fake: FakeGitHub, owner: User, home: Organization, repo: Repo
) -> None:
    installer_of(fake, owner).ensure_hook(HookLevel.ORGANIZATION, str(home.id), url=URL, secret="s3cret")
    fake.commit(repo, {"composer.json": "{}"})

    parser, events = GitHubHookParser(), list[HookEvent]()
    for record in fake.wait_for_deliveries():
        headers = {name.lower(): value for name, value in record.headers.items()}
        parser.verify(headers, record.body, secret="s3cret", now=NOW)
        events += parser.parse(headers, record.body).events

    assert RefsChanged(str(repo.id), ("refs/heads/main",)) in events


def test_an_installed_app_has_a_webhook_of_its_own(fake: FakeGitHub) -> None:
    assert open_fake(fake, "ghs_4711").hook_installer is None
