"""Fixtures of the web floor's tests."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config import Settings
from models.runtime import Runtime, open_runtime
from tests.unit.web.application import make_app


@pytest.fixture
def bare_runtime(tmp_path: Path) -> Iterator[Runtime]:
    """A runtime whose database has no tables: for what must work without asking it."""
    runtime = open_runtime(Settings.from_env({"REPERTORY_DATA_DIR": str(tmp_path)}))
    yield runtime
    runtime.database.close()


@pytest.fixture
def https_runtime(bare_runtime: Runtime) -> Runtime:
    """The same, reached over https."""
    return replace(bare_runtime, settings=replace(bare_runtime.settings, base_url="https://packages.example.com"))


@pytest.fixture
def bare_client(bare_runtime: Runtime) -> FlaskClient:
    """A browser of an application without tables."""
    return browser(make_app(bare_runtime), "http://localhost:8000")


@pytest.fixture
def https_client(https_runtime: Runtime) -> FlaskClient:
    """A browser of an application on https."""
    return browser(make_app(https_runtime), "https://packages.example.com")


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """The application on a migrated database."""
    return make_app(runtime)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser of it."""
    return browser(app, "http://localhost:8000")


class Browser(FlaskClient):
    """A client that asks for the base URL, as a browser does."""

    base_url = ""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        kwargs.setdefault("base_url", self.base_url)
        return super().open(*args, **kwargs)


def browser(app: Flask, base_url: str) -> FlaskClient:
    """A client that sends the right Host header."""
    client = Browser(app, app.response_class, use_cookies=True)
    client.base_url = base_url
    return client
