"""Webhooks installed on a stateful GitLab, and its deliveries read by our parser."""

import pytest

from integrations.codehost import CodeHost, HookInstaller, HookLevel, RefsChanged
from integrations.errors import Forbidden, InvalidSignature, NotFound, Rejected
from integrations.gitlab.hooks import GitLabHookParser
from tests.fakes.gitlab import FakeGitLab, Kind, Level, Project
from tests.unit.integrations.gitlab.conftest import open_fake
from tests.unit.integrations.scripted_server import answer, scripted_server

URL = "https://repertory.example.test/hooks/gitlab/7"
GROUP, REPOSITORY = HookLevel
PARSER = GitLabHookParser()


def company(
    fake: FakeGitLab, *, scopes: tuple[str, ...] = ("api",), level: int = Level.OWNER
) -> tuple[Project, HookInstaller]:
    """A project in a group, and the installer of somebody with this level in it."""
    owner = fake.add_user("olga")
    group = fake.add_group("acme")
    fake.add_member(group, owner, level)
    project = fake.add_project(group, "logging")
    return project, installer_of(open_fake(fake, fake.personal_token(owner, scopes)))


def installer_of(host: CodeHost) -> HookInstaller:
    assert host.hook_installer is not None
    return host.hook_installer


def test_a_group_hook_hears_code_members_subgroups_and_projects(fake: FakeGitLab) -> None:
    project, installer = company(fake)
    parent = str(project.group_id)

    hook = installer.ensure_hook(GROUP, parent, url=URL, secret="one")

    assert list(installer.list_hooks(GROUP, parent)) == [hook]
    wanted = {"push_events", "tag_push_events", "releases_events", "member_events", "subgroup_events", "project_events"}
    assert hook.events == wanted
    assert hook.is_enabled


def test_a_project_hook_hears_code(fake: FakeGitLab) -> None:
    project, installer = company(fake)

    hook = installer.ensure_hook(REPOSITORY, str(project.id), url=URL, secret="one")

    assert hook.events == {"push_events", "tag_push_events", "releases_events"}


def test_a_hook_is_repaired_and_copies_go_while_others_stay(fake: FakeGitLab) -> None:
    project, installer = company(fake)
    parent = str(project.id)
    first = installer.ensure_hook(REPOSITORY, parent, url=URL, secret="one")
    other = installer.ensure_hook(REPOSITORY, parent, url="https://other.test/", secret="x")
    copy = fake.state.hooks[int(other.remote_id)]
    third = installer.ensure_hook(REPOSITORY, parent, url="https://third.test/", secret="x")
    copy.url = URL
    fake.state.hooks[int(first.remote_id)].events["push_events"] = False

    repaired = installer.ensure_hook(REPOSITORY, parent, url=URL, secret="two")

    assert repaired.remote_id == first.remote_id
    assert "push_events" in repaired.events
    assert fake.state.hooks[int(first.remote_id)].token == "two"
    assert {hook.remote_id for hook in installer.list_hooks(REPOSITORY, parent)} == {first.remote_id, third.remote_id}


def test_a_hook_is_removed_once(fake: FakeGitLab) -> None:
    project, installer = company(fake)
    hook = installer.ensure_hook(REPOSITORY, str(project.id), url=URL, secret="one")

    installer.remove_hook(REPOSITORY, str(project.id), hook.remote_id)

    assert list(installer.list_hooks(REPOSITORY, str(project.id))) == []
    with pytest.raises(NotFound):
        installer.remove_hook(REPOSITORY, str(project.id), hook.remote_id)


def test_group_hooks_are_not_found_in_editions_without_them() -> None:
    with FakeGitLab(version="18.5.0", premium=False) as fake:
        project, installer = company(fake)

        with pytest.raises(NotFound):
            installer.ensure_hook(GROUP, str(project.group_id), url=URL, secret="one")
        assert installer.ensure_hook(REPOSITORY, str(project.id), url=URL, secret="one").url == URL


def test_missing_rights_are_told_apart_from_missing_scopes(fake: FakeGitLab) -> None:
    project, installer = company(fake, level=Level.DEVELOPER)
    reading = open_fake(fake, fake.personal_token(fake.user("olga"), ["read_api"]))

    with pytest.raises(Forbidden) as caught:
        installer.ensure_hook(REPOSITORY, str(project.id), url=URL, secret="one")
    assert caught.value.missing_scopes == ()

    fake.update_member(fake.group("acme"), fake.user("olga"), level=Level.OWNER)
    with pytest.raises(Forbidden) as caught:
        installer_of(reading).ensure_hook(REPOSITORY, str(project.id), url=URL, secret="one")
    assert "api" in caught.value.missing_scopes


def test_a_refused_address_is_quoted() -> None:
    with FakeGitLab(block_local_hooks=True) as fake:
        project, installer = company(fake)

        with pytest.raises(Rejected) as caught:
            installer.ensure_hook(REPOSITORY, str(project.id), url="http://127.0.0.1:1/hook", secret="one")

    assert (caught.value.status, caught.value.reason) == (422, "Invalid url given")


def test_no_second_hook_is_made_when_the_list_can_not_be_read(fake: FakeGitLab) -> None:
    project, installer = company(fake)
    installer.ensure_hook(REPOSITORY, str(project.id), url=URL, secret="one")
    fake.misbehave(r"/hooks\?", Kind.STATUS_404)

    with pytest.raises(NotFound):
        installer.ensure_hook(REPOSITORY, str(project.id), url=URL, secret="one")

    assert len(fake.state.hooks) == 1


@pytest.mark.parametrize(("version", "is_signed"), [("18.5.0-ee", False), ("19.0.0-ee", True)])
def test_deliveries_of_an_installed_hook_are_ours(version: str, is_signed: bool) -> None:
    with FakeGitLab(version=version) as fake, scripted_server(answer()) as receiver:
        project, installer = company(fake)
        hook = installer.ensure_hook(GROUP, str(project.group_id), url=f"{receiver.url}/hooks", secret="one")
        fake.commit(project, {"composer.json": "{}"})
        record = fake.wait_for_deliveries()[-1]
        headers = {name.lower(): value for name, value in record.headers.items()}

        PARSER.verify(headers, record.body, secret="one", now=fake.clock.now())
        delivery = PARSER.parse(headers, record.body)

        assert ("webhook-signature" in headers, hook.detail) == (is_signed, "signed" if is_signed else "")
        assert delivery.events == (RefsChanged(str(project.id), ("refs/heads/main",)),)
        assert delivery.key == record.headers["Idempotency-Key"]
        with pytest.raises(InvalidSignature):
            PARSER.verify(headers, record.body, secret="two", now=fake.clock.now())
