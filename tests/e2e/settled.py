"""An installation that is past its beginning: the organization acme was synchronized, and Ann is logged in.

For stories about what comes later; how one gets there in a browser is told by `test_story.py`.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from config import Settings
from models import Instance, InstanceState, Runtime, SyncRun, WebSession, digest_secret, open_runtime, utc_now
from sync.jobs import request_run_now
from tests.e2e.browsing import watched_context
from tests.e2e.hands import Mouse
from tests.e2e.hosts.gitlab import GitLabHost
from tests.e2e.product import Product, running_product
from tests.e2e.story import GitLabPerson
from tests.fakes.gitlab import FakeGitLab
from tests.functional.rows import (
    add_credential,
    add_integration,
    add_organization,
    add_synchronization,
    add_user,
)

SECONDS = 30.0
SYNCHRONIZATION = "/orgs/acme/synchronizations/1"


@contextmanager
def settled_ann(chromium: Browser, fake: FakeGitLab, folder: Path, *, script: bool = True) -> Iterator[GitLabPerson]:
    """Ann in front of such an installation."""
    with (
        running_product(folder, outbound_allow=f"127.0.0.1:{fake.port}") as product,
        watched_context(chromium, product.base_url, script=script) as (context, watch),
    ):
        settle(product, fake, context)
        yield GitLabPerson(product, GitLabHost(fake), context, watch, Mouse(), context.new_page())


def settle(product: Product, fake: FakeGitLab, context: BrowserContext) -> None:
    """Put the organization in, let the first run bring everything, and log Ann in in this browser."""
    runtime = open_runtime(Settings.from_env(product.environment))
    try:
        with runtime.database.write() as session:
            run_id, cookie = _fill(session, runtime, fake)
        deadline = time.monotonic() + SECONDS
        while not _has_ended(runtime, run_id):
            assert time.monotonic() < deadline, f"the first run does not end\n{product.logs()}"
            time.sleep(0.05)
    finally:
        runtime.database.close()
    context.add_cookies([{"name": "rpt", "value": cookie, "url": product.base_url}])


def _fill(session: Session, runtime: Runtime, fake: FakeGitLab) -> tuple[int, str]:
    session.execute(update(Instance).values(state=InstanceState.ACTIVE, setup_completed_at=utc_now()))
    integration = add_integration(session, runtime.secret_box, base_url=fake.base_url)
    integration.is_for_webhooks = False  # only what a story asks for begins a run
    user = add_user(session, integration, "ann")
    user.display_name, user.is_administrator = "Ann Almond", True
    account, ann = user.identities[0], fake.user("ann")
    account.remote_id, account.display_name = str(ann.id), "Ann Almond"
    credential = add_credential(session, runtime.secret_box, account, token=fake.personal_token(ann))
    synchronization = add_synchronization(
        session,
        add_organization(session),
        integration,
        remote_id=str(fake.group("acme").id),
        credential=credential,
    )
    credential.scopes = ["api", "read_user", "read_api", "read_repository"]
    cookie = secrets.token_urlsafe(32)
    session.add(
        WebSession(digest=digest_secret(cookie), user_id=user.id, identity_id=account.id, authenticated_at=utc_now())
    )
    run = request_run_now(session, synchronization_id=synchronization.id, reason="creation", actor="Ann Almond")
    return run.id, cookie


def _has_ended(runtime: Runtime, run_id: int) -> bool:
    with runtime.database.read() as session:
        return session.scalar(select(SyncRun.result).where(SyncRun.id == run_id)) is not None
