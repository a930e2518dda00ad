"""The real Composer, in a project of its own, and always with an empty home: a warm cache hides what is refused."""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SECONDS = 90


@dataclass(slots=True)
class ComposerProject:
    """A project folder. `trust` is the certificate to be trusted beside the usual ones, if any."""

    folder: Path
    trust: str | bool = True
    homes: int = 0

    def begin(self, requires: Mapping[str, str]) -> None:
        """A composer.json that asks for these packages, and for nothing from the outside world."""
        manifest = {"name": "acme/shop", "require": dict(requires), "repositories": {"packagist.org": False}}
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "composer.json").write_text(json.dumps(manifest, indent=4), encoding="utf-8")

    def type(self, commands: str) -> None:
        """Type lines as a page shows them, into a terminal whose Composer was never used before."""
        self.homes += 1
        for line in commands.splitlines():
            done = self._run(shlex.split(line))
            assert done.returncode == 0, f"{line.partition(' token ')[0]}: {done.stdout}{done.stderr}"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Composer with what was typed last."""
        return self._run(["composer", *arguments])

    def installed(self) -> dict[str, str]:
        """The packages that lie in `vendor`, with their versions."""
        listed = json.loads((self.folder / "vendor/composer/installed.json").read_text(encoding="utf-8"))
        found = {package["name"]: package["version"] for package in listed["packages"]}
        assert all((self.folder / "vendor" / name / "composer.json").is_file() for name in found)
        return found

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        home = self.folder / f"home-{self.homes}"
        own = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "COMPOSER_HOME": str(home),
            "COMPOSER_ALLOW_SUPERUSER": "1",
            "COMPOSER_NO_INTERACTION": "1",
            "COMPOSER_MAX_PARALLEL_HTTP": "6",
        }
        if isinstance(self.trust, str):
            own["SSL_CERT_FILE"] = self.trust
        return subprocess.run(
            command, cwd=self.folder, env=own, capture_output=True, text=True, timeout=SECONDS, check=False
        )
