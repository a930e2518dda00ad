"""People: who is listed, who is made administrator, who is kept out."""

import pytest
from sqlalchemy import select

from models import AuditRecord, Runtime, User
from tests.functional.accounts.journey import Person
from tests.functional.admin.pages import text_of

ANN, BOB = 1, 2


def user(runtime: Runtime, user_id: int) -> User:
    with runtime.database.read() as session:
        return session.get_one(User, user_id)


def actions(runtime: Runtime) -> list[str]:
    with runtime.database.read() as session:
        query = select(AuditRecord.action).where(AuditRecord.actor_user_id == ANN).order_by(AuditRecord.id)
        return list(session.scalars(query))


def test_everybody_is_listed_with_accounts_and_role(ann: Person, bob: Person) -> None:
    words = text_of(ann.get("/admin/users"))

    assert "ann at GitLab" in words
    assert "bob at GitLab" in words
    assert words.count("Administrator ") >= 1
    assert "No longer administrator" in words
    assert "Make administrator" in words


@pytest.mark.parametrize(("text", "is_found"), [("BO", True), ("b_b", False), ("%", False), ("zoe", False)])
def test_people_are_found_by_a_part_of_name_or_login(ann: Person, bob: Person, text: str, is_found: bool) -> None:
    words = text_of(ann.get("/admin/users", query_string={"q": text}))

    assert ("bob at GitLab" in words) is is_found
    assert "ann at GitLab" not in words


def test_an_administrator_makes_another_and_takes_it_back(ann: Person, bob: Person, runtime: Runtime) -> None:
    assert ann.post(f"/admin/users/{BOB}/grant").status_code == 303
    assert bob.get("/admin").status_code == 200
    assert user(runtime, BOB).administrator_granted_by == "ann"

    ann.post(f"/admin/users/{BOB}/revoke")

    assert bob.get("/admin").status_code == 403
    assert actions(runtime)[-2:] == ["administrator_granted", "administrator_revoked"]


def test_an_administrator_may_resign_when_there_is_another(ann: Person, bob: Person) -> None:
    ann.post(f"/admin/users/{BOB}/grant")

    answer = ann.post(f"/admin/users/{ANN}/revoke")

    assert answer.headers["Location"] == "/"
    assert ann.get("/admin").status_code == 403


@pytest.mark.parametrize("action", ["revoke", "disable"])
def test_the_last_administrator_stays(ann: Person, bob: Person, runtime: Runtime, action: str) -> None:
    answer = ann.post(f"/admin/users/{ANN}/{action}")

    assert answer.headers["Location"] == "/admin/users"
    assert "This is the last administrator." in text_of(ann.get("/admin/users"))
    assert user(runtime, ANN).is_administrator
    assert user(runtime, ANN).disabled_at is None


def test_an_administrator_who_is_kept_out_does_not_count(ann: Person, bob: Person, runtime: Runtime) -> None:
    ann.post(f"/admin/users/{BOB}/grant")
    ann.post(f"/admin/users/{BOB}/disable")

    ann.post(f"/admin/users/{ANN}/revoke")

    assert user(runtime, ANN).is_administrator


def test_somebody_who_is_kept_out_is_logged_out_at_once_and_can_come_back(
    ann: Person, bob: Person, runtime: Runtime
) -> None:
    assert bob.get("/profile").status_code == 200

    ann.post(f"/admin/users/{BOB}/disable")

    assert bob.get("/profile").status_code == 303
    assert "Kept out" in text_of(ann.get("/admin/users"))
    assert "switched off" in text_of(bob.log_in("gitlab"))

    ann.post(f"/admin/users/{BOB}/enable")

    assert bob.log_in("gitlab").status_code == 303
    assert bob.get("/profile").status_code == 200
    assert actions(runtime)[-2:] == ["user_disabled", "user_enabled"]


def test_sessions_of_somebody_are_ended_but_not_the_own_one(ann: Person, bob: Person, runtime: Runtime) -> None:
    ann.post(f"/admin/users/{BOB}/end-sessions")
    ann.post(f"/admin/users/{ANN}/end-sessions")

    assert bob.get("/profile").status_code == 303
    assert ann.get("/profile").status_code == 200
    assert actions(runtime)[-2:] == ["sessions_ended", "sessions_ended"]


@pytest.mark.parametrize("path", ["/admin/users/99/disable", "/admin/users/1/promote"])
def test_what_does_not_exist_is_not_found(ann: Person, path: str) -> None:
    assert ann.post(path).status_code == 404


def test_nobody_can_be_kept_out_in_setup_mode(owner: Person) -> None:
    assert owner.post("/admin/users/1/disable").status_code == 303
    assert owner.post("/admin/users/1/disable").headers["Location"] == "/setup"
