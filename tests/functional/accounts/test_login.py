"""Logging in through a code host: the round trip, and everything that must not work."""

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, update

from models import (
    ComposerToken,
    Integration,
    OAuthFlow,
    Runtime,
    User,
    WebSession,
    utc_now,
)
from tests.fakes.gitlab import FakeGitLab, Kind
from tests.functional.accounts.journey import Person, add_integration
from tests.functional.accounts.rows_of_accounts import count


def change_query(url: str, **changes: str) -> str:
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()} | changes
    return f"{urlsplit(url).path}?{urlencode(query)}"


def test_somebody_with_an_account_at_the_host_logs_in_and_out(ann: Person) -> None:
    assert ann.who() == "nobody"

    answer = ann.log_in(next_path="/private")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/private")
    assert ann.who() == "ann"
    assert ann.get("/private").get_data(as_text=True) == "private"

    ann.post("/logout")

    assert ann.who() == "nobody"


def test_a_login_starts_with_a_page_that_leads_on_by_itself_and_by_a_link(ann: Person, gitlab: FakeGitLab) -> None:
    answer = ann.start()

    url = ann.host_url(answer)
    query = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{gitlab.base_url}/oauth/authorize?")
    assert query["redirect_uri"] == ["http://localhost:8000/oauth/gitlab/callback"]
    assert query["scope"] == ["read_user"]
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["state"][0]) >= 43
    assert url.replace("&", "&amp;") in answer.get_data(as_text=True)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_login_can_not_be_started_by_a_link(ann: Person) -> None:
    assert ann.get("/login/gitlab?purpose=login").headers.get("Refresh") is None
    assert ann.client.post("/login/gitlab", base_url=ann.base_url).status_code == 400


def test_the_login_page_offers_each_integration_and_an_organization_only_its_own(
    ann: Person, runtime: Runtime, gitlab: FakeGitLab
) -> None:
    add_integration(runtime, gitlab, "second")

    page = ann.get("/login").get_data(as_text=True)

    assert "Log in with GitLab gitlab" in page
    assert "Log in with GitLab second" in page
    assert "127.0.0.1" in page
    assert "Log in with GitLab second" in ann.get("/login/nothing").get_data(as_text=True)


def test_a_callback_works_only_once(ann: Person, runtime: Runtime) -> None:
    callback = ann.travel()
    ann.come_back(callback)
    ann.post("/logout")

    again = ann.come_back(callback)

    assert again.status_code == 400
    assert "can not be finished" in again.get_data(as_text=True)
    assert ann.who() == "nobody"


def test_putting_back_an_old_cookie_does_not_make_a_state_work_again(ann: Person) -> None:
    callback = ann.travel()
    cookie = ann.client.get_cookie("rpt", domain="localhost")
    assert cookie is not None
    ann.come_back(callback)
    ann.client.set_cookie("rpt", cookie.value, domain="localhost")

    assert ann.come_back(callback).status_code == 400
    assert ann.who() == "nobody"


def test_another_browser_can_not_use_the_callback(ann: Person, bob: Person, runtime: Runtime) -> None:
    callback = ann.travel()
    bob.get("/page")

    answer = bob.come_back(callback)

    assert answer.status_code == 400
    assert bob.who() == "nobody"
    assert count(runtime, User) == 0
    assert ann.come_back(callback).status_code == 303, "the attempt did not use the state up for its owner"


def test_a_state_of_one_integration_is_refused_at_the_callback_of_another(
    ann: Person, runtime: Runtime, gitlab: FakeGitLab
) -> None:
    add_integration(runtime, gitlab, "gitlab-x")
    callback = ann.travel("gitlab-x")
    before = gitlab.request_counts.total()

    answer = ann.come_back(callback.replace("/oauth/gitlab-x/", "/oauth/gitlab/"))

    assert answer.status_code == 400
    assert gitlab.request_counts.total() == before, "no code was sent anywhere"
    assert count(runtime, User) == 0


def test_a_state_with_a_prefix_of_another_integrations_name_is_unknown(
    ann: Person, runtime: Runtime, gitlab: FakeGitLab
) -> None:
    add_integration(runtime, gitlab, "gitlab-x")
    callback = ann.travel("gitlab-x")
    state = parse_qs(urlsplit(callback).query)["state"][0]

    answer = ann.get("/oauth/gitlab/callback?" + urlencode({"code": "c", "state": f"x_{state}"}))

    assert answer.status_code == 400


def test_a_foreign_issuer_is_refused_and_the_right_one_accepted(ann: Person, gitlab: FakeGitLab) -> None:
    foreign = change_query(ann.travel(), iss="https://gitlab.example.com")
    assert ann.come_back(foreign).status_code == 400

    own = ann.travel()
    assert ann.come_back(change_query(own, iss=gitlab.base_url)).status_code == 303


@pytest.mark.parametrize("query", ["", "?code=abc", "?state=", "?error=access_denied&state=forged", "?error=x"])
def test_a_callback_without_a_state_of_ours_says_start_again(ann: Person, query: str) -> None:
    ann.get("/page")

    answer = ann.get(f"/oauth/gitlab/callback{query}")

    assert answer.status_code == 400
    assert "Start again" in answer.get_data(as_text=True)


