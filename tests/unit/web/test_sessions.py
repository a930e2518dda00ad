"""Sessions are rows: bound to one secret id, limited in time, and dead at once when they are ended."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask import session as flask_session
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from models.base import utc_now
from models.runtime import Runtime
from models.user import User, WebSession
from tests.unit.web.application import make_app
from tests.unit.web.conftest import browser
from web.login import (
    delete_expired_sessions,
    list_sessions,
    revoke_session,
    revoke_sessions_of_user,
)

OWN = "http://localhost:8000"


@pytest.fixture(autouse=True)
def people(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.add(User(display_name="ann", is_administrator=False))
        session.add(User(display_name="root", is_administrator=True))


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("rpt")
    return cookie.value if cookie else ""


def user_id_of(client: FlaskClient) -> object:
    answer = client.get("/read").json
    assert answer is not None
    return answer["user_id"]


def count_rows(runtime: Runtime) -> int:
    with runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(WebSession)) or 0


def age(runtime: Runtime, **columns: timedelta) -> None:
    now = utc_now()
    with runtime.database.write() as session:
        session.execute(update(WebSession).values({name: now - delta for name, delta in columns.items()}))


def test_looking_around_stores_nothing(client: FlaskClient, runtime: Runtime) -> None:
    responses = [client.get(path) for path in ("/page", "/read", "/nowhere", "/static/theme.css")]

    assert all("Set-Cookie" not in response.headers for response in responses)
    assert count_rows(runtime) == 0


def test_what_is_kept_comes_back(client: FlaskClient) -> None:
    client.get("/keep/blue")

    assert client.get("/read").json == {"value": "blue", "user_id": None}


def test_the_cookie_is_closed_to_scripts_and_other_sites(client: FlaskClient) -> None:
    header = client.get("/keep/blue").headers["Set-Cookie"]

    assert header.startswith("rpt=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(header.split("; "))
    assert "Secure" not in header
    assert "Domain" not in header


def test_on_https_the_cookie_is_bound_to_the_host(runtime: Runtime) -> None:
    settings = replace(runtime.settings, base_url="https://packages.example.com")
    client = browser(make_app(replace(runtime, settings=settings)), "https://packages.example.com")

    header = client.get("/keep/blue").headers["Set-Cookie"]

    assert header.startswith("__Host-rpt=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(header.split("; "))


def test_the_database_does_not_hold_what_the_cookie_says(client: FlaskClient, runtime: Runtime) -> None:
    client.get("/keep/blue")

    with runtime.database.read() as session:
        stored = session.scalars(select(WebSession)).one()
    assert len(cookie_of(client)) == 43
    assert cookie_of(client) not in str(vars(stored))


def test_logging_in_gives_a_new_id_and_kills_the_old_one(app: Flask, client: FlaskClient) -> None:
    client.get("/keep/planted")
    before = cookie_of(client)

    client.get("/log-in/ann")

    assert cookie_of(client) != before
    assert client.get("/read").json == {"value": None, "user_id": 1}
    stranger = browser(app, OWN)
    stranger.set_cookie("rpt", before)
    assert stranger.get("/read").json == {"value": None, "user_id": None}


def test_an_id_chosen_by_somebody_else_is_never_taken_over(client: FlaskClient) -> None:
    client.set_cookie("rpt", "chosen-by-an-attacker")

    client.get("/log-in/ann")

    assert cookie_of(client) != "chosen-by-an-attacker"
    assert user_id_of(client) == 1


def test_renewing_keeps_the_person_and_kills_the_old_id(app: Flask, client: FlaskClient) -> None:
    client.get("/log-in/ann")
    before = cookie_of(client)

    client.get("/renew")

    assert cookie_of(client) != before
    assert user_id_of(client) == 1
    stranger = browser(app, OWN)
    stranger.set_cookie("rpt", before)
    assert user_id_of(stranger) is None


def test_logging_out_kills_the_session_here_and_in_the_browser(
    app: Flask, client: FlaskClient, runtime: Runtime
) -> None:
    client.get("/log-in/ann")
    before = cookie_of(client)

    client.get("/log-out")

    assert client.get_cookie("rpt") is None
    assert count_rows(runtime) == 0
    stranger = browser(app, OWN)
    stranger.set_cookie("rpt", before)
    assert user_id_of(stranger) is None


@pytest.mark.parametrize(
    ("name", "idle", "age_of_session", "is_alive"),
    [
        ("ann", timedelta(hours=11, minutes=59), timedelta(days=1), True),
        ("ann", timedelta(hours=12, minutes=1), timedelta(days=1), False),
        ("ann", timedelta(0), timedelta(days=6, hours=23), True),
        ("ann", timedelta(0), timedelta(days=7, minutes=1), False),
        ("root", timedelta(minutes=59), timedelta(hours=2), True),
        ("root", timedelta(minutes=61), timedelta(hours=2), False),
        ("root", timedelta(0), timedelta(hours=11, minutes=59), True),
        ("root", timedelta(0), timedelta(hours=12, minutes=1), False),
    ],
)
def test_sessions_end_by_idleness_and_by_age(
    client: FlaskClient, runtime: Runtime, name: str, idle: timedelta, age_of_session: timedelta, is_alive: bool
) -> None:
    client.get(f"/log-in/{name}")

    age(runtime, last_seen_at=idle, created_at=age_of_session)

    assert (user_id_of(client) is not None) is is_alive
    assert (client.get_cookie("rpt") is not None) is is_alive


def test_a_person_made_administrator_gets_the_shorter_limits_at_once(client: FlaskClient, runtime: Runtime) -> None:
    client.get("/log-in/ann")
    age(runtime, last_seen_at=timedelta(hours=2))

    with runtime.database.write() as session:
        session.execute(update(User).values(is_administrator=True))

    assert user_id_of(client) is None


def test_disabling_a_person_ends_their_sessions_with_the_next_request(client: FlaskClient, runtime: Runtime) -> None:
    client.get("/log-in/ann")

    with runtime.database.write() as session:
        session.execute(update(User).where(User.display_name == "ann").values(disabled_at=utc_now()))

    assert user_id_of(client) is None


def test_a_revoked_session_is_dead_and_does_not_come_back(client: FlaskClient, runtime: Runtime) -> None:
    client.get("/log-in/ann")
    with runtime.database.write() as session:
        assert [revoke_session(session, session_id=item.id, user_id=1) for item in list_sessions(session, user_id=1)]

    answer = client.get("/keep/blue")

    assert answer.status_code == 200
    assert user_id_of(client) is None
    with runtime.database.read() as session:
        assert list_sessions(session, user_id=1) == []


def test_nobody_revokes_the_session_of_another(client: FlaskClient, runtime: Runtime) -> None:
    client.get("/log-in/ann")

    with runtime.database.write() as session:
        (own,) = list_sessions(session, user_id=1)
        assert revoke_session(session, session_id=own.id, user_id=2) is False

    assert user_id_of(client) == 1


def test_all_other_sessions_of_a_person_can_be_ended(app: Flask, runtime: Runtime) -> None:
    here, there = browser(app, OWN), browser(app, OWN)
    here.get("/log-in/ann")
    there.get("/log-in/ann")

    with runtime.database.write() as session:
        kept = min(item.id for item in list_sessions(session, user_id=1))
        revoke_sessions_of_user(session, user_id=1, except_id=kept)

    assert user_id_of(here) == 1
    assert user_id_of(there) is None


def test_a_session_revoked_during_a_request_stays_revoked(app: Flask, client: FlaskClient, runtime: Runtime) -> None:
    @app.get("/revoked-meanwhile")
    def revoked_meanwhile() -> str:
        flask_session["value"] = "late"
        with runtime.database.write() as session:
            revoke_sessions_of_user(session, user_id=1)
        return "done"

    client.get("/log-in/ann")
    response = client.get("/revoked-meanwhile")

    assert "rpt=;" in response.headers["Set-Cookie"]
    assert user_id_of(client) is None


@pytest.mark.parametrize(("ago", "is_noted"), [(timedelta(minutes=4), False), (timedelta(minutes=6), True)])
def test_being_seen_is_noted_every_five_minutes(
    client: FlaskClient, runtime: Runtime, ago: timedelta, is_noted: bool
) -> None:
    client.get("/log-in/ann")
    age(runtime, last_seen_at=ago)

    client.get("/read")

    with runtime.database.read() as session:
        stored = session.scalars(select(WebSession)).one()
    assert (utc_now() - stored.last_seen_at < timedelta(minutes=1)) is is_noted


def test_a_session_works_although_its_use_can_not_be_noted(
    client: FlaskClient, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/log-in/ann")
    age(runtime, last_seen_at=timedelta(minutes=6))

    def refuse() -> None:
        raise OperationalError("UPDATE", {}, Exception("read-only"))

    monkeypatch.setattr(runtime.database, "write", refuse)

    assert user_id_of(client) == 1


def test_a_proof_of_identity_is_recent_for_a_quarter_of_an_hour(client: FlaskClient, runtime: Runtime) -> None:
    assert client.get("/recent").json == {"is_recent": False}
    client.get("/log-in/ann")
    assert client.get("/recent").json == {"is_recent": True}

    age(runtime, authenticated_at=timedelta(minutes=16))
    assert client.get("/recent").json == {"is_recent": False}

    before = cookie_of(client)
    client.get("/confirm")
    assert client.get("/recent").json == {"is_recent": True}
    assert cookie_of(client) != before
    assert user_id_of(client) == 1


def test_logging_out_without_a_session_does_nothing(client: FlaskClient, runtime: Runtime) -> None:
    assert client.get("/log-out").status_code == 200
    assert count_rows(runtime) == 0


def test_messages_survive_the_login(client: FlaskClient) -> None:
    client.get("/flash")
    client.get("/log-in/ann")

    page = client.get("/page").text

    assert page.index("Before") < page.index("Welcome")
    assert "Welcome" not in client.get("/page").text


def test_rows_that_nobody_can_use_are_swept(client: FlaskClient, runtime: Runtime) -> None:
    client.get("/log-in/ann")
    with runtime.database.write() as session:
        delete_expired_sessions(session, utc_now())
    assert count_rows(runtime) == 1

    with runtime.database.write() as session:
        delete_expired_sessions(session, utc_now() + timedelta(hours=13))

    assert count_rows(runtime) == 0
