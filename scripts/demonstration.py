"""The make-believe code hosts of `make demo`: how they are started, and what a visitor is told about them."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from scripts.places import Places
from scripts.programs import Program

OWNER = "ann"
EXAMPLE_TAG = "v2.1.0"
WORDS = {"project", "repository", "repo"}  # for the same thing, each fake has the word of its host


@dataclass(frozen=True, slots=True)
class DemoHost:
    """One code host of the small company. Its application's callback URL belongs to the given name."""

    key: str  # in commands, and of its process and files
    fake: str  # the package in tests/fakes
    name: str
    platform: str
    usual_port: int
    root: str  # what Ann owns there
    example: str
    options: tuple[str, ...] = ()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(os.environ.get(self.port_variable, self.usual_port))

    @property
    def port_variable(self) -> str:
        """What to set to let it listen elsewhere."""
        return f"DEMO_{self.key.upper().replace('-', '_')}_PORT"

    @property
    def prefix(self) -> str:
        """What names it in a command; nothing for the first one."""
        return "" if self is FIRST else f"{self.key}:"

    @property
    def slug(self) -> str:
        """What Repertory makes of the name: a part of the callback URL."""
        return self.name.lower().replace(" ", "-")

    def facts_file(self, places: Places) -> Path:
        """Where it writes its address and the application that was made there, once it answers."""
        return places.run / f"{self.key}.json"

    def program(self, places: Places, *, python: Path, base_url: str) -> Program:
        """The process, for the supervisor."""
        options = ("--port", str(self.port), "--company", "small", "--allow-control", "--steady", "demonstration")
        callback = ("--redirect-uri", f"{base_url}/oauth/{self.slug}/callback")
        ready = ("--ready-file", str(self.facts_file(places)))
        command = (str(python), "-P", "-m", f"tests.fakes.{self.fake}", *options, *self.options, *callback, *ready)
        return Program(self.key, command, 5, 1)


HOSTS = (
    DemoHost("gitlab", "gitlab", "GitLab", "GitLab Self-Managed", 8929, "group acme", "acme/backend/logging"),
    DemoHost("github", "github", "GitHub", "GitHub Enterprise Server", 8930, "organization acme", "acme/logging"),
    DemoHost(
        "bitbucket-server",
        "bitbucket_dc",
        "Bitbucket Server",
        "Bitbucket Data Center / Server",
        8931,
        "project ACME",
        "ACME/logging",
    ),
    DemoHost(
        "bitbucket",
        "bitbucket_cloud",
        "Bitbucket",
        "Bitbucket",
        8932,
        "workspace acme",
        "acme/logging",
        ("--allow-local-hooks",),
    ),
)
FIRST = HOSTS[0]


def are_ready(places: Places) -> bool:
    """Whether all of them answer."""
    return all(host.facts_file(places).exists() for host in HOSTS)


def describe(places: Places) -> list[str]:
    """What to type where."""
    return [
        "The make-believe code hosts of this demo belong to a small company. Paste one of them into the wizard. Others",
        "can follow under Administration, Integrations. Each application there has the callback URL of its name here.",
        "",
        *(line for host in HOSTS for line in _describe_host(host, places)),
        "Later, publish a version and see it arrive:",
        *(f"  scripts/demo tag {host.prefix}{host.example} {EXAMPLE_TAG}" for host in HOSTS),
    ]


def push_tag(place: str, name: str) -> str:
    """Tag the newest commit of a repository at the running demo. Raises OSError or HTTPException when there is none."""
    host, path = find_host(place)
    connection = HTTPConnection("127.0.0.1", host.port, timeout=10)
    try:
        connection.request("POST", "/_fake/tag", json.dumps({"name": name, **dict.fromkeys(WORDS, path)}))
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace").strip()
    finally:
        connection.close()
    return f"Tagged {path} as {name}." if answer.status == 200 else f"{host.name} refused: {body}"


def find_host(place: str) -> tuple[DemoHost, str]:
    """The host and the repository that `PATH` or `HOST:PATH` names."""
    key, colon, path = place.rpartition(":")
    host = next((host for host in HOSTS if host.key == key), FIRST)
    return host, path if colon else place


def main(arguments: list[str]) -> int:
    """`[HOST:]REPOSITORY NAME`: push a tag. Returns the exit code."""
    if len(arguments) != 2:
        print(
            "Type: scripts/demo tag [HOST:]REPOSITORY NAME, for example: scripts/demo tag", FIRST.example, EXAMPLE_TAG
        )
        return 2
    try:
        print(push_tag(*arguments))
    except (OSError, HTTPException) as error:
        print(f"The demo does not answer ({error}). Is `make demo` running?", file=sys.stderr)
        return 1
    return 0


def _describe_host(host: DemoHost, places: Places) -> Iterator[str]:
    facts = json.loads(host.facts_file(places).read_text(encoding="utf-8"))
    yield f"  Name             {host.name}"
    yield f"  Platform         {host.platform}"
    yield f"  Base URL         {facts['base_url']}"
    yield f"  Client ID        {facts['client_id']}"
    yield f"  Client Secret    {facts['secret']}"
    yield f"  Callback URL     {facts['redirect_uri']}"
    yield f"  By hand          {facts['applications_url']}"
    yield f"  Log in as {OWNER}, who owns the {host.root}: create an organization from it."
    yield ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
