"""The profile: connecting and disconnecting accounts, sessions, addresses, confirming who one is."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from accounts.administrators import make_login_link
from accounts.jobs import end_blocked_sessions, forget_what_has_expired, warn_about_open_setup
from models import (
    AuditRecord,
    Credential,
    CredentialState,
    EmailAddress,
    Identity,
    IdentityState,
    Integration,
    JobRun,
    LoginLink,
    OAuthFlow,
    Runtime,
    SynchronizationState,
    SyncRun,
    User,
    WebSession,
    utc_now,
)
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person, add_integration
from tests.functional.rows import add_organization, add_synchronization


@pytest.fixture
def other_gitlab(runtime: Runtime, gitlab: FakeGitLab) -> Iterator[FakeGitLab]:
    """A second host, on which Ann has another account."""
    with FakeGitLab() as other:
        other.add_user("ann", email="ann@other.example", more_emails=[("ann@home.example", False)])
        allowed = (*runtime.settings.outbound_allow, f"127.0.0.1:{other.port}")
        object.__setattr__(runtime.settings, "outbound_allow", allowed)
        add_integration(runtime, other, "other")
        yield other


def make_old(runtime: Runtime) -> None:
    """Let every login be older than what sensitive acts need."""
    with runtime.database.write() as session:
        session.execute(update(WebSession).values(authenticated_at=utc_now() - timedelta(minutes=16)))


def identities(runtime: Runtime) -> list[Identity]:
    with runtime.database.read() as session:
        return list(session.scalars(select(Identity).order_by(Identity.id)))


def connect(person: Person, slug: str = "other") -> int:
    assert person.log_in(slug, purpose="link").headers["Location"] == "/profile/connect"
    return person.post("/profile/connect").status_code


def test_an_account_is_connected_only_after_its_owner_has_confirmed(
    ann: Person, runtime: Runtime, other_gitlab: FakeGitLab
) -> None:
    ann.log_in()

    answer = ann.log_in("other", purpose="link")

    assert answer.headers["Location"] == "/profile/connect"
    assert len(identities(runtime)) == 1
    assert "Connect this account to yours?" in ann.get("/profile/connect").get_data(as_text=True)

    ann.post("/profile/connect")

    assert len({identity.user_id for identity in identities(runtime)}) == 1
    assert len(identities(runtime)) == 2
    page = ann.get("/profile").get_data(as_text=True)
    assert "GitLab other" in page
    assert "ann@home.example" in page
    assert page.count(">Default<") == 1
    assert ann.get("/profile/connect").status_code == 303, "the question is asked once"


def test_a_link_begun_by_one_person_can_not_end_with_another(
    ann: Person, bob: Person, runtime: Runtime, other_gitlab: FakeGitLab
) -> None:
    ann.log_in()
    callback = ann.travel("other", purpose="link")
    bob.log_in()

    assert bob.come_back(callback).status_code == 400

    ann.post("/logout")
    ann.host_login = "bob"
    ann.host.cookies.clear()
    ann.log_in()
    assert ann.come_back(callback).status_code == 400
    assert {identity.integration.slug for identity in identities_with_integration(runtime)} == {"gitlab"}


def identities_with_integration(runtime: Runtime) -> list[Identity]:
    with runtime.database.read() as session:
        found = list(session.scalars(select(Identity)))
        for identity in found:
            assert identity.integration.slug
        return found


def test_a_pending_question_that_is_too_old_connects_nothing(
    ann: Person, runtime: Runtime, other_gitlab: FakeGitLab
) -> None:
    ann.log_in()
    ann.log_in("other", purpose="link")
    with runtime.database.write() as session:
        row = session.scalars(select(WebSession).where(WebSession.user_id.is_not(None))).one()
        pending = {**row.content["pending_link"], "until": (utc_now() - timedelta(seconds=1)).isoformat()}
        row.content = {**row.content, "pending_link": pending}

    ann.post("/profile/connect")

    assert len(identities(runtime)) == 1


def test_an_account_of_somebody_else_is_refused_without_naming_them(
    ann: Person, bob: Person, runtime: Runtime, other_gitlab: FakeGitLab
) -> None:
    bob.host_login = "ann"
    bob.log_in("other")
    with runtime.database.write() as session:
        session.execute(update(User).values(display_name="Secret Owner"))
    ann.log_in()

    answer = ann.log_in("other", purpose="link")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "somebody else" in page
    assert "Secret Owner" not in page


def test_connecting_needs_a_recent_login(ann: Person, runtime: Runtime, other_gitlab: FakeGitLab) -> None:
    ann.log_in()
    make_old(runtime)

    assert ann.start("other", purpose="link").status_code == 403
    assert "Confirm that it is you" in ann.get("/profile").get_data(as_text=True)

    confirmed = ann.log_in(purpose="reauthenticate", next_path="/profile")

    assert confirmed.headers["Location"] == "/profile"
    assert ann.start("other", purpose="link").status_code == 200


def test_confirming_with_another_account_does_not_count(
    ann: Person, bob: Person, runtime: Runtime, gitlab: FakeGitLab
) -> None:
    ann.log_in()
    make_old(runtime)
    ann.host_login = "bob"
    ann.host.cookies.clear()

    answer = ann.log_in(purpose="reauthenticate")

    assert answer.status_code == 403
    assert "another account" in answer.get_data(as_text=True)
    assert ann.get("/admin/integrations/new").status_code == 403, "nor did it change who is logged in"
    assert ann.who() == "ann"


def test_one_can_confirm_only_with_an_own_integration(ann: Person, runtime: Runtime, other_gitlab: FakeGitLab) -> None:
    ann.log_in()

    assert ann.start("other", purpose="reauthenticate").status_code == 404


def test_the_last_account_can_not_be_disconnected(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    (identity,) = identities(runtime)

    ann.post(f"/profile/accounts/{identity.id}/disconnect")

    assert "your last account" in ann.get("/profile").get_data(as_text=True)
    assert identities(runtime)[0].user_id is not None


def test_a_disconnected_account_ends_its_sessions_and_its_tokens(
    ann: Person, runtime: Runtime, other_gitlab: FakeGitLab
) -> None:
    ann.log_in()
    connect(ann)
    elsewhere = Person(ann.app, ann.base_url, "ann")
    elsewhere.log_in("other")
    elsewhere.log_in("other", purpose="authorize")
    other = next(identity for identity in identities_with_integration(runtime) if identity.integration.slug == "other")
    assert "What will happen" in ann.get(f"/profile/accounts/{other.id}/disconnect").get_data(as_text=True)

    ann.post(f"/profile/accounts/{other.id}/disconnect")

    assert (ann.who(), elsewhere.who()) == ("ann", "nobody")
    with runtime.database.read() as session:
        credential = session.scalars(select(Credential)).one()
        assert credential.state is CredentialState.NEEDS_RECONNECT
        assert credential.unseal_access_token(runtime.secret_box) == ""
        assert session.get_one(Identity, other.id).user_id is None


def test_disconnecting_the_account_in_use_moves_the_session_to_another(
    ann: Person, runtime: Runtime, other_gitlab: FakeGitLab
) -> None:
    ann.log_in()
    connect(ann)
    first = identities(runtime)[0]

    ann.post(f"/profile/accounts/{first.id}/disconnect")

    assert ann.who() == "ann"
    assert identities(runtime)[0].user_id is None


def test_a_foreign_account_can_not_be_disconnected(ann: Person, bob: Person, runtime: Runtime) -> None:
    ann.log_in()
    bob.log_in()
    foreign = next(identity for identity in identities(runtime) if identity.login == "bob")

    assert ann.get(f"/profile/accounts/{foreign.id}/disconnect").status_code == 404
    assert ann.post(f"/profile/accounts/{foreign.id}/disconnect").status_code == 404


def test_an_authorization_is_kept_with_the_granted_scopes_and_replaced_by_the_next(
    ann: Person, runtime: Runtime, gitlab: FakeGitLab
) -> None:
    ann.log_in()

    answer = ann.log_in(purpose="authorize", next_path="/private")
    ann.log_in(purpose="authorize")

    assert answer.headers["Location"] == "/private"
    with runtime.database.read() as session:
        credential = session.scalars(select(Credential)).one()
        assert set(credential.scopes) == {"read_user", "read_api", "read_repository", "api"}
        assert credential.version == 2
        assert credential.unseal_access_token(runtime.secret_box) not in credential.access_token_sealed


def test_reconnecting_an_account_lets_its_synchronizations_go_on(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    ann.log_in(purpose="authorize")
    with runtime.database.write() as session:
        acme = add_organization(session)
        synchronization = add_synchronization(session, acme, session.scalars(select(Integration)).one())
        synchronization.credential_id = session.scalars(select(Credential.id)).one()
        synchronization.state = SynchronizationState.NEEDS_CREDENTIAL

    ann.log_in(purpose="authorize")

    with runtime.database.read() as session:
        assert session.scalars(select(SyncRun)).one().reasons == ["account reconnected"]
        assert session.scalars(select(JobRun)).one().name.endswith("synchronize_organization")


def test_an_ordinary_login_keeps_no_token(ann: Person, runtime: Runtime) -> None:
    ann.log_in()

    with runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Credential)) == 0


def test_authorizing_an_account_that_is_not_connected_asks_to_connect_it_first(
    ann: Person, runtime: Runtime, other_gitlab: FakeGitLab
) -> None:
    ann.log_in()

    answer = ann.log_in("other", purpose="authorize", next_path="/private")

    assert answer.headers["Location"] == "/profile/connect"
    assert ann.post("/profile/connect").headers["Location"] == "/private"


def test_sessions_are_listed_and_can_be_ended(ann: Person, runtime: Runtime) -> None:
    elsewhere = Person(ann.app, ann.base_url, "ann")
    ann.log_in()
    elsewhere.log_in()
    with runtime.database.read() as session:
        ids = list(
            session.scalars(select(WebSession.id).where(WebSession.user_id.is_not(None)).order_by(WebSession.id))
        )

    page = ann.get("/profile/sessions").get_data(as_text=True)
    assert page.count("This one") == 1
    ann.post(f"/profile/sessions/{ids[1]}/end")

    assert (ann.who(), elsewhere.who()) == ("ann", "nobody")


def test_all_other_sessions_end_at_once(ann: Person, bob: Person) -> None:
    others = [Person(ann.app, ann.base_url, "ann") for _ in range(2)]
    for person in (ann, bob, *others):
        person.log_in()

    ann.post("/profile/sessions/end-others")

    assert [person.who() for person in (ann, bob, *others)] == ["ann", "bob", "nobody", "nobody"]


def test_a_session_of_somebody_else_can_not_be_ended(ann: Person, bob: Person, runtime: Runtime) -> None:
    ann.log_in()
    bob.log_in()
    with runtime.database.read() as session:
        bobs = session.scalars(
            select(WebSession.id).join(User, User.id == WebSession.user_id).where(User.display_name == "Bob")
        ).one()

    assert ann.post(f"/profile/sessions/{bobs}/end").status_code == 404
    assert bob.who() == "bob"


def test_the_default_address_is_chosen_by_its_owner_and_survives_the_next_login(
    ann: Person, bob: Person, runtime: Runtime, other_gitlab: FakeGitLab
) -> None:
    ann.log_in("other")
    bob.log_in()
    with runtime.database.read() as session:
        by_address = {row.address: row.id for row in session.scalars(select(EmailAddress))}

    assert ann.post(f"/profile/addresses/{by_address['bob@example.com']}/default").status_code == 404
    ann.post(f"/profile/addresses/{by_address['ann@home.example']}/default")
    ann.log_in("other")

    with runtime.database.read() as session:
        defaults = list(session.scalars(select(EmailAddress.address).where(EmailAddress.is_default)))
        unverified = list(session.scalars(select(EmailAddress.address).where(~EmailAddress.is_verified)))
    assert sorted(defaults) == ["ann@home.example", "bob@example.com"]
    assert unverified == ["ann@home.example"]


def test_an_integration_may_be_trusted_with_addresses(ann: Person, runtime: Runtime, other_gitlab: FakeGitLab) -> None:
    with runtime.database.write() as session:
        session.execute(update(Integration).values(is_trusting_emails=True))

    ann.log_in("other")

    with runtime.database.read() as session:
        assert all(session.scalars(select(EmailAddress.is_verified)))


def test_the_theme_is_kept_with_the_account(ann: Person, runtime: Runtime) -> None:
    ann.log_in()

    ann.post("/profile/theme", {"theme": "dark"})

    elsewhere = Person(ann.app, ann.base_url, "ann")
    elsewhere.log_in()
    assert 'data-bs-theme="dark"' in elsewhere.get("/profile").get_data(as_text=True)


def test_a_login_link_works_once_and_without_a_code_host(ann: Person, bob: Person, runtime: Runtime) -> None:
    ann.log_in()
    with runtime.database.write() as session:
        link = make_login_link(session, base_url="http://localhost:8000", user="ann", actor="root", now=utc_now())
    path, _, secret = link.removeprefix("http://localhost:8000").partition("#")

    assert bob.get(path).status_code == 200
    assert bob.post(path, {"code": secret}).status_code == 303
    assert bob.who() == "ann"
    again = Person(ann.app, ann.base_url)
    assert again.post(path, {"code": secret}).status_code == 403
    with runtime.database.read() as session:
        assert secret not in str(list(session.scalars(select(LoginLink.digest))))
        assert "login_link_used" in set(session.scalars(select(AuditRecord.action)))


def test_a_login_link_expires(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    with runtime.database.write() as session:
        link = make_login_link(session, base_url="", user="ann", actor="root", now=utc_now() - timedelta(minutes=11))

    assert Person(ann.app, ann.base_url).post("/login/-/link", {"code": link}).status_code == 403


def test_sessions_of_the_blocked_leave_the_list(ann: Person, bob: Person, runtime: Runtime) -> None:
    ann.log_in()
    bob.log_in()
    with runtime.database.write() as session:
        session.execute(update(Identity).where(Identity.login == "bob").values(state=IdentityState.BLOCKED))

    end_blocked_sessions(runtime)

    with runtime.database.read() as session:
        revoked = select(func.count()).select_from(WebSession).where(WebSession.revoked_at.is_not(None))
        assert session.scalar(revoked) == 1
    assert (ann.who(), bob.who()) == ("ann", "nobody")


def test_what_nobody_can_use_any_more_is_forgotten(ann: Person, runtime: Runtime) -> None:
    ann.start()
    with runtime.database.write() as session:
        session.execute(update(OAuthFlow).values(expires_at=utc_now() - timedelta(minutes=1)))

    forget_what_has_expired(runtime)
    warn_about_open_setup(runtime)

    with runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(OAuthFlow)) == 0


@pytest.mark.parametrize(
    "path", ["/profile", "/profile/tokens", "/profile/sessions", "/profile/connect", "/profile/confirm"]
)
def test_the_profile_is_for_people_who_are_logged_in(ann: Person, path: str) -> None:
    assert ann.get(path).headers["Location"].startswith("/login?next=")
