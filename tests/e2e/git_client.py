"""A developer with git and a token of the code host."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Developer:
    """Pushes over HTTP, to an address with a login in it. `trust` as for the Composer client."""

    address: str = field(repr=False)
    folder: Path
    trust: str | bool = True

    def push_tag(self, tag: str) -> None:
        """Clone, tag the newest commit, and push the tag."""
        self._git("clone", "--quiet", self.address, "work")
        self._git("-C", "work", "tag", tag)
        self._git("-C", "work", "push", "--quiet", "origin", tag)

    def _git(self, *arguments: str) -> None:
        own = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1"}
        if isinstance(self.trust, str):
            own["GIT_SSL_CAINFO"] = self.trust
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=own, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
