"""A git client that knows nothing of this machine's settings."""

import os
import subprocess
from pathlib import Path

from tests.fakes.gitlab import FakeGitLab

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Bob",
    "GIT_AUTHOR_EMAIL": "bob@example.com",
    "GIT_COMMITTER_NAME": "Bob",
    "GIT_COMMITTER_EMAIL": "bob@example.com",
}


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = ENVIRONMENT | {"HOME": str(folder)}
    return subprocess.run(["git", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def url(fake: FakeGitLab, token: str | None, path: str = "acme/logging", username: str = "oauth2") -> str:
    address = f"{fake.base_url}/{path}.git"
    return address if token is None else address.replace("://", f"://{username}:{token}@", 1)
