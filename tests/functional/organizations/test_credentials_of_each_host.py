"""What can be stored for an organization at each host: how it is sent, what git gets, what is explained."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from integrations.errors import Unauthorized
from integrations.service import open_code_host, open_git
from models import AppHook, Credential, Integration, Synchronization, Webhook, WebhookState, utc_now
from tests.fakes.github import sign
from tests.functional.organizations.storing import Host, Hosts, install_app
from tests.functional.rows import add_synchronization


def check_used(host: Host, git_user: str, secret: str) -> None:
    """The synchronization acts with what was stored, by REST and with git."""
    credential = host.stored()
    with host.world.runtime.database.read() as session:
        synchronization = session.scalars(select(Synchronization)).one()
    assert synchronization.credential_id == credential.id
    directory = open_code_host(host.world.runtime, credential.id).directory
    assert directory.read_organization(synchronization.remote_id).path == synchronization.remote_path
    members = directory.list_team_members(synchronization.remote_id)
    assert [it.account.login for it in members if not it.account.is_bot] == ["ann"]
    access = open_git(host.world.runtime, credential.id).credential
    assert (access.username, access.password) == (git_user, secret)


def test_a_personal_token_of_github(hosts: Hosts) -> None:
    host = hosts.github()
    token = host.fake.personal_token(host.fake.user("ann"))

    page = host.store("access_token", secret=token)

    assert "Personal access token (ann)" in page
    check_used(host, "x-access-token", token)


def test_an_api_token_of_bitbucket_goes_with_the_address_of_its_owner(hosts: Hosts) -> None:
    host = hosts.cloud()
    token = host.fake.personal_token(host.fake.user("ann"))

    page = host.store("api_token", secret=token, username="ann@example.com")

    assert "API token (ann)" in page
    check_used(host, "x-bitbucket-api-token-auth", token)


def test_an_app_password_of_bitbucket_is_recognized_and_explained(hosts: Hosts) -> None:
    host = hosts.cloud()

    page = host.store("api_token", secret=host.fake.app_password(), username="ann@example.com")

    assert "This is an app password." in page
    assert [it for it in host.fake.requests if it.path.startswith("/!api")] == []


def test_a_personal_token_of_data_center_goes_with_its_owners_name(hosts: Hosts) -> None:
    host = hosts.data_center()
    token = host.fake.personal_token(host.fake.user("ann"))

    page = host.store("api_token", secret=token)

    assert "HTTP access token of a person (ann)" in page
    check_used(host, "ann", token)


def test_a_password_of_data_center(hosts: Hosts) -> None:
    host = hosts.data_center()

    page = host.store("password", secret="pass:wörd", username="ann")

    assert "User name and password (ann)" in page
    check_used(host, "ann", "pass:wörd")


def test_a_wrong_password_is_not_tried_twice(hosts: Hosts) -> None:
    host = hosts.data_center()

    page = host.store("password", secret="wrong", username="ann")

    assert "does not accept it" in page
    assert [it.status for it in host.fake.requests].count(401) == 1


def test_a_token_of_a_project_of_data_center(hosts: Hosts) -> None:
    host = hosts.data_center()
    token = host.fake.project_token(host.company)

    page = host.store("access_token", secret=token)

    assert "now uses" in page
    check_used(host, "x-token-auth", token)


def test_a_github_app_makes_its_tokens_itself(hosts: Hosts) -> None:
    host = hosts.github()
    made, installation = install_app(host)

    page = host.store("github_app", secret=made.private_key, username=str(made.app.id))
    credential = host.stored()
    first = open_git(host.world.runtime, credential.id).credential
    let_expire(host)
    second = open_git(host.world.runtime, credential.id).credential
    directory = open_code_host(host.world.runtime, credential.id).directory
    repositories = [repository.name for repository in directory.list_repositories(str(host.company.id))]

    assert "A GitHub App has one webhook for all its installations" in page
    assert "PRIVATE KEY" not in page
    assert credential.remote_id == str(installation.id)
    assert first.username == second.username == "x-access-token"
    assert first.password != second.password
    assert repositories == ["logging"]


def test_an_app_that_was_removed_at_the_host_is_said_so(hosts: Hosts) -> None:
    host = hosts.github()
    made, installation = install_app(host)
    host.store("github_app", secret=made.private_key, username=str(made.app.id))
    host.fake.uninstall_app(installation)
    let_expire(host)

    with pytest.raises(Unauthorized, match="no longer lets this App in"):
        open_code_host(host.world.runtime, host.stored().id)

    assert "no longer lets this App in" in host.ann.read("/orgs/acme/settings/credentials")


def let_expire(host: Host) -> None:
    """The token that the App made an hour ago."""
    with host.world.write() as session:
        row = session.get_one(Credential, host.stored().id)
        row.obtained_at, row.expires_at = utc_now() - timedelta(minutes=61), utc_now() - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda made: {"secret": "no key"}, "Paste the whole private key"),
        (lambda made: {"secret": "-----BEGIN PRIVATE KEY-----"}, "It can not be used"),
        (lambda made: {"username": "4711"}, "does not accept it"),
        (lambda made: {"username": ""}, "Enter it, too."),
    ],
)
def test_an_app_that_will_not_do_is_explained(
    hosts: Hosts, change: Callable[[Any], dict[str, str]], words: str
) -> None:
    host = hosts.github()
    made, _ = install_app(host)

    page = host.store("github_app", **{"secret": made.private_key, "username": str(made.app.id)} | change(made))

    assert words in page


def test_an_app_that_is_installed_elsewhere_is_not_stored(hosts: Hosts) -> None:
    host = hosts.github()
    made, _ = install_app(host, at="other")

    assert "is not installed in acme" in host.store("github_app", secret=made.private_key, username=str(made.app.id))


@pytest.mark.parametrize(("is_installed", "words"), [(False, "is not installed in other"), (True, "store the App for")])
def test_an_app_is_not_used_where_it_reads_only_what_is_public(hosts: Hosts, is_installed: bool, words: str) -> None:
    host = hosts.github()
    made, _ = install_app(host)
    host.store("github_app", secret=made.private_key, username=str(made.app.id))
    other = host.fake.add_organization("other", "Other", owner=host.fake.user("ann"))
    if is_installed:
        host.fake.install_app(made.app, other)
    with host.world.write() as session:
        first = session.scalars(select(Synchronization)).one()
        second = add_synchronization(
            session, first.organization, first.integration, remote_id=str(other.id), is_primary=False
        )
        second.remote_path = "other"
        second_id = second.id

    answer = host.ann.post(f"/orgs/acme/synchronizations/{second_id}/credential/{host.stored().id}")

    assert words in host.ann.read(answer.headers["Location"])
    with host.world.runtime.database.read() as session:
        assert session.get_one(Synchronization, second_id).credential_id is None


def test_the_one_webhook_of_an_app_feeds_the_organizations_that_stored_it(hosts: Hosts) -> None:
    host = hosts.github()
    made, installation = install_app(host)
    host.store("github_app", secret=made.private_key, username=str(made.app.id))
    page = f"/orgs/acme/settings/credentials/{host.stored().id}/webhook"
    url, secret = host.app_webhook()
    client = host.world.app.test_client()

    def deliver(key: str, installation_id: int, signed_with: str) -> int:
        body = (
            b'{"action":"created","repository":{"id":1,"full_name":"acme/new"},"installation":{"id":%d}}'
            % installation_id
        )
        headers = {
            "X-GitHub-Event": "repository",
            "X-GitHub-Delivery": key,
            **sign(signed_with, body),
            "Content-Type": "application/json",
        }
        return client.post(
            urlsplit(url).path, base_url=url.removesuffix(urlsplit(url).path), data=body, headers=headers
        ).status_code

    assert deliver("1", installation.id, "wrong") == 401
    assert deliver("2", 4711, secret) == 202
    with host.world.runtime.database.read() as session:
        waiting = session.scalars(select(Webhook)).one()
    assert waiting.state is WebhookState.PENDING
    assert host.ann.get(f"/orgs/acme/settings/webhooks/{waiting.id}").headers["Location"] == page
    assert deliver("3", installation.id, secret) == 202
    with host.world.runtime.database.read() as session:
        assert session.scalars(select(Webhook.state)).all() == [WebhookState.ACTIVE]
        assert session.scalars(select(AppHook)).one().last_delivery_at is not None
        assert session.scalars(select(Integration.slug)).all() == ["host"]
    assert "It delivers" in host.ann.read(page)
    assert open_code_host(host.world.runtime, host.stored().id).hook_installer is None
