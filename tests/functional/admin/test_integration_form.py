"""Adding an integration: the form, its live guide, and what is stored."""

import html
import re
from typing import Any

import pytest
from sqlalchemy import select

from admin.examination import Examination, examine
from integrations.platforms import PLATFORMS
from models import AuditRecord, Integration, LoginPolicy, Runtime
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person
from tests.functional.admin.pages import (
    IntegrationPage,
    callback_shown,
    examination_of,
    field_error,
    field_value,
    text_of,
)

LABELS = (
    "Name",
    "Platform",
    "Base URL",
    "What it is used for",
    "Who may log in",
    "Trust e-mail addresses without verification",
    "API timeout",
    "Callback URL / Redirect URL",
    "Client ID / Key",
    "Client Secret",
    "CA certificate (PEM)",
    "Create Integration",
    "Test connection",
)


def stored(runtime: Runtime) -> list[Integration]:
    with runtime.database.read() as session:
        return list(session.scalars(select(Integration).order_by(Integration.id)))


def test_the_fields_stand_in_their_order_with_their_labels(owner: Person) -> None:
    answer = owner.get("/admin/integrations/new")

    words = text_of(answer.get_data(as_text=True).partition("<main")[2].partition("</form>")[0])
    for label in LABELS:
        _, found, words = words.partition(label)
        assert found, label


def test_only_platforms_that_work_are_offered(owner: Person) -> None:
    page = owner.get("/admin/integrations/new").get_data(as_text=True)

    labels = [html.unescape(label) for label in re.findall(r"<option[^>]*>([^<]+)<", page)]
    assert labels == sorted(platform.label for platform in PLATFORMS.values())
    assert "GitLab Self-Managed" in labels


