"""The make-believe GitLab of `make demo`: how it is started, and what a visitor is told about it."""

import json
import os
import sys
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from scripts.places import Places
from scripts.programs import Program

OWNER = "ann"
GROUP = "acme"
EXAMPLE_PROJECT, EXAMPLE_TAG = "acme/backend/logging", "v2.1.0"


def gitlab_port() -> int:
    """Where the make-believe GitLab listens."""
    return int(os.environ.get("DEMO_GITLAB_PORT", "8929"))


def facts_file(places: Places) -> Path:
    """Where it writes its address and the application that was made there, once it answers."""
    return places.run / "gitlab.json"


def gitlab_program(places: Places, *, python: Path, base_url: str) -> Program:
    """The process, for the supervisor."""
    options = ("--port", str(gitlab_port()), "--company", "small", "--allow-control", "--steady", "demonstration")
    callback = ("--redirect-uri", f"{base_url}/oauth/gitlab/callback")
    ready = ("--ready-file", str(facts_file(places)))
    return Program("gitlab", (str(python), "-P", "-m", "tests.fakes.gitlab", *options, *callback, *ready), 5, 1)


def describe(places: Places) -> list[str]:
    """What to type where."""
    facts = json.loads(facts_file(places).read_text(encoding="utf-8"))
    return [
        "The make-believe GitLab of this demo belongs to a small company. Paste into the wizard:",
        "",
        "  Name             GitLab   (so that the callback URL is the one below)",
        "  Platform         GitLab Self-Managed",
        f"  Base URL         {facts['base_url']}",
        f"  Client ID        {facts['client_id']}",
        f"  Client Secret    {facts['secret']}",
        "",
        f"This application exists there for {facts['redirect_uri']}",
        f"To make one by hand, as on a real GitLab: {facts['applications_url']}",
        f"Log in as {OWNER}: she owns the group {GROUP}, from which you can create an organization.",
        f"Later, publish a version and see it arrive: scripts/demo tag {EXAMPLE_PROJECT} {EXAMPLE_TAG}",
    ]


def push_tag(project: str, name: str) -> str:
    """Tag the newest commit of a project at the running demo. Raises OSError or HTTPException when there is none."""
    connection = HTTPConnection("127.0.0.1", gitlab_port(), timeout=10)
    try:
        connection.request("POST", "/_fake/tag", json.dumps({"project": project, "name": name}))
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace").strip()
    finally:
        connection.close()
    return f"Tagged {project} as {name}." if answer.status == 200 else f"GitLab refused: {body}"


def main(arguments: list[str]) -> int:
    """`PROJECT NAME`: push a tag. Returns the exit code."""
    if len(arguments) != 2:
        print("Type: scripts/demo tag PROJECT NAME, for example: scripts/demo tag", EXAMPLE_PROJECT, EXAMPLE_TAG)
        return 2
    try:
        print(push_tag(*arguments))
    except (OSError, HTTPException) as error:
        print(f"The demo does not answer ({error}). Is `make demo` running?", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
