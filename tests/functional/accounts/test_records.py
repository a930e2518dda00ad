"""What visits to a code host, setup links and login links leave in the audit log."""

from flask import Flask
from sqlalchemy import select

from accounts.administrators import make_login_link
from accounts.setup_state import mint_setup_link
from models import AuditRecord, Runtime, utc_now
from tests.functional.accounts.journey import Person


def new_records(runtime: Runtime, seen: list[int]) -> list[tuple[str, str, str]]:
    """Action, actor and address of each record since the last call."""
    with runtime.database.read() as session:
        rows = session.scalars(select(AuditRecord).where(AuditRecord.id.not_in(seen)).order_by(AuditRecord.id)).all()
    seen += [row.id for row in rows]
    return [(row.action, row.actor, row.ip_address) for row in rows]


def test_every_way_in_leaves_a_record_of_who_came_and_from_where(setup_app: Flask, runtime: Runtime) -> None:
    seen: list[int] = []
    ann, bob = (Person(setup_app, runtime.settings.base_url, login) for login in ("ann", "bob"))
    here = "127.0.0.1"

    mint_setup_link(runtime, actor="command line (root)")
    ann.get("/setup")
    assert new_records(runtime, seen) == [
        ("setup_code_minted", "command line (root)", ""),
        ("setup_unlocked", "setup", here),
    ]
    ann.log_in(purpose="claim_admin")
    assert new_records(runtime, seen) == [("account_connected", "Ann", here), ("setup_completed", "ann", here)]
    bob.log_in()
    assert new_records(runtime, seen) == [("account_claimed", "bob", here), ("logged_in", "bob", here)]
    bob.log_in(purpose="authorize")
    assert new_records(runtime, seen) == [("account_authorized", "bob", here)]
    bob.post("/logout")
    assert new_records(runtime, seen) == [("logged_out", "Bob", here)]
    with runtime.database.write() as session:
        link = make_login_link(session, base_url="", user="bob", actor="command line (root)", now=utc_now())
    bob.post("/login/-/link", {"code": link})
    assert new_records(runtime, seen) == [
        ("login_link_made", "command line (root)", ""),
        ("login_link_used", "login link", here),
    ]
