"""Reading requests get a reading session, writing ones a writing one, and nothing is committed by itself."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models.runtime import Runtime
from models.user import User
from web.database import get_session


@pytest.fixture(autouse=True)
def ann(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.add(User(display_name="ann"))


@pytest.mark.parametrize(
    ("path", "method", "engine"),
    [
        ("/read", "GET", "read_engine"),
        ("/read", "HEAD", "read_engine"),
        ("/form", "POST", "write_engine"),
        ("/renew", "GET", "write_engine"),
        ("/nowhere", "GET", "read_engine"),
    ],
)
def test_the_engine_follows_the_request(app: Flask, runtime: Runtime, path: str, method: str, engine: str) -> None:
    with app.test_request_context(path, method=method):
        assert get_session().get_bind() is getattr(runtime.database, engine)
        assert get_session() is get_session()


def test_a_view_that_forgot_to_commit_does_not_lock_the_session_store(client: FlaskClient, runtime: Runtime) -> None:
    client.get("/log-in/ann")

    assert client.get("/forget-to-commit").status_code == 200

    answer = client.get("/read").json
    assert answer == {"value": "kept", "user_id": 1}
    with runtime.database.read() as session:
        assert session.scalars(select(User.display_name)).one() == "ann"
