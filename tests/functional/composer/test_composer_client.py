"""The real Composer against the real application: what people do every day."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from config import Settings
from models import ComposerToken, Dist, TeamKind, utc_now
from tests.fakes.gitlab import FakeGitLab
from tests.functional.composer.client import Composer, served
from tests.functional.composer.conftest import open_registry
from tests.functional.composer.registry import Registry
from tests.services import free_port

Open = Callable[..., Composer]


@pytest.fixture
def live(settings: Settings, fake: FakeGitLab) -> Iterator[Registry]:
    """A registry on a port: acme/http needs acme/logging, which has a branch 1.x and a feature branch."""
    port = free_port()
    with ExitStack() as stack:
        opened = open_registry(replace(settings, base_url=f"http://localhost:{port}"), fake)
        registry = next(opened)
        stack.callback(lambda: next(opened, None))
        _fill(registry)
        stack.enter_context(served(registry.app, port))
        yield registry


@pytest.fixture
def machine(live: Registry, tmp_path: Path) -> Open:
    """To open a machine with a token; machines of one name share home, cache and project."""

    def open_machine(token: str | None, name: str = "machine") -> Composer:
        return Composer(tmp_path / name, live.runtime.settings.base_url, token)

    return open_machine


def _fill(registry: Registry) -> None:
    logging = registry.add_library("logging", "v1.0.0", "v1.1.0")
    registry.fake.commit(logging, {"src/code.php": "<?php\n\nreturn 70;\n"}, branch="1.x")
    registry.fake.commit(logging, {"src/code.php": "<?php\n\nreturn 71;\n"}, branch="feature/Rötliche#Farbe")
    registry.add_library("http", "1.0.0", require={"acme/logging": "^1.0"})
    registry.add_library("secret", "1.0.0")
    registry.run_jobs()


def test_install_update_show_and_require(live: Registry, machine: Open) -> None:
    bob = live.add_person("bob", reads=("logging", "http"))
    composer = machine(bob)
    composer.require({"acme/http": "^1.0"})

    updated = composer.run("update")

    assert updated.code == 0, updated.output
    assert composer.locked() == {"acme/http": "1.0.0", "acme/logging": "v1.1.0"}
    assert composer.installed_code("acme/logging") == "1"
    shown = composer.run("show", "--all", "acme/logging")
    assert shown.code == 0, shown.output
    assert "1.x-dev" in shown.output
    assert "dev-main" in shown.output
    required = composer.run("require", "acme/logging:^1.0")
    assert required.code == 0, required.output
    searched = composer.run("search", "logging")
    assert "acme/logging" in searched.output
    listed = composer.run("show", "--available")
    assert "acme/secret" not in listed.output
    assert "acme/http" in listed.output


def test_install_from_a_lock_file_with_a_cold_and_a_warm_cache(live: Registry, machine: Open) -> None:
    composer = machine(live.add_person("bob", reads=("logging", "http")))
    composer.require({"acme/http": "^1.0"})
    assert composer.run("update").code == 0

    for forgets_cache in (False, True):
        shutil.rmtree(composer.project / "vendor")
        if forgets_cache:
            shutil.rmtree(composer.folder / "cache")
        installed = composer.run("install")
        assert installed.code == 0, installed.output
        assert composer.installed_code("acme/logging") == "1"


def test_a_lock_file_outlives_a_moved_and_a_deleted_tag(live: Registry, machine: Open) -> None:
    composer = machine(live.add_person("bob", reads=("logging", "http")))
    composer.require({"acme/logging": "1.0.0", "acme/http": "^1.0"})
    assert composer.run("update").code == 0
    project = live.projects["logging"]
    live.fake.commit(project, {"src/code.php": "<?php\n\nreturn 99;\n"})
    live.fake.tag(project, "v1.0.0")
    live.update("acme/logging")
    live.fake.delete_tag(live.projects["http"], "1.0.0")
    live.update("acme/http")

    shutil.rmtree(composer.project / "vendor")
    shutil.rmtree(composer.folder / "cache")
    installed = composer.run("install")

    assert installed.code == 0, installed.output
    assert composer.installed_code("acme/logging") == "0"


def test_a_new_tag_is_found_with_a_warm_cache(live: Registry, machine: Open) -> None:
    composer = machine(live.add_person("bob", reads=("logging", "http")))
    composer.require({"acme/logging": "^1.0"})
    assert composer.run("update").code == 0

    live.fake.tag(live.projects["logging"], "v1.2.0")
    live.update("acme/logging")
    updated = composer.run("update")

    assert updated.code == 0, updated.output
    assert composer.locked() == {"acme/logging": "v1.2.0"}


@pytest.mark.parametrize(
    ("requirement", "code"), [("dev-main", "1"), ("1.x-dev", "70"), ("dev-feature/Rötliche+Farbe", "71")]
)
def test_branches_can_be_required(live: Registry, machine: Open, requirement: str, code: str) -> None:
    composer = machine(live.add_person("bob", reads=("logging",)))
    composer.require({"acme/logging": requirement})

    updated = composer.run("update")

    assert updated.code == 0, updated.output
    assert composer.installed_code("acme/logging") == code


def test_a_branch_that_moved_is_updated(live: Registry, machine: Open) -> None:
    composer = machine(live.add_person("bob", reads=("logging",)))
    composer.require({"acme/logging": "1.x-dev"})
    assert composer.run("update").code == 0

    live.fake.commit(live.projects["logging"], {"src/code.php": "<?php\n\nreturn 72;\n"}, branch="1.x")
    live.update("acme/logging")
    updated = composer.run("update")

    assert updated.code == 0, updated.output
    assert composer.installed_code("acme/logging") == "72"


def test_wrong_revoked_and_missing_tokens_are_refused_with_the_reason(live: Registry, machine: Open) -> None:
    bob = live.add_person("bob", reads=("logging",))
    with live.runtime.database.write() as session:
        session.execute(update(ComposerToken).values(revoked_at=utc_now()))

    for number, (token, reason) in enumerate(
        [(None, "send a token"), ("wrong", "no token of this server"), (bob, "was revoked")]
    ):
        composer = machine(token, f"machine-{number}")
        composer.require({"acme/logging": "^1.0"})
        refused = composer.run("update")
        assert refused.code != 0
        assert reason in refused.output, refused.output


def test_a_foreign_organization_and_a_hidden_package_do_not_exist(live: Registry, machine: Open) -> None:
    bob = live.add_person("bob", reads=("logging",))
    stranger = live.add_person("stranger")
    foreign = machine(stranger, "stranger")
    foreign.require({"acme/logging": "^1.0"})
    composer = machine(bob)
    composer.require({"acme/secret": "^1.0"})

    outside, hidden = foreign.run("update"), composer.run("update")

    assert outside.code != 0
    assert "404" in outside.output
    assert hidden.code != 0
    assert "could not be found" in hidden.output, hidden.output


def test_a_hidden_package_under_an_owned_prefix_is_found_without_versions(live: Registry, machine: Open) -> None:
    live.own_prefixes("acme")
    composer = machine(live.add_person("bob", reads=("logging",)))
    composer.require({"acme/secret": "^1.0"})

    refused = composer.run("update")

    assert refused.code != 0
    assert "acme/secret" in refused.output


def test_two_people_on_one_machine_see_only_their_own_packages(live: Registry, machine: Open) -> None:
    bob, eve = live.add_person("bob", reads=("logging", "http")), live.add_person("eve", reads=("secret",))
    first, second = machine(bob), machine(eve)
    first.require({"acme/http": "^1.0"})
    assert first.run("update").code == 0

    second.require({"acme/http": "^1.0"})
    (second.project / "composer.lock").unlink()
    shutil.rmtree(second.project / "vendor")
    refused = second.run("update")
    listed = second.run("show", "--available")

    assert refused.code != 0, refused.output
    assert "acme/http" not in listed.output
    assert "acme/secret" in listed.output


def test_what_composer_installs_is_noted(live: Registry, machine: Open) -> None:
    composer = machine(live.add_person("ann", role=TeamKind.OWNERS))
    composer.require({"acme/http": "^1.0"})

    assert composer.run("update").code == 0

    with live.runtime.database.read() as session:
        used = session.scalars(select(Dist).where(Dist.last_downloaded_at.is_not(None))).all()
    assert len(used) == 2
