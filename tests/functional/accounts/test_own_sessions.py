"""The rest of the profile: sessions, addresses, theme, login links, and what is forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from accounts.administrators import make_login_link
from accounts.jobs import end_blocked_sessions, forget_what_has_expired, warn_about_open_setup
from models import (
    AuditRecord,
    EmailAddress,
    Identity,
    IdentityState,
    Integration,
    LoginLink,
    OAuthFlow,
    Runtime,
    User,
    WebSession,
    utc_now,
)
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person


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