def test_an_old_state_is_refused(ann: Person, runtime: Runtime) -> None:
    callback = ann.travel()
    with runtime.database.write() as session:
        session.execute(update(OAuthFlow).values(expires_at=utc_now() - timedelta(seconds=1)))

    assert ann.come_back(callback).status_code == 400


def test_a_sixth_login_on_its_way_replaces_the_oldest(ann: Person, runtime: Runtime) -> None:
    first = ann.travel()
    for _ in range(5):
        ann.start()

    assert ann.come_back(first).status_code == 400
    assert count(runtime, OAuthFlow) == 5


def test_the_session_id_changes_at_login_and_the_old_one_is_dead(ann: Person) -> None:
    callback = ann.travel()
    before = ann.client.get_cookie("rpt", domain="localhost")
    ann.come_back(callback)
    after = ann.client.get_cookie("rpt", domain="localhost")
    assert before is not None
    assert after is not None
    assert before.value != after.value

    ann.client.set_cookie("rpt", before.value, domain="localhost")

    assert ann.who() == "nobody"


def test_logging_out_kills_the_session_on_the_server(ann: Person) -> None:
    ann.log_in()
    cookie = ann.client.get_cookie("rpt", domain="localhost")
    assert cookie is not None
    ann.post("/logout")

    ann.client.set_cookie("rpt", cookie.value, domain="localhost")

    assert ann.who() == "nobody"


def test_the_page_after_the_login_is_always_one_of_ours(ann: Person) -> None:
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "/%09/evil", "/nothing-here"):
        assert ann.log_in(next_path=target).headers["Location"] == "/", target


def test_a_denied_login_is_explained(ann: Person) -> None:
    ann.decision = "deny"

    answer = ann.log_in()

    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "declined" in page
    assert "access_denied" in page


def test_a_hostile_error_text_is_shown_escaped_and_cut(ann: Person) -> None:
    state = parse_qs(urlsplit(ann.travel()).query)["state"][0]
    text = "<script>alert(1)</script>" + "x" * 5000

    answer = ann.get("/oauth/gitlab/callback?" + urlencode({"error": "odd", "error_description": text, "state": state}))

    page = answer.get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert "x" * 300 not in page


def test_a_wrong_client_secret_is_explained_and_the_secret_is_nowhere(ann: Person, runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.scalars(select(Integration)).one().seal_client_secret(runtime.secret_box, "canary-wrong-secret")

    answer = ann.log_in()

    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert "the secret is wrong" in page
    assert "canary-wrong-secret" not in page


def test_a_host_that_fails_is_named_without_details_to_ordinary_people(ann: Person, gitlab: FakeGitLab) -> None:
    callback = ann.travel()
    gitlab.misbehave(r"/api/v4/user$", Kind.STATUS_500)

    answer = ann.come_back(callback)

    assert answer.status_code == 503
    assert "GitLab gitlab can not be reached" in answer.get_data(as_text=True)
    assert ann.who() == "nobody"


def test_nothing_secret_of_a_login_is_stored_in_clear(ann: Person, runtime: Runtime) -> None:
    callback = ann.travel()
    state = parse_qs(urlsplit(callback).query)["state"][0]

    with runtime.database.read() as session:
        flow = session.scalars(select(OAuthFlow)).one()
        web_session = session.scalars(select(WebSession)).first()

    cookie = ann.client.get_cookie("rpt", domain="localhost")
    assert state not in f"{flow.state_digest}{flow.code_verifier_sealed}"
    assert cookie is not None
    assert web_session is not None
    assert web_session.digest != cookie.value
    assert count(runtime, ComposerToken) == 0


def test_an_integration_that_is_not_for_login_has_no_button_and_starts_nothing(ann: Person, runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.execute(update(Integration).values(is_for_login=False))

    assert "Log in with GitLab" not in ann.get("/login").get_data(as_text=True)
    assert ann.start().status_code == 404


def test_a_deleted_integration_ends_logins_on_their_way(ann: Person, runtime: Runtime) -> None:
    callback = ann.travel()
    with runtime.database.write() as session:
        session.execute(update(Integration).values(deleted_at=utc_now()))

    assert ann.come_back(callback).status_code == 400
    assert ann.start().status_code == 404


def test_a_base_url_that_changed_meanwhile_ends_logins_on_their_way(ann: Person, runtime: Runtime) -> None:
    callback = ann.travel()
    with runtime.database.write() as session:
        session.execute(update(Integration).values(base_url="https://elsewhere.example"))

    assert ann.come_back(callback).status_code == 400


@pytest.mark.parametrize("purpose", ["claim_admin", "test", "link", "authorize", "reauthenticate", "nonsense"])
def test_a_visitor_can_start_nothing_but_a_login(ann: Person, purpose: str) -> None:
    assert ann.start(purpose=purpose).status_code in {401, 403, 404}


def test_people_are_sent_to_the_login_page_and_come_back(app: Flask, ann: Person) -> None:
    answer = ann.get("/private?tab=2")

    assert answer.headers["Location"] == "/login?next=/private?tab%3D2"
    assert "/private?tab=2" in ann.get(answer.headers["Location"]).get_data(as_text=True)
