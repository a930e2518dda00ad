"""Logging in through a code host: the round trip, and everything that must not work."""

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from models import (
    ComposerToken,
    EmailAddress,
    Identity,
    IdentityState,
    Integration,
    LoginPolicy,
    Membership,
    MembershipSource,
    OAuthFlow,
    Organization,
    Runtime,
    Team,
    TeamKind,
    User,
    WebSession,
    utc_now,
)
from tests.fakes.gitlab import FakeGitLab, Kind
from tests.functional.accounts.journey import Person, add_integration


def count(runtime: Runtime, model: type[object]) -> int:
    with runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def identity_of(runtime: Runtime, login: str) -> Identity:
    with runtime.database.read() as session:
        return session.scalars(select(Identity).where(Identity.login == login)).one()


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


def test_two_integrations_with_one_address_make_two_people(ann: Person, runtime: Runtime) -> None:
    with FakeGitLab() as other:
        other.add_user("zoe", email="ann@example.com")
        object.__setattr__(
            runtime.settings, "outbound_allow", (*runtime.settings.outbound_allow, f"127.0.0.1:{other.port}")
        )
        add_integration(runtime, other, "other")
        zoe = Person(ann.app, ann.base_url, "zoe")

        ann.log_in()
        zoe.log_in("other")

        assert (ann.who(), zoe.who()) == ("ann", "zoe")
    assert count(runtime, User) == 2


def test_a_renamed_login_is_the_same_person_and_a_reused_one_another(
    ann: Person, bob: Person, runtime: Runtime, gitlab: FakeGitLab
) -> None:
    ann.log_in()
    user_id = identity_of(runtime, "ann").user_id
    people = {user.username: user for user in gitlab.state.users.values()}
    people["ann"].username, people["ann"].name = "ann-marie", "Ann-Marie"
    ann.host_login = "ann-marie"
    people["bob"].username, people["bob"].name = "ann", "Ann"
    bob.host_login = "ann"

    ann.log_in()
    bob.log_in()

    assert identity_of(runtime, "ann-marie").user_id == user_id
    assert identity_of(runtime, "ann").user_id != user_id


def test_a_pending_identity_is_claimed_and_what_was_granted_works_at_once(
    ann: Person, runtime: Runtime, gitlab: FakeGitLab
) -> None:
    remote_id = next(str(user.id) for user in gitlab.state.users.values() if user.username == "ann")
    with runtime.database.write() as session:
        integration = session.scalars(select(Integration)).one()
        integration.login_policy = LoginPolicy.MEMBERS
        pending = Identity(integration_id=integration.id, remote_id=remote_id, login="old-name")
        acme = Organization(short_name="acme", name="Acme")
        team = Team(organization=acme, kind=TeamKind.SYNCHRONIZED, name="Backend")
        session.add_all([pending, acme, team])
        session.flush()
        session.add(Membership(team_id=team.id, identity_id=pending.id, source=MembershipSource.LOCAL))

    answer = ann.log_in()

    assert answer.status_code == 303
    assert ann.get("/orgs/acme").get_data(as_text=True) == "Acme"
    assert count(runtime, Identity) == 1
    assert identity_of(runtime, "ann").user_id is not None
    assert "Log in with" not in ann.get("/page").get_data(as_text=True)


def test_somebody_without_an_organization_is_refused_by_policy_and_nothing_is_kept(
    ann: Person, runtime: Runtime
) -> None:
    with runtime.database.write() as session:
        session.execute(update(Integration).values(login_policy=LoginPolicy.MEMBERS))

    answer = ann.log_in()

    assert answer.status_code == 403
    assert "No organization here uses your account" in answer.get_data(as_text=True)
    assert (count(runtime, User), count(runtime, Identity)) == (0, 0)
    assert ann.who() == "nobody"


def test_a_membership_that_has_expired_does_not_let_anybody_in(
    ann: Person, runtime: Runtime, gitlab: FakeGitLab
) -> None:
    remote_id = next(str(user.id) for user in gitlab.state.users.values() if user.username == "ann")
    with runtime.database.write() as session:
        integration = session.scalars(select(Integration)).one()
        integration.login_policy = LoginPolicy.MEMBERS
        pending = Identity(integration_id=integration.id, remote_id=remote_id, login="ann")
        acme = Organization(short_name="acme", name="Acme")
        team = Team(organization=acme, kind=TeamKind.LOCAL, name="Guests")
        session.add_all([pending, acme, team])
        session.flush()
        yesterday = utc_now().date() - timedelta(days=1)
        session.add(
            Membership(team_id=team.id, identity_id=pending.id, source=MembershipSource.LOCAL, expires_on=yesterday)
        )

    assert ann.log_in().status_code == 403
    assert identity_of(runtime, "ann").user_id is None


def test_a_blocked_account_ends_the_session_within_one_request(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    with runtime.database.write() as session:
        session.execute(update(Identity).values(state=IdentityState.BLOCKED))

    assert ann.who() == "nobody"
    assert ann.get("/private").status_code == 303


def test_another_living_account_keeps_the_session_of_a_blocked_one(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    identity = identity_of(runtime, "ann")
    with runtime.database.write() as session:
        session.execute(update(Identity).values(state=IdentityState.BLOCKED))
        session.add(
            Identity(integration_id=identity.integration_id, remote_id="999", login="ann-2", user_id=identity.user_id)
        )

    assert ann.get("/private").status_code == 200


def test_a_disabled_person_can_neither_stay_nor_come_back(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    with runtime.database.write() as session:
        session.execute(update(User).values(disabled_at=utc_now()))

    assert ann.who() == "nobody"
    assert "switched off" in ann.log_in().get_data(as_text=True)


def test_addresses_are_kept_as_the_host_reports_them(ann: Person, runtime: Runtime) -> None:
    ann.log_in()

    with runtime.database.read() as session:
        address = session.scalars(select(EmailAddress)).one()

    assert (address.address, address.is_verified, address.is_default) == ("ann@example.com", True, True)


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
