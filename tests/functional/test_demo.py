"""`make demo`: the make-believe GitLab beside the application, and what a visitor is told."""

import re
import sys
from pathlib import Path

import requests

from tests.functional.processes import Installation, end, wait_until
from tests.services import free_port

PROJECT = "acme/backend/logging"


def test_the_demo_tells_what_to_paste_and_publishes_a_version(tmp_path: Path) -> None:
    gitlab = f"127.0.0.1:{free_port()}"
    port = gitlab.rpartition(":")[2]
    installation = Installation(tmp_path / "var", DATABASE_URL="", REDIS_URL="", DEMO_GITLAB_PORT=port)
    try:
        process = installation.start(sys.executable, "-m", "scripts.start", "--demo")
        wait_until(lambda: installation.has_printed("Stop it with Ctrl-C"), what="it says that it is ready")
        told = installation.output.read_text(encoding="utf-8")
        tagged = installation.run(sys.executable, "-m", "scripts.demonstration", PROJECT, "v2.1.0")
        state = requests.get(f"http://{gitlab}/_fake/state", timeout=10).json()
        code, _seconds = end(process)
    finally:
        left = installation.processes()
        installation.clean_up()

    assert f"Base URL         http://{gitlab}" in told
    assert f"http://localhost:{installation.port}/oauth/gitlab/callback" in told
    assert re.search(r"Client ID +\w{20,}\n +Client Secret +gloas-\w{20,}", told)
    assert "Log in as ann" in told
    assert tagged.stdout.strip() == f"Tagged {PROJECT} as v2.1.0."
    assert any(project["path"] == PROJECT and "refs/tags/v2.1.0" in project["refs"] for project in state["projects"])
    assert (code, left) == (0, {})


def test_a_tag_for_a_demo_that_does_not_run_says_so(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "var", DEMO_GITLAB_PORT=str(free_port()))

    result = installation.run(sys.executable, "-m", "scripts.demonstration", PROJECT, "v2.1.0")

    installation.clean_up()
    assert result.returncode == 1
    assert "Is `make demo` running?" in result.stderr
