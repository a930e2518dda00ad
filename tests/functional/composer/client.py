"""The real Composer, with a home, a cache and a project of its own, against our application on a real port."""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.wsgi import ClosingIterator

from tests.fakes.parts.listening import Listener

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SECONDS = 120


@contextmanager
def served(app: Flask, port: int) -> Iterator[None]:
    """The application on a loopback port, until the last request has ended with all that comes after its answer."""
    counted = Counted(app)
    listener = Listener(counted, "127.0.0.1", port, None)
    try:
        yield
    finally:
        counted.wait()
        listener.close()


class Counted:
    """Knows how many requests are under way."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app
        self._open = 0
        self._changed = Condition()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        self._add(1)
        return ClosingIterator(self._app(environ, start_response), lambda: self._add(-1))

    def wait(self) -> None:
        """Until nothing is under way."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._open == 0, timeout=SECONDS)

    def _add(self, number: int) -> None:
        with self._changed:
            self._open += number
            self._changed.notify_all()


@dataclass(slots=True)
class Ran:
    """How a command ended."""

    code: int
    output: str


@dataclass(slots=True)
class Composer:
    """One machine on which somebody works on one project."""

    folder: Path
    base_url: str
    token: str | None
    organization: str = "acme"
    extra: dict[str, object] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        """Where composer.json is."""
        return self.folder / "project"

    def require(self, requirements: dict[str, str]) -> None:
        """Write composer.json: these requirements, our repository and no other."""
        self.project.mkdir(parents=True, exist_ok=True)
        document = {
            "name": "test/project",
            "require": requirements,
            "repositories": [
                {"type": "composer", "url": f"{self.base_url}/{self.organization}/"},
                {"packagist.org": False},
            ],
            "config": {"secure-http": False, "allow-plugins": False},
            **self.extra,
        }
        (self.project / "composer.json").write_text(json.dumps(document))

    def run(self, *arguments: str) -> Ran:
        """`composer ARGUMENTS`."""
        host = self.base_url.removeprefix("http://")
        auth = {} if self.token is None else {"http-basic": {host: {"username": "token", "password": self.token}}}
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "COMPOSER_HOME": str(self.folder / "home"),
            "COMPOSER_CACHE_DIR": str(self.folder / "cache"),
            "COMPOSER_AUTH": json.dumps(auth),
            "COMPOSER_ALLOW_SUPERUSER": "1",
            "COMPOSER_NO_INTERACTION": "1",
            "NO_PROXY": "*",
        }
        done = subprocess.run(
            ["composer", *arguments, "--no-ansi", "--no-interaction"],
            cwd=self.project,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Ran(done.returncode, done.stdout + done.stderr)

    def locked(self) -> dict[str, str]:
        """Names and versions in the lock file."""
        lock = json.loads((self.project / "composer.lock").read_text())
        return {package["name"]: package["version"] for package in lock["packages"]}

    def installed_code(self, name: str) -> str:
        """The returned value in the installed `src/code.php`."""
        found = re.search(r"return (\d+);", (self.project / "vendor" / name / "src" / "code.php").read_text())
        assert found is not None
        return found[1]
