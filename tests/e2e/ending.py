"""The second half of the story: a colleague installs, a release arrives, and the colleague leaves the company."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import requests
from sqlalchemy import select

from config import Settings
from models import JobRun, JobState, open_runtime
from tests.e2e import story
from tests.e2e.composer_client import ComposerProject
from tests.e2e.git_client import Developer
from tests.e2e.product import Product
from tests.e2e.story import Anybody, find

PACKAGE = "acme/logging"
ARRIVES_WITHIN_SECONDS = 5.0


@dataclass(slots=True)
class Colleague:
    """Bob, who works in the group `backend`. `commands` is what the token page told him to type."""

    person: Anybody
    project: ComposerProject
    commands: str = ""
    token: str = ""

    def log_in(self) -> None:
        """As somebody who was invited by nobody: his group is synchronized."""
        self.person.open("/login")
        self.person.go_to_host(find(self.person.page, f"Log in with {self.person.host.name}"))
        self.person.open("/orgs/acme/packages")
        self.person.see(PACKAGE)

    def make_token(self) -> None:
        """And copy the commands below it."""
        self.token = story.make_token(self.person, "Bob's laptop")
        self.commands = self.person.page.locator("#composer-config").inner_text()
        assert self.token in self.commands

    def install(self, version: str) -> None:
        """`composer install` in a new project gets this version."""
        self.project.begin({PACKAGE: "^2.0", "acme/http-client": "^2.0"})
        self.project.type(self.commands)
        done = self.project.run("install")
        assert done.returncode == 0, done.stdout + done.stderr
        assert self.project.installed()[PACKAGE] == version

    def update(self, version: str) -> None:
        """`composer update` with an empty home gets this version."""
        self.project.type(self.commands)
        done = self.project.run("update")
        assert done.returncode == 0, done.stdout + done.stderr
        assert self.project.installed()[PACKAGE] == version

    def expect_refusal(self, status: int) -> None:
        """With an empty home Composer installs nothing, because the repository answers with this status."""
        assert self.ask("packages.json").status_code == status
        self.project.type(self.commands)
        done = self.project.run("update")
        assert done.returncode != 0
        said = {404: "404", 401: "(?i)401|invalid credentials|authentication required"}[status]
        assert re.search(said, done.stderr), done.stderr

    def revoke_token(self) -> None:
        """On the page where it was made."""
        self.person.open("/profile/tokens")
        self.person.press("Revoke")
        self.person.see("is revoked")

    def ask(self, path: str) -> requests.Response:
        """Ask the repository of the organization as Composer does."""
        product = self.person.product
        port = product.base_url.rpartition(":")[2]
        scheme = product.base_url.partition(":")[0]
        with requests.Session() as session:
            session.trust_env = False
            return session.get(
                f"{scheme}://127.0.0.1:{port}/acme/{path}",
                auth=("token", self.token),
                headers={"Host": product.base_url.partition("://")[2]},
                verify=product.trust,
                timeout=10,
            )

    def has_version(self, version: str) -> bool:
        """Whether the metadata names it."""
        answer = self.ask(f"p2/{PACKAGE}.json")
        return answer.status_code == 200 and f'"{version}"' in answer.text


def publish(colleague: Colleague, folder: Path, tag: str) -> float:
    """Push a tag with git, and wait until it can be installed. How many seconds that took after the push.

    Not while the packages of a new organization are still read for the first time.
    """
    host, product = colleague.person.host, colleague.person.product
    wait_until(lambda: bool(host.hooks()), what="the webhook is installed")
    wait_until(lambda: _is_idle(product), what="all packages were read")
    developer = Developer(host.clone_address(), folder, product.trust)
    folder.mkdir()
    developer.push_tag(tag)
    pushed = time.monotonic()
    wait_until(lambda: colleague.has_version(tag), what=f"{tag} can be installed")
    return time.monotonic() - pushed


def leave_company(owner: Anybody) -> None:
    """Bob is removed at the host, and an owner synchronizes."""
    owner.host.dismiss_bob()
    owner.open("/orgs/acme/settings/synchronizations")
    owner.hand.press(owner.page.locator("main").get_by_role("link", name=re.compile("^acme$", re.I)))
    owner.hand.press(find(owner.page, "Synchronize now"))
    story.wait_until_finished(owner)


def _is_idle(product: Product) -> bool:
    """Whether no background job waits or runs, as the database says."""
    runtime = open_runtime(Settings.from_env(product.environment))
    try:
        with runtime.database.read() as session:
            busy = select(JobRun.id).where(JobRun.state.in_((JobState.QUEUED, JobState.RUNNING))).limit(1)
            return session.scalar(busy) is None
    finally:
        runtime.database.close()


def wait_until(is_true: Callable[[], bool], *, what: str, seconds: float = 60.0) -> None:
    """Raises AssertionError when it does not become true in time."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} seconds: {what}"
        time.sleep(0.05)
