"""From a fresh installation to `composer install`, in a real browser with real processes."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tests.e2e import story
from tests.e2e.browsing import watched_context
from tests.e2e.canaries import assert_nothing_leaked
from tests.e2e.certificates import Certificate
from tests.e2e.composer_client import ComposerProject
from tests.e2e.conftest import SECURE_HOST
from tests.e2e.ending import ARRIVES_WITHIN_SECONDS, Colleague, leave_company, publish
from tests.e2e.hands import Mouse
from tests.e2e.hosts import Host
from tests.e2e.hosts.gitlab import GitLabHost
from tests.e2e.product import Product, running_product
from tests.e2e.story import Anybody, Person
from tests.fakes.gitlab import FakeGitLab


def test_on_this_machine_without_a_code(chromium: Browser, fake: FakeGitLab, tmp_path: Path) -> None:
    with (
        running_product(tmp_path, outbound_allow=f"127.0.0.1:{fake.port}") as product,
        watched_context(chromium, product.base_url) as (context, watch),
    ):
        ann = Person(product, GitLabHost(fake), context, watch, Mouse(), context.new_page())
        story.start_setup(ann, f"{product.base_url}/setup")
        story.add_integration(ann)
        story.try_login(ann)
        story.claim_administration(ann)
        story.create_organization(ann)
        story.look_at_packages(ann)
        release_and_leave(chromium, product, ann, tmp_path)


def test_over_https_with_the_setup_link(
    chromium: Browser,
    secure_fake: FakeGitLab,
    certificate: Certificate,
    empty_database: str,
    tmp_path: Path,
) -> None:
    allowed = f"127.0.0.1:{secure_fake.port}"
    with running_product(
        tmp_path, outbound_allow=allowed, database_url=empty_database, host=SECURE_HOST, certificate=certificate
    ) as product:
        link = product.run("setup-link")
        with (
            watched_context(chromium, product.base_url) as (context, watch),
            watched_context(chromium, product.base_url) as (other_context, other_watch),
        ):
            host = GitLabHost(secure_fake, is_managed=True)
            root = Person(product, host, other_context, other_watch, Mouse(), other_context.new_page())
            root.who = "Rosa Root"
            other_watch.expected.add(403)
            root.open("/admin/integrations/new")
            root.see("This installation is not finished")
            ann = Person(product, host, context, watch, Mouse(), context.new_page())
            ann.secrets["setup code"] = link.partition("#")[2]
            story.start_setup(ann, link)
            story.add_integration(ann, ca_certificate=certificate.pem, maker=root)
            story.try_login(ann)
            story.claim_administration(ann)
            story.create_organization(ann)
            story.look_at_packages(ann)
            release_and_leave(chromium, product, ann, tmp_path)


def test_on_another_platform(chromium: Browser, host: Host[Any], tmp_path: Path) -> None:
    with (
        running_product(tmp_path, outbound_allow=f"127.0.0.1:{host.port}") as product,
        watched_context(chromium, product.base_url) as (context, watch),
        watched_context(chromium, product.base_url) as (other_context, other_watch),
    ):
        ann = Person(product, host, context, watch, Mouse(), context.new_page())
        root = Person(product, host, other_context, other_watch, Mouse(), other_context.new_page(), who="Rosa Root")
        story.start_setup(ann, f"{product.base_url}/setup")
        story.add_integration(ann, maker=root if host.is_managed else None)
        story.try_login(ann)
        story.claim_administration(ann)
        story.create_organization(ann)
        story.look_at_packages(ann)
        release_and_leave(chromium, product, ann, tmp_path)


def release_and_leave(chromium: Browser, product: Product, ann: Anybody, folder: Path) -> None:
    """The second half, which is the same in both modes."""
    with watched_context(chromium, product.base_url) as (context, watch):
        bob = Person(product, ann.host, context, watch, Mouse(), context.new_page(), who="Bob Birch")
        colleague = Colleague(bob, ComposerProject(folder / "shop", product.trust))
        colleague.log_in()
        colleague.make_token()
        colleague.install("v2.0.0")

        seconds = publish(colleague, folder / "release", "v2.1.0")

        assert seconds <= ARRIVES_WITHIN_SECONDS
        colleague.update("v2.1.0")
        leave_company(ann)
        colleague.expect_refusal(404)
        colleague.revoke_token()
        colleague.expect_refusal(401)
        assert_nothing_leaked(product, [ann, bob])
