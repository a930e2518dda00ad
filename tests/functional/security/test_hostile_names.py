"""What comes from a code host is text: names, addresses and READMEs never become elements or scripts of a page."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import (
    Hold,
    Identity,
    Organization,
    Package,
    PartStatus,
    Repository,
    RunPhase,
    RunResult,
    Synchronization,
    SyncPart,
    SyncRun,
    Team,
    TeamKind,
    User,
    Version,
    record_audit,
    utc_now,
)
from tests.functional.organizations.world import World
from tests.functional.security.test_hostile_requests import pages

MARK = "zq"
HOSTILE = f"""{MARK}'"><script {MARK}>alert(1)</script><img src=x onerror={MARK}>{{{{7*191}}}}</title></textarea>"""
SCRIPT_URL = f"javascript:alert('{MARK}')"


MORE = ("/orgs/acme/packages/acme/logging", f"/search?q={MARK}", f"/orgs/acme/people?text={MARK}")
ACCESS = "/orgs/acme/access"
ASKING = (
    f"{ACCESS}?package=acme/logging",
    f"{ACCESS}?package=acme/logging&person=",
    f"{ACCESS}?package=acme/clock&person=",
    f"{ACCESS}?person=",
    f"{ACCESS}?package=",
    "/orgs/acme/log?text=",
    "/orgs/acme/synchronizations/1/runs/1?text=",
    "/orgs/acme/synchronizations/1/held?text=",
)


class Reader(HTMLParser):
    """Collects what would act."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if MARK in values or tag == "img" or any(name.startswith("on") or name == "style" for name in values):
            self.found.append(f"<{tag} {values}>")
        for name in ("href", "src", "action", "formaction", "data-poll-url"):
            if re.match(r"\s*(javascript|data|vbscript):", values.get(name) or "", re.IGNORECASE):
                self.found.append(f"{tag} {name}={values[name]}")


def add_reports(session: Session, world: World) -> None:
    """A run that was told nothing but lies, what it holds back, and what the log says about it."""
    change = {"action": "remove", "name": HOSTILE, "detail": HOSTILE, "url": SCRIPT_URL}
    changes = [
        {**change, "kind": kind, "key": kind} for kind in ("person", "membership", "team", "repository", "grant")
    ]
    run = SyncRun(synchronization_id=world.synchronization_id, number=1, seq=1, reasons=[HOSTILE], actor=HOSTILE)
    run.changes = run.held = changes
    run.phase, run.result, run.error_text, run.ended_at = RunPhase.DONE, RunResult.HELD, HOSTILE, utc_now()
    session.add(run)
    session.flush()
    session.add(Hold(synchronization_id=world.synchronization_id, run_id=run.id, reason=HOSTILE, removals=changes))
    session.add(SyncPart(run_id=run.id, key="team:1/members", status=PartStatus.UNKNOWN, reason=HOSTILE))
    details = {"people": [HOSTILE], "synchronization_id": 1, "run": 1, HOSTILE: SCRIPT_URL}
    for actor in (HOSTILE, f"synchronization {HOSTILE}, run 1"):
        of_acme: dict[str, Any] = {"target": HOSTILE, "organization_id": world.organization_id, "details": details}
        record_audit(session, actor=actor, action="members_added", **of_acme)
        record_audit(session, actor=actor, action=HOSTILE, **of_acme)


def test_nothing_hostile_becomes_a_part_of_a_page(world: World) -> None:
    ann = world.browser("ann")
    with world.write() as session:
        session.execute(update(Organization).values(name=HOSTILE))
        session.execute(update(Identity).values(display_name=HOSTILE, web_url=SCRIPT_URL, avatar_url=SCRIPT_URL))
        session.execute(update(Identity).where(Identity.login == "carla").values(login=HOSTILE))
        session.execute(update(User).values(display_name=HOSTILE))
        session.execute(update(User).where(User.id == world.users["ann"]).values(is_administrator=True))
        session.execute(update(Repository).values(web_url=SCRIPT_URL, default_branch=HOSTILE, name=HOSTILE))
        session.execute(update(Synchronization).values(remote_name=HOSTILE, remote_path=HOSTILE, state_reason=HOSTILE))
        hostile_team = {"name": HOSTILE, "remote_path": HOSTILE, "role_name": HOSTILE}
        session.execute(update(Team).where(Team.kind == TeamKind.SYNCHRONIZED).values(**hostile_team))
        readme = f"# {HOSTILE}\n[x]({SCRIPT_URL}) [y](JaVaScRiPt:alert) `{HOSTILE}`\n{HOSTILE}"
        session.execute(update(Package).values(description=HOSTILE, state_reason=HOSTILE, readme=readme))
        content = {
            "homepage": SCRIPT_URL,
            "support": {"issues": SCRIPT_URL},
            "license": [HOSTILE],
            "authors": [{"name": HOSTILE, "homepage": SCRIPT_URL}],
        }
        session.execute(update(Version).values(content=content, ref_name=HOSTILE, version=HOSTILE))
        add_reports(session, world)

    shown = 0
    acting: list[str] = []
    paths = [path for _, path in pages(world.app, "GET")]
    for path in [*paths, *MORE, *(f"{address}{quote(HOSTILE)}" for address in ASKING)]:
        answer = ann.get(path)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            reader = Reader()
            page = answer.get_data(as_text=True)
            reader.feed(page)
            acting += [f"{path}: {part}" for part in reader.found]
            acting += [f"{path}: {{{{7*191}}}}"] if "1337" in page.replace(MARK, "") else []
            shown += MARK in page

    assert acting == []
    assert shown > 25
