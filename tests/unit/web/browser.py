"""Chromium and a served application, for tests that need a real browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from config import Settings
from models.runtime import open_runtime
from tests.browser import find_chromium
from tests.unit.web.application import make_app


@contextmanager
def served_app(folder: Path) -> Iterator[tuple[Flask, str]]:
    """The test application, answering on a free port of localhost, and its address."""
    server = make_server("localhost", 0, Flask("placeholder", static_folder=None), threaded=True)
    base_url = f"http://localhost:{server.server_port}"
    runtime = open_runtime(Settings.from_env({"REPERTORY_DATA_DIR": str(folder), "REPERTORY_BASE_URL": base_url}))
    app = make_app(runtime)
    server.app = app
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield app, base_url
    server.shutdown()
    thread.join()
    runtime.database.close()


@contextmanager
def opened_chromium() -> Iterator[Browser]:
    """A browser, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()
