"""The wizard from its first page to the first administrator, left and resumed, without JavaScript."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from config import Settings
from models import Identity, Instance, InstanceState, Integration, Organization, Runtime, User, open_runtime
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person
from tests.functional.admin.pages import IntegrationPage, text_of
from wsgi import create_app

STEPS = ("System check", "Add integration", "Try the login", "Become administrator", "First organization")
STEP = re.compile(r'<li class="step step-(\w+)".*?<(?:a|span) class="step-label"[^>]*>([^<]+)<', re.DOTALL)


def progress_of(person: Person, path: str) -> dict[str, str]:
    """The progress bar of a page: step → state."""
    return {label: state for state, label in STEP.findall(person.get(path).get_data(as_text=True))}


def test_the_overview_names_five_steps_and_leads_to_the_first(owner: Person) -> None:
    page = owner.get("/setup")

    assert page.status_code == 200
    for step in STEPS:
        assert step in text_of(page)
    assert '<a class="btn btn-primary" href="/setup/check">' in page.get_data(as_text=True)


def test_every_page_of_setup_mode_says_so(owner: Person, page: IntegrationPage) -> None:
    page.create()

    for path in ("/setup", "/setup/check", "/setup/claim", "/setup/try/gitlab", "/admin", "/admin/settings", "/no"):
        assert "Setup Mode: this installation is not finished" in text_of(owner.get(path)), path


def test_the_check_is_done_once_nothing_failed(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    owner.get("/setup/check")
    assert progress_of(owner, "/setup")["System check"] == "todo"

    monkeypatch.setattr("setup_mode.views.count_failed", lambda _lines: 0)
    owner.get("/setup/check")

    assert progress_of(owner, "/setup")["System check"] == "done"
    assert progress_of(owner, "/setup/check")["System check"] == "current"


def test_the_second_step_is_the_form_and_later_the_list(owner: Person, page: IntegrationPage) -> None:
    assert owner.get("/setup/integrations").headers["Location"] == "/admin/integrations/new"
    assert progress_of(owner, "/admin/integrations/new")["Add integration"] == "current"

    page.create()

    words = text_of(owner.get("/setup/integrations"))
    assert "GitLab Self-Managed" in words
    assert "Not tried yet" in words
    assert progress_of(owner, "/setup/integrations")["Add integration"] == "current"


def test_a_trial_shows_account_and_scopes_and_stores_nothing(
    owner: Person, page: IntegrationPage, runtime: Runtime, gitlab: FakeGitLab
) -> None:
    page.create()

    answer = owner.log_in("gitlab", "test", "/setup/try/gitlab")

    assert answer.headers["Location"] == "/setup/try/gitlab"
    words = text_of(owner.get("/setup/try/gitlab"))
    assert "The login works" in words
    for scope in ("read_user", "read_api", "read_repository", "api"):
        assert f"granted {scope}" in words
    assert "Continue" in words
    assert progress_of(owner, "/setup")["Try the login"] == "done"
    with runtime.database.read() as session:
        assert session.scalars(select(User)).all() == []
        assert session.scalars(select(Identity)).all() == []
        assert session.scalars(select(Integration.product_version)).one() == "18.5.0-ee"
    assert gitlab.request_counts["POST /oauth/revoke"] == 1


def test_a_trial_waits_before_it_helps(owner: Person, page: IntegrationPage) -> None:
    page.create()
    before = owner.get("/setup/try/gitlab")
    owner.start("gitlab", "test", "/setup/try/gitlab")

    waiting = owner.get("/setup/try/gitlab/progress?turn=1")

    assert "Waiting for GitLab" not in text_of(before)
    assert 'target="_blank"' in before.get_data(as_text=True)
    assert "Waiting for GitLab" in text_of(waiting)
    assert 'data-poll-url="/setup/try/gitlab/progress?turn=2"' in waiting.get_data(as_text=True)
    assert '<meta http-equiv="refresh"' in owner.get("/setup/try/gitlab").get_data(as_text=True)


def test_the_page_that_waits_goes_on_with_the_result(owner: Person, page: IntegrationPage) -> None:
    page.create()
    owner.log_in("gitlab", "test", "/setup/try/gitlab")

    answer = owner.get("/setup/try/gitlab/progress?turn=4").get_data(as_text=True)

    assert "data-poll-url" not in answer
    assert 'data-poll-then="/setup/try/gitlab"' in answer


def test_an_old_result_does_not_hide_a_new_trial(owner: Person, page: IntegrationPage) -> None:
    page.create()
    owner.log_in("gitlab", "test", "/setup/try/gitlab")
    owner.start("gitlab", "test", "/setup/try/gitlab")

    assert "Waiting for GitLab" in text_of(owner.get("/setup/try/gitlab/progress"))


def test_a_page_left_open_stops_asking(owner: Person, page: IntegrationPage) -> None:
    page.create()

    assert "data-poll-url" not in owner.get("/setup/try/gitlab/progress?turn=300").get_data(as_text=True)


def test_a_refused_consent_is_explained(owner: Person, page: IntegrationPage) -> None:
    page.create()
    owner.decision = "deny"

    answer = owner.log_in("gitlab", "test", "/setup/try/gitlab")

    words = text_of(owner.get(answer.headers["Location"]))
    assert "The login was declined on the host" in words
    assert "Start again and choose Authorize." in words
    assert "Try again" in words


def test_a_trial_that_is_still_open_after_the_end_leads_to_the_administration(
    owner: Person, page: IntegrationPage
) -> None:
    page.create()
    owner.log_in("gitlab", "claim_admin")

    answer = owner.get("/setup/try/gitlab")

    assert answer.headers["Location"] == "/admin"
    assert "Repertory is set up now." in text_of(owner.get("/admin"))
    assert owner.get("/setup/try/gitlab/progress").status_code == 404, "upon which the page loads itself anew"


def test_there_is_no_trial_of_an_unknown_integration(owner: Person) -> None:
    assert owner.get("/setup/try/nothing").status_code == 404
    assert owner.get("/setup/try").headers["Location"] == "/admin/integrations/new"


def test_claiming_without_an_integration_says_what_to_do(owner: Person) -> None:
    assert "No integration is used to log in" in text_of(owner.get("/setup/claim"))


def test_logging_in_makes_an_administrator_ends_the_mode_and_leads_on(
    owner: Person, page: IntegrationPage, runtime: Runtime
) -> None:
    page.create()
    shown = owner.get("/setup/claim").get_data(as_text=True)
    assert "Log in and become administrator" in shown
    assert 'name="next" value="/orgs/new"' in shown

    answer = owner.log_in("gitlab", "claim_admin", "/orgs/new")

    assert answer.status_code == 303
    with runtime.database.read() as session:
        assert session.scalars(select(Instance.state)).one() is InstanceState.ACTIVE
        assert session.scalars(select(User.is_administrator)).all() == [True]
    for path in ("/setup", "/setup/check", "/setup/integrations", "/setup/claim"):
        assert owner.get(path).status_code == 404, path
    assert "Setup Mode" not in text_of(owner.get("/admin"))


def test_the_last_step_is_under_the_same_progress_bar_without_ways_back(owner: Person, page: IntegrationPage) -> None:
    page.create()
    owner.log_in("gitlab", "claim_admin", "/orgs/new")

    states = progress_of(owner, "/orgs/new")

    assert list(states.values()) == ["done"] * 4 + ["current"]
    assert "/setup" not in owner.get("/orgs/new").get_data(as_text=True)


def test_the_progress_bar_goes_with_the_first_organization(
    owner: Person, page: IntegrationPage, runtime: Runtime
) -> None:
    page.create()
    owner.log_in("gitlab", "claim_admin", "/orgs/new")
    with runtime.database.write() as session:
        session.add_all([Organization(short_name="acme", name="Acme"), Organization(short_name="two", name="Two")])

    assert progress_of(owner, "/orgs/new") == {}


def test_ordinary_people_never_see_the_progress_bar(owner: Person, page: IntegrationPage) -> None:
    page.create()
    owner.log_in("gitlab", "claim_admin", "/orgs/new")
    bob = Person(owner.app, owner.base_url, "bob")
    bob.log_in("gitlab")

    assert progress_of(bob, "/orgs/new") == {}


def test_each_step_can_be_left_and_resumed(owner: Person, page: IntegrationPage, runtime: Runtime) -> None:
    page.create()
    later = Person(create_app(runtime=runtime), owner.base_url, "ann")

    assert progress_of(later, "/setup")["Add integration"] == "done"
    assert 'href="/setup/try/gitlab"' in later.get("/setup").get_data(as_text=True)


def test_the_whole_setup_works_in_a_browser_that_needs_the_code(settings: Settings, gitlab: FakeGitLab) -> None:
    public = replace(
        settings,
        base_url="https://repertory.test",
        bind="0.0.0.0:8000",
        outbound_allow=(f"127.0.0.1:{gitlab.port}",),
    )
    runtime = open_runtime(public)
    app = create_app(runtime=runtime)
    stranger = Person(app, public.base_url, "eve")

    for path in ("/setup", "/setup/check", "/setup/claim", "/admin", "/admin/integrations/new", "/admin/settings"):
        page = stranger.get(path).get_data(as_text=True)
        assert "./repertory setup-link" in page, path
        assert "Client Secret" not in page, path
    form = IntegrationPage(stranger, runtime, gitlab)
    assert form.send(slug="gitlab").status_code == 403
    assert stranger.post("/admin/settings", {"name": "Taken"}).status_code == 403
    with runtime.database.read() as session:
        assert session.scalars(select(Integration)).all() == []
    runtime.database.close()


def test_forms_need_their_token(owner: Person, page: IntegrationPage, runtime: Runtime) -> None:
    values = page.values()

    for path in ("/admin/integrations/new", "/admin/settings"):
        assert owner.client.post(path, base_url=owner.base_url, data=values).status_code == 400, path
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert owner.post("/admin/integrations/new", values, headers=foreign).status_code == 403

    with runtime.database.read() as session:
        assert session.scalars(select(Integration)).all() == []


def test_the_chosen_administrator_is_named(settings: Settings, gitlab: FakeGitLab) -> None:
    chosen = replace(settings, setup_admin="127.0.0.1:bob", outbound_allow=(f"127.0.0.1:{gitlab.port}",))
    runtime = open_runtime(chosen)
    owner = Person(create_app(runtime=runtime), settings.base_url, "ann")
    IntegrationPage(owner, runtime, gitlab).create()

    assert "Only 127.0.0.1:bob may become the administrator" in text_of(owner.get("/setup/claim"))
    runtime.database.close()
