"""Personal Composer tokens: shown once, hashed, copy-ready, revocable at once."""

import re
from datetime import timedelta

from sqlalchemy import select, text, update

from composer.tokens import USER_PREFIX, is_token
from models import (
    ComposerToken,
    Identity,
    Membership,
    MembershipSource,
    Organization,
    Runtime,
    Team,
    TeamKind,
    WebSession,
    digest_secret,
    utc_now,
)
from tests.functional.accounts.journey import Person

TOKEN = re.compile(r"rptu_[0-9A-Za-z]{38}")


def create(person: Person, *, name: str = "laptop", life: str = "365") -> str:
    page = person.post("/profile/tokens", {"name": name, "life": life}).get_data(as_text=True)
    found = TOKEN.search(page)
    assert found, page
    return found[0]


def rows(runtime: Runtime) -> list[ComposerToken]:
    with runtime.database.read() as session:
        return list(session.scalars(select(ComposerToken).order_by(ComposerToken.id)))


def test_a_new_token_is_shown_once_with_everything_to_copy(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    with runtime.database.write() as session:
        acme = Organization(short_name="acme", name="Acme")
        team = Team(organization=acme, kind=TeamKind.LOCAL, name="Guests")
        session.add(team)
        session.flush()
        identity = session.scalars(select(Identity)).one()
        session.add(Membership(team_id=team.id, identity_id=identity.id, source=MembershipSource.LOCAL))

    page = ann.post("/profile/tokens", {"name": "laptop", "life": "365"}).get_data(as_text=True)

    token = TOKEN.findall(page)[0]
    assert is_token(token, USER_PREFIX)
    assert f"composer config --global --auth http-basic.localhost:8000 token {token}" in page
    assert "composer config --global secure-http false" in page
    assert "composer config repositories.acme composer http://localhost:8000/acme/" in page
    assert "COMPOSER_AUTH" in page
    later = ann.get("/profile/tokens").get_data(as_text=True)
    assert token not in later
    assert f"rptu_…{token[-4:]}" in later
    assert "YOUR_TOKEN" in later


def test_the_database_holds_only_a_digest(ann: Person, runtime: Runtime) -> None:
    ann.log_in()

    token = create(ann)

    (row,) = rows(runtime)
    assert row.digest == digest_secret(token)
    with runtime.database.read() as session:
        for table in ("composer_token", "audit_record", "web_session"):
            assert token not in str(session.execute(text(f"SELECT * FROM {table}")).all())


def test_a_token_expires_as_chosen(ann: Person, runtime: Runtime) -> None:
    ann.log_in()

    for life in ("30", "90", "365", "never"):
        create(ann, name=life, life=life)

    lives = {row.name: row.expires_at and (row.expires_at - row.created_at).days for row in rows(runtime)}
    assert lives == {"30": 30, "90": 90, "365": 365, "never": None}


def test_a_token_needs_a_name_and_a_known_life(ann: Person, runtime: Runtime) -> None:
    ann.log_in()

    unnamed = ann.post("/profile/tokens", {"name": "", "life": "365"})
    forever = ann.post("/profile/tokens", {"name": "x", "life": "100000"})

    assert (unnamed.status_code, forever.status_code) == (422, 422)
    assert "Give the token a name" in unnamed.get_data(as_text=True)
    assert rows(runtime) == []


def test_a_token_is_revoked_at_once_and_only_by_its_owner(ann: Person, bob: Person, runtime: Runtime) -> None:
    ann.log_in()
    bob.log_in()
    create(ann)
    (row,) = rows(runtime)

    assert bob.post(f"/profile/tokens/{row.id}/revoke").status_code == 404
    assert rows(runtime)[0].revoked_at is None
    ann.post(f"/profile/tokens/{row.id}/revoke")

    assert rows(runtime)[0].revoked_at is not None
    assert "You have no token" in ann.get("/profile/tokens").get_data(as_text=True)
    assert ann.post(f"/profile/tokens/{row.id}/revoke").status_code == 404


def test_making_a_token_needs_a_recent_login(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    with runtime.database.write() as session:
        session.execute(update(WebSession).values(authenticated_at=utc_now() - timedelta(minutes=16)))

    answer = ann.post("/profile/tokens", {"name": "laptop", "life": "30"})

    assert answer.headers["Location"] == "/profile/confirm?next=/profile/tokens"
    assert rows(runtime) == []
    assert "Create token" not in ann.get("/profile/tokens").get_data(as_text=True)


def test_an_expired_token_is_shown_as_such(ann: Person, runtime: Runtime) -> None:
    ann.log_in()
    create(ann)
    with runtime.database.write() as session:
        session.execute(update(ComposerToken).values(expires_at=utc_now() - timedelta(days=1)))

    assert "Expired" in ann.get("/profile/tokens").get_data(as_text=True)
