"""Every page that a browser can open is accessible and fits a phone. A page that is not visited here is a failure."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from config import Settings
from models import AppHook, Credential, CredentialKind, open_runtime
from tests.e2e import story
from tests.e2e.browsing import watched_context
from tests.e2e.crawl import Inspection
from tests.e2e.hands import Mouse
from tests.e2e.hosts.gitlab import GitLabHost
from tests.e2e.product import Product, running_product
from tests.e2e.story import GitLabPerson, find
from tests.fakes.gitlab import FakeGitLab
from tests.functional.rows import add_integration
from wsgi import create_app

SLUG = GitLabHost.name.lower().replace(" ", "-")
NO_PAGES = {
    "web.asset": "a file",
    "health.healthz": "for machines",
    "health.readyz": "for machines",
    "composer.root": "for Composer",
    "composer.metadata": "for Composer",
    "composer.dist": "for Composer",
    "composer.search": "for Composer",
    "composer.list_all": "for Composer",
    "accounts.callback": "ends with a redirect, or with the page that `start again` shows",
    "admin.log_csv": "a file to download",
    "admin.log_json": "a file to download",
    "admin.guide": "the live part of admin.new_integration",
    "admin.stored_guide": "the live part of admin.integration",
    "admin.try_progress": "the live part of admin.try_login",
    "setup_mode.try_progress": "the live part of setup_mode.try_login",
    "setup_mode.choose_trial": "a redirect",
    "organizations.run_live": "the live part of organizations.run",
    "organizations.package_live": "the live part of organizations.package",
    "organizations.run_report": "a file to download",
    "organizations.log_csv": "a file to download",
    "organizations.log_json": "a file to download",
    "organizations.activity": "the live part of the frame",
    "organizations.settings": "a redirect",
}
LOGGED_OUT = ("accounts.login", "accounts.login_to_organization", "accounts.login_link")
OTHER_NAME, OTHER_SLUG = "Another door", "another-door"


class Tour:
    """Goes to the pages of a product and remembers which it has seen."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.inspection = Inspection()
        self.seen: set[str] = set()
        self.arguments: dict[str, object] = {"org": "acme", "slug": SLUG, "vendor": "acme", "name": "logging"}
        app = create_app(Settings.from_env(product.environment))
        self.rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
        self._adapter = app.url_map.bind("localhost")
        app.extensions["repertory_runtime"].database.close()

    def visit(self, page: Page, endpoint: str) -> None:
        """Open the page and look at it. Raises AssertionError when it is not shown."""
        rule = next(rule for rule in self.rules if rule.endpoint == endpoint)
        arguments = {name: self.arguments.get(name, 1) for name in rule.arguments}
        path = self._adapter.build(endpoint, arguments)
        answer = page.goto(f"{self.product.base_url}{path}")
        assert answer is not None
        assert (answer.status, page.url) == (200, f"{self.product.base_url}{path}")
        self.look(page, endpoint)

    def look(self, page: Page, name: str) -> None:
        """At a page that is open already."""
        self.seen.add(name)
        self.inspection.look(page, name)

    def unseen(self) -> list[str]:
        """What could be visited and was not."""
        return sorted({rule.endpoint for rule in self.rules} - self.seen - NO_PAGES.keys())


@pytest.fixture
def tour(fake: FakeGitLab, tmp_path: Path) -> Iterator[Tour]:
    with running_product(tmp_path, outbound_allow=f"127.0.0.1:{fake.port}") as product:
        yield Tour(product)


def test_every_page_is_accessible_and_fits_a_phone(chromium: Browser, fake: FakeGitLab, tour: Tour) -> None:
    base_url = tour.product.base_url
    with (
        watched_context(chromium, base_url) as (context, watch),
        watched_context(chromium, base_url) as (other_context, other_watch),
    ):
        ann = GitLabPerson(tour.product, GitLabHost(fake), context, watch, Mouse(), context.new_page())
        watch.expected |= {403, 404, 422, 400}
        other_watch.expected |= {403}
        see_unlock_page(tour, other_context.new_page())
        tour_setup(tour, ann)
        story.create_organization(ann)
        tour_product(tour, ann)
        stranger = other_context.new_page()
        for endpoint in LOGGED_OUT:
            tour.visit(stranger, endpoint)

    assert not tour.inspection.problems, "\n".join(tour.inspection.problems)
    assert tour.unseen() == []
    assert NO_PAGES.keys() <= {rule.endpoint for rule in tour.rules}


