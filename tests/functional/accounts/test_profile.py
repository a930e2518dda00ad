"""The profile: connecting and disconnecting accounts, sessions, addresses, confirming who one is."""

from datetime import timedelta

from sqlalchemy import func, select, update

from models import (
    Credential,
    CredentialState,
    Identity,
    Integration,
    JobRun,
    Runtime,
    SynchronizationState,
    SyncRun,
    User,
    WebSession,
    utc_now,
)
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person
from tests.functional.accounts.second_host import identities, make_old
from tests.functional.rows import add_organization, add_synchronization


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
