"""Turn the text of one environment variable into a checked value."""

import base64
import binascii
from collections.abc import Mapping
from ipaddress import ip_network


class SettingsError(Exception):
    """A setting that can not be used. The text is one sentence for the administrator."""


def parse_number(env: Mapping[str, str], name: str, *, default: int, low: int, high: int) -> int:
    """A whole number from `low` to `high`."""
    text = env.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingsError(f"{name} is {text!r}: it must be a whole number from {low} to {high}")
    return int(text)


def parse_hosts(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Comma-separated entries HOST, HOST:PORT or a network in CIDR form."""
    entries = tuple(entry.strip().lower() for entry in env.get(name, "").split(",") if entry.strip())
    for entry in entries:
        _check_host(name, entry)
    return entries


def _check_host(name: str, entry: str) -> None:
    advice = (
        f"{name} has the entry {entry!r}: write HOST, HOST:PORT or a network such as 10.0.0.0/8, separated by commas"
    )
    if "/" not in entry:
        host, _, port = entry.rpartition(":") if not entry.endswith("]") and ":" in entry else (entry, "", "")
        if not host or (port and not port.isdigit()) or any(character in entry for character in " @*"):
            raise SettingsError(advice)
        return
    try:
        ip_network(entry)
    except ValueError as error:
        raise SettingsError(advice) from error


def parse_keys(text: str, name: str) -> tuple[str, ...]:
    """Encryption keys (32 bytes in URL-safe base64), newest first, separated by commas or white space."""
    keys = tuple(text.replace(",", " ").split())
    for position, key in enumerate(keys, start=1):
        if not _is_key(key):
            raise SettingsError(
                f"{name}: key number {position} is not 32 bytes in URL-safe base64; "
                "make one with: openssl rand 32 | basenc --base64url"
            )
    return keys


def _is_key(key: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(key)) == 32
    except (binascii.Error, ValueError):
        return False
