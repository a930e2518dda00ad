"""The whole application with a fake GitLab beside it: in Setup Mode, and after it."""

import pytest
from flask import Flask

from models import Runtime
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.conftest import gitlab, runtime
from tests.functional.accounts.journey import Person
from tests.functional.admin.pages import IntegrationPage
from wsgi import create_app

__all__ = ["gitlab", "runtime"]  # fixtures as well


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """A fresh installation: Setup Mode."""
    app = create_app(runtime=runtime)
    app.testing = True
    return app


@pytest.fixture
def owner(app: Flask, runtime: Runtime) -> Person:
    """The browser of Ann, who sets the installation up on her own machine."""
    return Person(app, runtime.settings.base_url, "ann")


@pytest.fixture
def page(owner: Person, runtime: Runtime, gitlab: FakeGitLab) -> IntegrationPage:
    """The form in Ann's browser."""
    return IntegrationPage(owner, runtime, gitlab)


@pytest.fixture
def ann(page: IntegrationPage) -> Person:
    """Ann, after she became administrator."""
    page.create()
    assert page.person.log_in("gitlab", "claim_admin").status_code == 303
    return page.person


@pytest.fixture
def bob(ann: Person) -> Person:
    """Bob, who has logged in and is no administrator."""
    person = Person(ann.app, ann.base_url, "bob")
    assert person.log_in("gitlab").status_code == 303
    return person
