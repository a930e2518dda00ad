"""The table of integrations; changing, trying and deleting one; who may."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from models import AuditRecord, Credential, Integration, Runtime, WebSession, utc_now
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person
from tests.functional.admin.pages import IntegrationPage, examination_of, field_error, field_value, text_of

PAGES = (
    "/admin",
    "/admin/integrations/new",
    "/admin/integrations/guide",
    "/admin/integrations/gitlab",
    "/admin/integrations/gitlab/guide",
    "/admin/integrations/gitlab/try",
    "/admin/integrations/gitlab/try/progress",
    "/admin/integrations/gitlab/delete",
    "/admin/users",
    "/admin/organizations",
    "/admin/settings",
    "/admin/activity",
    "/admin/activity/synchronizations",
    "/admin/activity/deliveries",
    "/admin/health",
    "/admin/log",
)
FORMS = (
    "/admin/integrations/new",
    "/admin/integrations/gitlab",
    "/admin/integrations/gitlab/delete",
    "/admin/settings",
    "/admin/users/1/disable",
)


def stored(runtime: Runtime, slug: str = "gitlab") -> Integration:
    with runtime.database.read() as session:
        return session.scalars(select(Integration).where(Integration.slug == slug)).one()


def form_of(runtime: Runtime, **changes: str) -> dict[str, str]:
    """The edit form as it is shown, with changes."""
    integration = stored(runtime)
    return {
        "name": integration.name,
        "base_url": integration.base_url,
        "uses": "log_in",
        "login_policy": integration.login_policy.value,
        "api_timeout_seconds": "20",
        "client_id": integration.client_id,
        "client_secret": "",
        "ca_certificate": "",
        **changes,
    }


def allow(runtime: Runtime, other: FakeGitLab) -> None:
    """Let the application reach another fake."""
    allowed = (*runtime.settings.outbound_allow, f"127.0.0.1:{other.port}")
    object.__setattr__(runtime, "settings", replace(runtime.settings, outbound_allow=allowed))


def base_url_input(answer: TestResponse) -> str:
    """The tag of the field."""
    return answer.get_data(as_text=True).partition('id="base_url"')[2].partition(">")[0]


@pytest.mark.parametrize("path", PAGES)
def test_an_administrator_sees_every_page(ann: Person, path: str) -> None:
    assert ann.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_sees_any_page(ann: Person, bob: Person, path: str) -> None:
    visitor = Person(ann.app, ann.base_url)

    assert bob.get(path).status_code == 403
    assert visitor.get(path).headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize("path", FORMS)
def test_nobody_else_sends_any_form(ann: Person, bob: Person, runtime: Runtime, path: str) -> None:
    visitor = Person(ann.app, ann.base_url)
    before = form_of(runtime)

    assert bob.post(path, {"confirmation": "GitLab", **before, "name": "Taken"}).status_code == 403
    assert visitor.post(path, {"confirmation": "GitLab", **before, "name": "Taken"}).status_code == 401
    assert form_of(runtime) == before
    assert stored(runtime).deleted_at is None


@pytest.mark.parametrize("path", FORMS)
def test_an_old_login_is_asked_to_confirm_before_anything_changes(ann: Person, runtime: Runtime, path: str) -> None:
    with runtime.database.write() as session:
        session.execute(update(WebSession).values(authenticated_at=utc_now().replace(year=2020)))

    answer = ann.post(path, {"confirmation": "GitLab", **form_of(runtime, name="Changed")})

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/profile/confirm")
    assert stored(runtime).name == "GitLab"
    assert stored(runtime).deleted_at is None


def test_the_table_shows_what_each_integration_is(ann: Person, gitlab: FakeGitLab) -> None:
    words = text_of(ann.get("/admin"))

    assert f"GitLab GitLab Self-Managed {gitlab.base_url}" in words
    assert "0 synchronizations" in words
    assert "Not tried yet" in words
    assert "Add Integration" in words


def test_after_a_trial_the_table_shows_version_and_state(ann: Person) -> None:
    answer = ann.log_in("gitlab", "test", "/admin/integrations/gitlab/try")

    assert answer.headers["Location"] == "/admin/integrations/gitlab/try"
    assert "The login works" in text_of(ann.get("/admin/integrations/gitlab/try"))
    words = text_of(ann.get("/admin"))
    assert "18.5.0-ee" in words
    assert "Works" in words


def test_accounts_to_be_reconnected_are_counted(ann: Person, runtime: Runtime) -> None:
    ann.log_in("gitlab", "test", "/admin")
    ann.log_in("gitlab", "authorize", "/admin")
    with runtime.database.write() as session:
        session.execute(update(Credential).values(state="needs_reconnect"))

    assert "1 account has to be reconnected" in text_of(ann.get("/admin"))


def test_an_integration_added_later_leads_back_to_the_table(ann: Person, page: IntegrationPage) -> None:
    answer = page.send(name="Second", slug="second")

    assert answer.headers["Location"] == "/admin"
    words = text_of(ann.get("/admin"))
    assert "Integration created: “Second”" in words
    assert words.count("GitLab Self-Managed") == 2
    assert "Log in with Second" in text_of(Person(ann.app, ann.base_url).get("/login"))


def test_the_secret_is_kept_and_never_shown(ann: Person, runtime: Runtime) -> None:
    secret = stored(runtime).unseal_client_secret(runtime.secret_box)

    shown = ann.get("/admin/integrations/gitlab")
    answer = ann.post("/admin/integrations/gitlab", form_of(runtime, name="Renamed"))

    assert secret not in shown.get_data(as_text=True)
    assert field_value(shown, "client_secret") == ""
    assert answer.status_code == 303
    assert stored(runtime).name == "Renamed"
    assert stored(runtime).slug == "gitlab"
    assert stored(runtime).unseal_client_secret(runtime.secret_box) == secret


def test_a_changed_secret_is_tried_before_it_is_saved(ann: Person, runtime: Runtime) -> None:
    secret = stored(runtime).unseal_client_secret(runtime.secret_box)

    answer = ann.post("/admin/integrations/gitlab", form_of(runtime, client_secret="wrong"))

    assert "the secret is wrong" in field_error(answer, "client_secret")
    assert stored(runtime).unseal_client_secret(runtime.secret_box) == secret


def test_a_change_is_recorded_with_who_made_it(ann: Person, runtime: Runtime) -> None:
    ann.post("/admin/integrations/gitlab", form_of(runtime, name="Renamed"))

    with runtime.database.read() as session:
        record = session.scalars(select(AuditRecord).where(AuditRecord.action == "integration_changed")).one()
    assert record.actor == "ann"
    assert record.actor_user_id == 1
    assert "ann changed the integration gitlab" in text_of(ann.get("/admin/log"))


def test_platform_and_slug_can_not_be_changed(ann: Person, runtime: Runtime) -> None:
    ann.post("/admin/integrations/gitlab", form_of(runtime, platform="gitlab", slug="other"))

    assert stored(runtime).platform == "gitlab_self_managed"


def test_the_base_url_stays_once_people_are_known_through_it(ann: Person, runtime: Runtime) -> None:
    with FakeGitLab() as other:
        allow(runtime, other)
        made = other.application(redirect_uri="http://localhost:8000/oauth/gitlab/callback")
        changes = {"base_url": other.base_url, "client_id": made.client_id, "client_secret": made.secret}

        answer = ann.post("/admin/integrations/gitlab", form_of(runtime, **changes))

    assert "Accounts are known through this host." in field_error(answer, "base_url")
    assert stored(runtime).base_url != other.base_url
    assert (
        "readonly" in ann.get("/admin/integrations/gitlab").get_data(as_text=True).partition('id="base_url"')[2][:200]
    )


@pytest.mark.parametrize("action", ["test", "save"])
def test_the_stored_secret_is_sent_to_no_other_address(ann: Person, runtime: Runtime, action: str) -> None:
    secret = stored(runtime).unseal_client_secret(runtime.secret_box)
    with FakeGitLab() as other:
        allow(runtime, other)
        ann.post("/admin/integrations/gitlab", form_of(runtime, base_url=other.base_url, action=action))

        assert other.requests
        assert not [it for it in other.requests if secret.encode() in it.request_body]


def test_another_address_needs_a_secret_of_its_own(page: IntegrationPage, runtime: Runtime) -> None:
    page.create()
    with FakeGitLab() as other:
        allow(runtime, other)
        made = other.application(redirect_uri="http://localhost:8000/oauth/gitlab/callback")
        changes = {"base_url": other.base_url, "client_id": made.client_id}

        refused = page.person.post("/admin/integrations/gitlab", form_of(runtime, **changes))
        saved = page.person.post("/admin/integrations/gitlab", form_of(runtime, client_secret=made.secret, **changes))

    assert "belongs to the other address" in field_error(refused, "client_secret")
    assert saved.status_code == 303
    assert stored(runtime).unseal_client_secret(runtime.secret_box) == made.secret


def test_the_base_url_can_be_corrected_before_anybody_came_through_it(page: IntegrationPage, runtime: Runtime) -> None:
    page.create()

    answer = page.person.post("/admin/integrations/gitlab", form_of(runtime, name="Corrected"))

    assert answer.status_code == 303
    assert (
        "readonly"
        not in page.person.get("/admin/integrations/gitlab")
        .get_data(as_text=True)
        .partition('id="base_url"')[2]
        .partition(">")[0]
    )


def test_the_last_way_in_is_kept(ann: Person, runtime: Runtime) -> None:
    answer = ann.post("/admin/integrations/gitlab", form_of(runtime, uses="synchronize"))

    assert "No administrator could log in any more." in text_of(answer)
    assert stored(runtime).is_for_login


def test_a_stored_integration_can_be_tested_without_typing_the_secret(ann: Person, runtime: Runtime) -> None:
    answer = ann.post("/admin/integrations/gitlab", form_of(runtime, name="Not saved", action="test"))

    assert "GitLab accepts the application ID together with the secret." in examination_of(answer)
    assert stored(runtime).name == "GitLab"


def test_the_guide_of_a_stored_integration_keeps_its_callback_url(ann: Person, runtime: Runtime) -> None:
    answer = ann.post("/admin/integrations/gitlab", form_of(runtime, name="Other", action="guide"))
    live = ann.get("/admin/integrations/gitlab/guide?name=Other&uses=log_in&base_url=git.example.com")

    for page in (answer, live):
        assert "http://localhost:8000/oauth/gitlab/callback" in page.get_data(as_text=True)
    assert "read_api" not in text_of(live)


def test_no_transaction_is_open_while_the_host_is_asked(
    ann: Person, page: IntegrationPage, runtime: Runtime, gitlab: FakeGitLab
) -> None:
    gitlab.misbehave("/oauth/token", "slow", seconds=1)
    values = {**page.values(slug="second", name="Second"), "action": "create"}
    seen: list[str] = []
    original = runtime.database.write_session

    def remember() -> object:
        seen.append("opened")
        return original()

    object.__setattr__(runtime.database, "write_session", remember)

    assert ann.post("/admin/integrations/new", values).status_code == 303
    assert seen == ["opened", "opened"], "one for the guards, closed before the host is asked, one to store"


def test_deleting_says_what_hangs_on_it_and_wants_the_name(ann: Person, bob: Person, runtime: Runtime) -> None:
    shown = text_of(ann.get("/admin/integrations/gitlab/delete"))
    assert "0 synchronizations" in shown
    assert "2 accounts" in shown

    answer = ann.post("/admin/integrations/gitlab/delete", {"confirmation": "gitlab"})

    assert answer.status_code == 409
    assert "Type GitLab exactly as it is written." in text_of(answer)
    assert stored(runtime).deleted_at is None


def test_the_last_way_in_is_not_deleted(ann: Person, runtime: Runtime) -> None:
    answer = ann.post("/admin/integrations/gitlab/delete", {"confirmation": "GitLab"})

    assert answer.status_code == 409
    assert "No administrator could log in any more." in text_of(answer)
    assert stored(runtime).deleted_at is None


def test_a_deleted_integration_is_gone_and_its_slug_is_not_used_again(page: IntegrationPage, runtime: Runtime) -> None:
    page.create()

    answer = page.person.post("/admin/integrations/gitlab/delete", {"confirmation": "GitLab"})

    assert answer.headers["Location"] == "/admin"
    assert "Integration deleted: “GitLab”" in text_of(page.person.get("/admin"))
    assert page.person.get("/admin/integrations/gitlab").status_code == 404
    assert field_value(page.person.get("/admin/integrations/new"), "slug") == "gitlab-2"
    with runtime.database.read() as session:
        assert session.scalars(select(AuditRecord.actor).where(AuditRecord.action == "integration_deleted")).all() == [
            "setup"
        ]


@pytest.mark.parametrize("path", ["", "/guide", "/try", "/delete"])
def test_an_unknown_integration_is_not_found(ann: Person, path: str) -> None:
    assert ann.get(f"/admin/integrations/nothing{path}").status_code == 404
