"""A developer with git and a personal token at the fake GitLab."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.gitlab import FakeGitLab


@dataclass(frozen=True, slots=True)
class Developer:
    """Pushes over HTTP. `trust` as for the Composer client."""

    fake: FakeGitLab
    username: str
    folder: Path
    trust: str | bool = True

    def push_tag(self, project: str, tag: str) -> None:
        """Clone, tag the newest commit, and push the tag."""
        scheme, _, place = self.fake.base_url.partition("://")
        token = self.fake.personal_token(self.fake.user(self.username))
        self._git("clone", "--quiet", f"{scheme}://{self.username}:{token}@{place}/{project}.git", "work")
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