def see_unlock_page(tour: Tour, page: Page) -> None:
    """What somebody sees who does not come from this machine."""
    page.set_extra_http_headers({"Via": "1.1 proxy.example.com"})
    page.goto(f"{tour.product.base_url}/")
    assert page.get_by_label("Setup link or code").is_visible()
    tour.look(page, "unlock")
    page.close()


def tour_setup(tour: Tour, ann: GitLabPerson) -> None:
    """The wizard, from its first page to the claim."""
    tour.visit(ann.page, "setup_mode.overview")
    tour.visit(ann.page, "setup_mode.check")
    tour.visit(ann.page, "admin.new_integration")
    ann.press("Create Integration")
    ann.see("nothing you typed is lost")
    tour.look(ann.page, "new integration with errors")
    ann.open("/admin/integrations/new")
    story.add_integration(ann)
    tour.visit(ann.page, "setup_mode.try_login")
    tour.visit(ann.page, "setup_mode.integrations")
    ann.open(f"/setup/try/{ann.host.slug}")
    story.try_login(ann)
    ann.open(f"/setup/try/{ann.host.slug}")
    ann.page.wait_for_load_state("networkidle")  # it loads itself anew when the result is there
    tour.look(ann.page, "result of a trial")
    tour.visit(ann.page, "accounts.trial")
    tour.visit(ann.page, "setup_mode.claim")
    story.claim_administration(ann)
    tour.look(ann.page, "new organization in the setup")


def tour_product(tour: Tour, ann: GitLabPerson) -> None:
    """Everything that the owner of an organization, who is administrator, can open."""
    tour.look(ann.page, "a finished run")
    see_special_pages(tour, ann)
    see_account_to_connect(tour, ann)
    tour.arguments["credential_id"] = store_app(tour.product)
    done = tour.seen | NO_PAGES.keys() | {*LOGGED_OUT}
    for endpoint in sorted({rule.endpoint for rule in tour.rules} - done):
        tour.visit(ann.page, endpoint)


def store_app(product: Product) -> int:
    """Leave a GitHub App for the organization, as if it had been tried: the page of its webhook is for nothing else."""
    runtime = open_runtime(Settings.from_env(product.environment))
    try:
        with runtime.database.write() as session:
            integration = add_integration(session, runtime.secret_box, slug="github")
            integration.platform = "github_enterprise_server"
            app = Credential(kind=CredentialKind.GITHUB_APP, integration_id=integration.id, organization_id=1)
            app.name, app.username, app.remote_id = "Our App", "81", "9001"
            app.seal_tokens(runtime.secret_box, access_token="installation", refresh_token="key")
            hook = AppHook(integration_id=integration.id, app_id="81")
            hook.seal_secret(runtime.secret_box, "secret")
            session.add_all([app, hook])
            session.flush()
            return app.id
    finally:
        runtime.database.close()


def see_special_pages(tour: Tour, ann: GitLabPerson) -> None:
    """Answers that no address leads to."""
    story.make_token(ann, "tour")
    tour.look(ann.page, "token created")
    ann.open("/nowhere")
    tour.look(ann.page, "page not found")
    ann.open(f"/oauth/{ann.host.slug}/callback?code=old&state=old")
    tour.look(ann.page, "a login that can not be finished")


def see_account_to_connect(tour: Tour, ann: GitLabPerson) -> None:
    """A second integration, and the last question before an account there is connected."""
    callback = f"{tour.product.base_url}/oauth/{OTHER_SLUG}/callback"
    client_id, secret = ann.host.fake.application(redirect_uri=callback)
    ann.open("/admin/integrations/new")
    story.describe_host(ann, OTHER_NAME)
    expect(ann.page.get_by_role("textbox", name="Callback URL")).to_have_value(callback)
    ann.hand.write(ann.page.get_by_label("Client ID / Key"), client_id)
    ann.hand.write(ann.page.get_by_label("Client Secret"), secret)
    ann.press("Create Integration")
    ann.see(f"Integration created: “{OTHER_NAME}”")
    ann.open("/profile")
    ann.go_to_host(find(ann.page, f"Connect {OTHER_NAME}"))
    ann.see("Connect this account to yours?")
    tour.look(ann.page, "accounts.connect")