def test_a_filled_form_becomes_an_integration(page: IntegrationPage, runtime: Runtime, gitlab: FakeGitLab) -> None:
    values = page.values(name="Company GitLab", slug="company-gitlab", api_timeout_seconds="7")

    answer = page.person.post("/admin/integrations/new", {**values, "action": "create"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/setup/try/company-gitlab")
    assert "Integration created: “Company GitLab”" in text_of(page.person.get(answer.headers["Location"]))
    (integration,) = stored(runtime)
    assert (integration.slug, integration.platform) == ("company-gitlab", "gitlab_self_managed")
    assert (integration.base_url, integration.api_timeout_seconds) == (gitlab.base_url, 7)
    assert integration.login_policy is LoginPolicy.EVERYONE
    assert integration.is_for_login
    assert integration.is_for_synchronization
    assert integration.is_for_webhooks
    assert integration.unseal_client_secret(runtime.secret_box) == values["client_secret"]
    with runtime.database.read() as session:
        record = session.scalars(select(AuditRecord).where(AuditRecord.action == "integration_created")).one()
    assert record.actor == "setup"
    assert str(values["client_secret"]) not in str(record.details)


def test_the_callback_url_that_was_shown_is_the_one_that_works(page: IntegrationPage, runtime: Runtime) -> None:
    shown = callback_shown(page.person.get("/admin/integrations/new"))
    page.create(slug=shown.split("/")[-2])

    assert shown == f"{runtime.settings.base_url}/oauth/gitlab/callback"
    assert page.person.log_in("gitlab", "test").status_code == 303


def test_the_guide_follows_what_is_typed(owner: Person, runtime: Runtime) -> None:
    query = "name=Our+Code&platform=gitlab_self_managed&base_url=git.example.com/gitlab/users/sign_in&uses=log_in"

    answer = owner.get(f"/admin/integrations/guide?{query}")

    assert callback_shown(answer) == f"{runtime.settings.base_url}/oauth/our-code/callback"
    assert field_value(answer, "slug") == "our-code"
    assert 'href="https://git.example.com/gitlab/admin/applications"' in answer.get_data(as_text=True)
    words = text_of(answer)
    assert "https:// was added." in words
    assert "read_user" in words
    assert "read_api" not in words
    assert "<html" not in answer.get_data(as_text=True)


def test_the_scopes_are_a_function_of_the_uses(owner: Person) -> None:
    url = "/admin/integrations/guide?platform=gitlab&uses={}"

    assert "to fetch the code of packages" in text_of(owner.get(url.format("synchronize")))
    assert "to create and repair webhooks" in text_of(owner.get(url.format("install_webhooks")))
    assert "webhooks" not in text_of(owner.get(url.format("log_in"))).partition("Tick exactly")[2]


def test_the_guide_says_what_is_wrong_with_an_address(owner: Person) -> None:
    answer = owner.get("/admin/integrations/guide?platform=gitlab_self_managed&base_url=https://u:p@git.example.com")

    assert "must not contain a user name or password" in text_of(answer)


def test_the_guide_survives_any_query(owner: Person) -> None:
    for query in ("", "platform=nothing", "uses=everything", "base_url=%01", "name=%F0%9F%98%80", "base_url=http://["):
        assert owner.get(f"/admin/integrations/guide?{query}").status_code == 200, query


def test_the_guide_is_updated_by_a_button_and_keeps_everything_typed(page: IntegrationPage, runtime: Runtime) -> None:
    answer = page.send("guide", name="My Host", base_url="git.example.com", slug="gitlab", client_id="abc")

    assert answer.status_code == 200
    assert callback_shown(answer) == f"{runtime.settings.base_url}/oauth/my-host/callback"
    assert field_value(answer, "base_url") == "git.example.com"
    assert field_value(answer, "client_id") == "abc"
    assert "Please correct" not in text_of(answer)
    assert stored(runtime) == []


def test_a_slug_that_was_taken_meanwhile_brings_the_form_back_with_a_new_callback_url(
    page: IntegrationPage, runtime: Runtime
) -> None:
    page.create(slug="gitlab")

    answer = page.send(slug="gitlab", name="Second")

    assert answer.status_code == 200
    assert callback_shown(answer) == f"{runtime.settings.base_url}/oauth/gitlab-2/callback"
    assert field_value(answer, "slug") == "gitlab-2"
    assert field_value(answer, "name") == "Second"
    assert field_value(answer, "client_id")
    assert "taken" in field_error(answer, "name")
    assert len(stored(runtime)) == 1


def test_a_taken_slug_is_seen_in_the_guide_before(page: IntegrationPage) -> None:
    page.create(slug="gitlab")

    answer = page.person.get("/admin/integrations/guide?name=GitLab&platform=gitlab")

    assert field_value(answer, "slug") == "gitlab-2"


@pytest.mark.parametrize("slug", ["", "Has_Underscore", "x" * 41, "a/b"])
def test_a_slug_that_was_never_shown_is_not_stored(page: IntegrationPage, runtime: Runtime, slug: str) -> None:
    answer = page.send(slug=slug, client_id="a", client_secret="b")

    assert answer.status_code == 200
    assert "callback URL was not shown yet" in text_of(answer)
    assert callback_shown(answer).endswith("/oauth/gitlab/callback")
    assert stored(runtime) == []


def test_the_same_application_is_not_used_twice(page: IntegrationPage, runtime: Runtime) -> None:
    page.create(slug="gitlab")
    first = stored(runtime)[0]
    secret = first.unseal_client_secret(runtime.secret_box)

    answer = page.send(slug="second", client_id=first.client_id, client_secret=secret)

    assert "Another integration uses this application" in field_error(answer, "client_id")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", " ", "Give the integration a name"),
        ("base_url", "", "Enter the address of its start page"),
        ("client_id", "", "Copy the client ID"),
        ("client_secret", "", "Copy the secret"),
        ("api_timeout_seconds", "1", "Enter 5 to 120 seconds."),
        ("api_timeout_seconds", "soon", "Not a valid integer value."),
        ("ca_certificate", "hello", "Paste it in PEM form"),
        ("ca_certificate", "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----", "can not be read"),
        ("ca_certificate", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----", "private key"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_lost_or_stored(
    page: IntegrationPage, runtime: Runtime, field: str, value: str, words: str
) -> None:
    values = {**page.values(name="My Host"), field: value}

    answer = page.person.post("/admin/integrations/new", {**values, "action": "create"})

    assert answer.status_code == 200
    assert words in field_error(answer, field)
    assert words in text_of(answer).partition("Please correct")[2]
    if field != "name":
        assert field_value(answer, "name") == "My Host"
    assert field_value(answer, "client_secret") == "", "a secret never comes back"
    assert stored(runtime) == []


def test_no_use_at_all_is_refused(page: IntegrationPage, runtime: Runtime) -> None:
    answer = page.send(uses=[])

    assert "Choose at least one use." in text_of(answer)
    assert stored(runtime) == []


def test_a_platform_that_is_not_offered_is_refused(page: IntegrationPage, runtime: Runtime) -> None:
    answer = page.send(platform="azure_devops", shown_platform="github")

    assert "Not a valid choice" in field_error(answer, "platform")
    assert stored(runtime) == []


def test_a_changed_platform_changes_who_may_log_in_only_before_the_eyes_of_the_person(page: IntegrationPage) -> None:
    answer = page.send(platform="gitlab", shown_platform="gitlab_self_managed", login_policy="everyone")

    assert "usual choice for GitLab" in text_of(answer)
    chosen = answer.get_data(as_text=True).partition('value="members"')[0].rpartition("<input")[2]
    assert "checked" in chosen
    assert field_value(answer, "shown_platform") == "gitlab"


def test_a_test_of_the_connection_saves_nothing(page: IntegrationPage, runtime: Runtime) -> None:
    answer = page.send("test")

    words = examination_of(answer)
    assert "Nothing was saved" in words
    assert "This is a GitLab." in words
    assert "GitLab accepts the application ID together with the secret." in words
    assert "Both clocks agree." in words
    assert "Please correct" not in text_of(answer)
    assert stored(runtime) == []


def test_the_connection_can_be_tested_before_there_is_an_application(page: IntegrationPage) -> None:
    answer = page.send("test", client_id="", client_secret="")

    assert "Not tried: there is no client ID and secret yet." in examination_of(answer)
    assert field_error(answer, "client_id") == ""


def test_many_tests_of_the_connection_are_slowed_down(page: IntegrationPage) -> None:
    values = {**page.values(client_id="a", client_secret="b"), "action": "test"}

    statuses = [page.person.post("/admin/integrations/new", values).status_code for _ in range(22)]

    assert statuses[0] == 200
    assert statuses[-1] == 429


def test_no_transaction_is_open_while_the_host_is_asked(
    page: IntegrationPage, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_meanwhile(*args: Any, **options: Any) -> Examination:
        with runtime.database.write() as session:
            session.add(AuditRecord(actor="somebody", action="written", target="instance"))
        return examine(*args, **options)

    monkeypatch.setattr("admin.saving.examine", write_meanwhile)

    assert page.send().status_code == 303
