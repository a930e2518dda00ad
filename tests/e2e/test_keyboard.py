"""With nothing but the keyboard: setup, login, organization, token."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.e2e import story
from tests.e2e.browsing import watched_context
from tests.e2e.hands import Keyboard
from tests.e2e.hosts.gitlab import GitLabHost
from tests.e2e.product import running_product
from tests.e2e.story import GitLabPerson, find
from tests.fakes.gitlab import FakeGitLab


def test_everything_works_without_a_mouse(chromium: Browser, fake: FakeGitLab, tmp_path: Path) -> None:
    with (
        running_product(tmp_path, outbound_allow=f"127.0.0.1:{fake.port}") as product,
        watched_context(chromium, product.base_url) as (context, watch),
    ):
        ann = GitLabPerson(product, GitLabHost(fake), context, watch, Keyboard(), context.new_page())
        story.start_setup(ann, f"{product.base_url}/setup")
        story.add_integration(ann)
        story.try_login(ann)
        story.claim_administration(ann)
        story.create_organization(ann)
        story.look_at_packages(ann)
        story.make_token(ann, "laptop")
        story.log_out(ann)

        ann.go_to_host(find(ann.page, f"Log in with {ann.host.name}"))

        ann.see("Acme")
