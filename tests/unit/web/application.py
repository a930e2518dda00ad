"""A small application on the shared web floor: a few pages, a form, and an address for programs."""

from pathlib import Path

from flask import Blueprint, Flask, abort, flash, render_template_string, request, url_for
from flask import session as flask_session
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

import web
from models.runtime import Runtime
from models.user import User
from web.database import get_session, writes
from web.limits import limited
from web.login import (
    browser_session,
    confirm_identity,
    is_recently_authenticated,
    log_in,
    log_out,
    renew_session_id,
)
from web.machines import for_machines

ROOT = Path(__file__).resolve().parents[3]
PAGE = '{% extends "base.html" %}{% block title %}Page{% endblock %}{% block content %}<h1>Page</h1>{% endblock %}'
FORM = '<form method="post"><input name="csrf_token" value="{{ csrf_token() }}"></form>'

machine = for_machines(Blueprint("machine", __name__))


def make_app(runtime: Runtime) -> Flask:
    """The application under test; its templates are the product's."""
    app = Flask("tests", static_folder=None, root_path=str(ROOT))
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    web.init_app(app, runtime)
    _add_pages(app)
    _add_session_pages(app)
    _add_login_pages(app)
    app.register_blueprint(machine)
    return app


def _add_pages(app: Flask) -> None:
    @app.get("/page")
    def page() -> str:
        return render_template_string(PAGE)

    @app.route("/form", methods=["GET", "POST"])
    def form() -> str:
        return render_template_string(FORM)

    @app.get("/crash")
    def crash() -> str:
        raise RuntimeError("secret detail")

    @app.get("/refuse/<int:status>")
    def refuse(status: int) -> str:
        abort(status)

    @app.get("/database-down")
    def database_down() -> str:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    @app.get("/limited")
    @limited("page", limit=2)
    def limited_page() -> str:
        return "fine"

    @app.get("/where")
    def where() -> dict[str, str | None]:
        return {"url": url_for("page", _external=True), "address": request.remote_addr}


def _add_session_pages(app: Flask) -> None:
    @app.get("/keep/<value>")
    def keep(value: str) -> str:
        flask_session["value"] = value
        return "kept"

    @app.get("/read")
    def read() -> dict[str, object]:
        return {"value": flask_session.get("value"), "user_id": browser_session().user_id}

    @app.get("/forget-to-commit")
    @writes
    def forget_to_commit() -> str:
        flask_session["value"] = "kept"
        get_session().execute(text("UPDATE user_account SET display_name = 'changed'"))
        return "not committed"


def _add_login_pages(app: Flask) -> None:
    @app.get("/log-in/<name>")
    @writes
    def log_in_as(name: str) -> str:
        session = get_session()
        user = session.query(User).filter_by(display_name=name).one()
        log_in(session, user_id=user.id)
        session.commit()
        flash("Welcome", "success")
        return "in"

    @app.get("/flash")
    def flash_now() -> str:
        flash("Before")
        return "noted"

    @app.get("/renew")
    @writes
    def renew() -> str:
        renew_session_id(get_session())
        get_session().commit()
        return "renewed"

    @app.get("/confirm")
    @writes
    def confirm() -> str:
        confirm_identity(get_session())
        get_session().commit()
        return "confirmed"

    @app.get("/recent")
    def recent() -> dict[str, bool]:
        return {"is_recent": is_recently_authenticated()}

    @app.get("/log-out")
    @writes
    def log_out_now() -> str:
        log_out(get_session())
        get_session().commit()
        return "out"


@machine.post("/machine")
def machine_view() -> dict[str, bool]:
    """An address that takes posts from programs."""
    return {"ok": True}


@machine.get("/machine/refuse/<int:status>")
def machine_refuse(status: int) -> str:
    """An address whose errors programs read."""
    abort(status)
