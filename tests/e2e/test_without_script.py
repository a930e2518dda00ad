"""Without JavaScript everything works: setup with a pasted code, login, organization, token."""

from pathlib import Path

from playwright.sync_api import Browser

from tests.e2e import story
from tests.e2e.browsing import watched_context
from tests.e2e.certificates import Certificate
from tests.e2e.conftest import SECURE_HOST
from tests.e2e.hands import Mouse
from tests.e2e.hosts.gitlab import GitLabHost
from tests.e2e.product import running_product
from tests.e2e.story import GitLabPerson
from tests.fakes.gitlab import FakeGitLab


def test_everything_works_without_script(
    chromium: Browser, secure_fake: FakeGitLab, certificate: Certificate, tmp_path: Path
) -> None:
    allowed = f"127.0.0.1:{secure_fake.port}"
    with (
        running_product(tmp_path, outbound_allow=allowed, host=SECURE_HOST, certificate=certificate) as product,
        watched_context(chromium, product.base_url, script=False) as (context, watch),
    ):
        ann = GitLabPerson(product, GitLabHost(secure_fake), context, watch, Mouse(), context.new_page())
        link = product.run("setup-link")
        watch.expected.add(403)
        ann.page.goto(link)
        ann.hand.write(ann.page.get_by_label("Setup link or code"), link)
        ann.press("Unlock")
        story.start_setup(ann, f"{product.base_url}/setup")
        story.add_integration(ann, ca_certificate=certificate.pem)
        story.try_login(ann)
        story.claim_administration(ann)
        story.create_organization(ann)
        story.look_at_packages(ann)

        token = story.make_token(ann, "laptop")

        assert token in ann.page.locator("#auth-json").inner_text()
        ann.open("/profile/tokens")
        ann.press("Revoke")
        ann.see("is revoked")
        story.log_out(ann)
