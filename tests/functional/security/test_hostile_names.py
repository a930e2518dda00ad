"""What comes from a code host is text: names, addresses and READMEs never become elements or scripts of a page."""

import re
from html.parser import HTMLParser

from sqlalchemy import update

from models import Identity, Organization, Package, Repository, Synchronization, Team, TeamKind, User, Version
from tests.functional.organizations.world import World
from tests.functional.security.test_hostile_requests import pages

MARK = "zq"
HOSTILE = f"""{MARK}'"><script {MARK}>alert(1)</script><img src=x onerror={MARK}>{{{{7*191}}}}</title></textarea>"""
SCRIPT_URL = f"javascript:alert('{MARK}')"


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

    shown = 0
    acting: list[str] = []
    paths = [path for _, path in pages(world.app, "GET")]
    for path in [*paths, "/orgs/acme/packages/acme/logging", f"/search?q={MARK}", f"/orgs/acme/people?text={MARK}"]:
        answer = ann.get(path)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            reader = Reader()
            page = answer.get_data(as_text=True)
            reader.feed(page)
            acting += [f"{path}: {part}" for part in reader.found]
            acting += [f"{path}: {{{{7*191}}}}"] if "1337" in page.replace(MARK, "") else []
            shown += MARK in page

    assert acting == []
    assert shown > 15
