"""Many people are gone at the host at once: nobody loses access before somebody has looked and decided."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from accounts.composer_tokens import Holder, create_token
from config import Settings
from models import Identity, User, open_runtime, utc_now
from tests.e2e.crawl import Inspection
from tests.e2e.product import Product
from tests.e2e.settled import SYNCHRONIZATION, settled_ann
from tests.e2e.story import GitLabPerson
from tests.fakes.gitlab import FakeGitLab, Level

MANY = 14
HELD = f"{SYNCHRONIZATION}/held"
WORDS = f"{MANY} removals in acme wait for your confirmation"


@pytest.fixture
def ann(chromium: Browser, fake: FakeGitLab, tmp_path: Path) -> Iterator[GitLabPerson]:
    """Ann, whose organization was synchronized while a group of contractors was invited into one of its groups."""
    invite_contractors(fake)
    with settled_ann(chromium, fake, tmp_path) as ann:
        yield ann


def invite_contractors(fake: FakeGitLab) -> None:
    contractors = fake.add_group("contractors", "Contractors")
    for number in range(1, MANY + 1):
        fake.add_member(contractors, fake.add_user(f"helper{number}", f"Helper {number}"), Level.DEVELOPER)
    fake.share(fake.group("acme/backend"), contractors, Level.DEVELOPER)


def give_token(product: Product, login: str) -> str:
    """Let somebody whom the synchronization brought log in, and make a Composer token."""
    runtime = open_runtime(Settings.from_env(product.environment))
    try:
        with runtime.database.write() as session:
            user = User(display_name=login)
            session.add(user)
            session.flush()
            session.scalars(select(Identity).where(Identity.login == login)).one().user_id = user.id
            made = create_token(session, Holder(user_id=user.id), author=user, name="laptop", life=None, now=utc_now())
            return made.text
    finally:
        runtime.database.close()


def ask(product: Product, token: str) -> int:
    """How the repository of the organization answers to Composer."""
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{product.base_url}/acme/packages.json", auth=("token", token), timeout=10).status_code


def synchronize(ann: GitLabPerson) -> None:
    """At once, and wait for its end."""
    ann.open(SYNCHRONIZATION)
    ann.press("Synchronize now")
    wait_for_end(ann)


def wait_for_end(ann: GitLabPerson) -> None:
    expect(ann.page).to_have_url(re.compile(r"/runs/\d+$"))
    expect(ann.page.locator("#run-live .status-word").first).to_have_text(re.compile("^Finished"))
    ann.watch.keep(ann.page)


def test_nobody_loses_access_before_somebody_has_looked_and_decided(ann: GitLabPerson, fake: FakeGitLab) -> None:
    token = give_token(ann.product, "helper7")
    fake.unshare(fake.group("acme/backend"), fake.group("contractors"))
    synchronize(ann)
    assert ask(ann.product, token) == 200

    ann.open("/orgs/acme/packages")
    banner = ann.page.locator(".banner", has_text=WORDS)
    ann.hand.press(banner.get_by_role("link", name="Look at them"))
    ann.see(f"answered without {MANY} of")
    ann.see(f"{MANY} people would read no package any more")
    inspection = Inspection()
    inspection.look(ann.page, "removals that wait")
    assert inspection.problems == []
    ann.hand.press(ann.page.get_by_text("Show 4 more").last)
    expect(ann.page.locator(".change-name", has_text="helper7")).to_be_visible()

    ann.press(f"Keep these {MANY}")
    ann.see("Nothing waits")
    synchronize(ann)
    ann.open("/orgs/acme/packages")
    expect(banner).to_have_count(0)
    assert ask(ann.product, token) == 200

    ann.open(HELD)
    ann.see("Ann Almond decided")
    ann.press(f"Remove these {MANY} after all")
    wait_for_end(ann)
    ann.see(f"−{MANY} memberships")
    assert ask(ann.product, token) == 404
    ann.open("/orgs/acme/people?text=helper")
    ann.see("Nothing matches this filter")
