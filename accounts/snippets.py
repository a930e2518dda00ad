"""What to type so that Composer uses this server with a token. Pure."""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

TOKEN_PLACE = "YOUR_TOKEN"  # noqa: S105 - stands in for a token


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text to copy: where it belongs, and the text."""

    id: str
    label: str
    text: str


def composer_snippets(base_url: str, organizations: tuple[str, ...], token: str) -> tuple[Snippet, ...]:
    """The commands, the `auth.json` and the CI variable. `organizations` are short names.

    Composer finds credentials by host and port, and refuses plain http unless told otherwise.
    """
    parts = urlsplit(base_url)
    auth = {"http-basic": {parts.netloc: {"username": "token", "password": token}}}
    return (
        Snippet("composer-config", "Commands", "\n".join(_commands(base_url, organizations, token))),
        Snippet("auth-json", "auth.json", json.dumps(auth, indent=4)),
        Snippet("composer-auth", "CI variable COMPOSER_AUTH", json.dumps(auth, separators=(",", ":"))),
    )


def _commands(base_url: str, organizations: tuple[str, ...], token: str) -> list[str]:
    parts = urlsplit(base_url)
    commands = [f"composer config --global --auth http-basic.{parts.netloc} token {token}"]
    if parts.scheme == "http":
        commands.append("composer config --global secure-http false")
    commands += [f"composer config repositories.{name} composer {base_url}/{name}/" for name in organizations]
    return commands
