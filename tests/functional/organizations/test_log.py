"""The audit log as a page and as a download: what it says, who may see it, and that nothing changes it."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from models import AuditRecord, SyncRun, User, record_audit
from tests.functional.organizations.world import World
from tests.functional.rows import add_organization

MANY = [f"@person-{number:02}" for number in range(12)]
BACKEND = "acme/backend (Developer)"


@pytest.fixture
def logged(world: World) -> World:
    """Seven records by four kinds of actors; the last one is of another organization, the one before of none."""
    where = {"synchronization_id": world.synchronization_id, "run": 1}
    run: dict[str, Any] = {"actor": "synchronization acme, run 1", "organization_id": world.organization_id}
    ann: dict[str, Any] = {
        "actor": "Ann",
        "actor_user_id": world.users["ann"],
        "organization_id": world.organization_id,
    }
    with world.runtime.database.write() as session:
        session.add(SyncRun(synchronization_id=world.synchronization_id, number=1, seq=1))
        record_audit(
            session, **run, action="members_added", target=BACKEND, details={"people": ["@eve", "@Käthe"], **where}
        )
        record_audit(session, **run, action="members_removed", target=BACKEND, details={"people": MANY, **where})
        record_audit(session, **run, action="package_added", target="acme/logging", details=where)
        record_audit(session, **ann, action="token_created", target="=cmd|' /C calc'!A0", ip_address="203.0.113.7")
        record_audit(session, **{**ann, "actor": "Ann\r\nMallory"}, action="launched", target="rocket <b>1</b>")
        record_audit(session, actor="command line (root)", action="administrator_granted", target="Bob (id 2)")
        other = add_organization(session, short_name="zeta")
        record_audit(
            session, actor="system", action="organization_renamed", target="Zeta", organization_id=other.id, details={}
        )
    return world


def words(page: str) -> str:
    """A page as it is read."""
    return re.sub(r"\s+([,:])", r"\1", " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split()))


def test_records_are_sentences_that_lead_to_the_run_the_person_and_the_package(logged: World) -> None:
    page = logged.browser("ann").read("/orgs/acme/log")

    said = words(page)
    assert f"Run 1 of acme added 2 people to {BACKEND}: @eve, @Käthe" in said
    assert f"Run 1 of acme removed 12 people from {BACKEND}: @person-00" in said
    assert "2 more @person-10, @person-11" in said
    assert "Run 1 of acme added the package acme/logging" in said
    assert "Ann made the token" in said
    assert "from 203.0.113.7" in said
    assert "launched rocket <b>1</b>" in said
    assert "<b>1</b>" not in page
    assert "Zeta" not in said
    assert "Bob" not in page.partition("<table")[2]
    assert f'href="/orgs/acme/synchronizations/{logged.synchronization_id}/runs/1"' in page
    assert 'href="/orgs/acme/people?text=eve"' in page
    assert 'href="/orgs/acme/packages/acme/logging"' in page


EVERYTHING = {"members_added", "members_removed", "package_added", "token_created", "launched"}
FILTERS: list[tuple[str, set[str]]] = [
    ("text=%40EVE", {"members_added"}),
    ("text=K%C3%A4the", {"members_added"}),
    ("text=backend+%28dev", {"members_added", "members_removed"}),
    ("text=%25", set()),
    ("text=members+removed", {"members_removed"}),
    ("actor=synchronization", {"members_added", "members_removed", "package_added"}),
    ("actor=person&text=rocket", {"launched"}),
    ("actor=command_line", set()),
    ("actor=nobody&kind=nothing&since=soon&page=x", EVERYTHING),
    ("kind=access", {"members_added", "members_removed"}),
    ("kind=packages", {"package_added"}),
    ("since=2999-01-01", set()),
    ("until=2000-01-01", set()),
    ("since=2000-01-01&until=2999-01-01&kind=credentials", {"token_created"}),
    ("until=9999-12-31&kind=packages", {"package_added"}),
]


def test_filters_find_people_kinds_and_days_in_page_and_download(logged: World) -> None:
    browser = logged.browser("ann")

    for query, expected in FILTERS:
        rows = json.loads(browser.get(f"/orgs/acme/log.json?{query}").get_data())
        page = browser.read(f"/orgs/acme/log?{query}")

        assert {row["action"] for row in rows} == expected, query
        assert page.count('class="log-line"') == len(rows), query
        assert ("Nothing like this is in the log" in page) is (not expected), query


def test_the_spreadsheet_holds_no_formula_and_says_everything(logged: World) -> None:
    answer = logged.browser("ann").get("/orgs/acme/log.csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="acme-log.csv"'
    raw = answer.get_data().decode("utf-8")
    assert raw.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(raw.removeprefix("\ufeff"), newline="")))
    assert [row["action"] for row in rows] == [
        "launched",
        "token_created",
        "package_added",
        "members_removed",
        "members_added",
    ]
    assert not [cell for row in rows for cell in row.values() if cell[:1] in {"=", "+", "-", "@", "|", "\t", "\r"}]
    assert rows[-1]["names"] == "'@eve, @Käthe"
    assert (rows[1]["who"], rows[1]["kind"], rows[1]["address"]) == ("Ann", "person", "203.0.113.7")
    assert rows[0]["who"] == "Ann\r\nMallory"


def test_only_admins_see_the_log_and_only_of_their_organization(logged: World) -> None:
    for path in ("/orgs/acme/log", "/orgs/acme/log.csv", "/orgs/acme/log.json"):
        assert logged.browser("bob").get(path).status_code == 200
        assert logged.browser("carla").get(path).status_code == 403
        assert logged.browser("eve").get(path).status_code == 404
    for path in ("/orgs/zeta/log", "/admin/log.csv", "/admin/log.json", "/admin/log"):
        assert logged.browser("bob").get(path).status_code in {403, 404}


def test_administrators_see_all_organizations(logged: World) -> None:
    with logged.runtime.database.write() as session:
        session.get_one(User, logged.users["eve"]).is_administrator = True
    browser = logged.browser("eve")

    said = words(browser.read("/admin/log"))
    rows = json.loads(browser.get("/admin/log.json?text=o").get_data())
    made = json.loads(browser.get("/admin/log.json?actor=command_line").get_data())

    assert "Repertory renamed the organization to Zeta zeta" in said
    assert "Command line (root) made Bob (id 2) administrator of this installation –" in said
    assert {row["organization"] for row in rows} == {"acme", "zeta", ""}
    assert [(row["kind"], row["what"]) for row in made] == [
        ("command_line", "Command line (root) made Bob (id 2) administrator of this installation")
    ]


def test_the_download_of_an_empty_log_is_a_document(world: World) -> None:
    assert json.loads(world.browser("ann").get("/orgs/acme/log.json").get_data()) == []


def test_many_records_come_in_pages_and_one_download(world: World) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        {"at": moment, "actor": "system", "action": "renamed", "target": str(number), "details": {}, "ip_address": ""}
        for number in range(1201)
    ]
    with world.runtime.database.write() as session:
        session.execute(insert(AuditRecord), [{**row, "organization_id": world.organization_id} for row in rows])
    browser = world.browser("ann")

    last = browser.read("/orgs/acme/log?page=25&actor=system")

    assert "Page 25 of 25" in last
    assert last.count('class="log-line"') == 1
    assert "actor=system&amp;page=24" in last
    assert len(json.loads(browser.get("/orgs/acme/log.json").get_data())) == 1201


def test_the_database_itself_changes_and_deletes_no_record(logged: World) -> None:
    for statement in (
        update(AuditRecord).values(actor="nobody"),
        delete(AuditRecord),
        text("UPDATE audit_record SET target = ''"),
        text("DELETE FROM audit_record WHERE id = 1"),
    ):
        with pytest.raises(DBAPIError, match="never changed"), logged.runtime.database.write() as session:
            session.execute(statement)

    with logged.runtime.database.read() as session:
        rows = session.execute(select(AuditRecord.actor, AuditRecord.target)).all()
    assert len(rows) == 7
    assert ("nobody", "") not in [tuple(row) for row in rows]
