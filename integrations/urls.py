"""One parser for every URL that we fetch or show: what it does not understand is refused, not guessed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import quote, urlencode, urljoin, urlsplit

import idna

from integrations.errors import Refused

DEFAULT_PORTS = {"http": 80, "https": 443, "ssh": 22}
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"{}|^`]")
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")

Params = Mapping[str, str | int | bool | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class RemoteUrl:
    """A URL in parts. `host` is lower-case ASCII without brackets; `path` begins with a slash or is empty."""

    scheme: str
    host: str
    port: int
    path: str = ""
    query: str = ""

    @property
    def origin(self) -> str:
        """Scheme, host and (unless it is the usual one) port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    def __str__(self) -> str:
        return f"{self.origin}{self.path}{'?' + self.query if self.query else ''}"


def parse_url(text: str) -> RemoteUrl:
    """Parse an absolute http, https or ssh URL. Raises Refused and says why."""
    if _FORBIDDEN.search(text):
        raise Refused("the address contains spaces, control characters or characters that must be encoded")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise Refused("the address is malformed") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise Refused("the address must begin with https://")
    if "@" in parts.netloc:
        raise Refused("the address must not contain a user name or password")
    if port == 0:
        raise Refused("port 0 does not exist")
    host = canonical_host(parts.hostname or "")
    return RemoteUrl(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme], parts.path, parts.query)


def join_url(current: RemoteUrl, reference: str) -> RemoteUrl:
    """The URL that a reference found in an answer leads to. Raises Refused."""
    try:
        return parse_url(urljoin(str(current), reference))
    except ValueError as error:
        raise Refused("the address is malformed") from error


def canonical_host(host: str) -> str:
    """Lower-case ASCII host name, or address in its short form. Raises Refused for what is neither."""
    if not host:
        raise Refused("the address has no host name")
    if ":" in host:
        return _canonical_ipv6(host)
    name = _to_ascii(host.lower()).removesuffix(".")
    if len(name) > 253 or not _HOST_NAME.fullmatch(name):
        raise Refused("the host name is malformed")
    return name


def url_path(*segments: str) -> str:
    """A path from segments, each encoded as one. Raises Refused for dots, which clients would resolve away."""
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise Refused(f"{segment!r} can not be a part of a path")
    return "".join("/" + quote(segment, safe="") for segment in segments)


def with_query(path: str, params: Params | None) -> str:
    """The path with its query. Booleans are written `true`/`false`; a tuple becomes repeated parameters."""
    if not params:
        return path
    return f"{path}?{urlencode({name: _query_value(value) for name, value in params.items()}, doseq=True)}"


def _query_value(value: str | int | bool | tuple[str, ...]) -> str | tuple[str, ...]:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, tuple) else str(value)


def _canonical_ipv6(host: str) -> str:
    if "%" in host:
        raise Refused("addresses with a zone are link-local")
    try:
        return str(ip_address(host))
    except ValueError as error:
        raise Refused("the address in brackets is malformed") from error


def _to_ascii(host: str) -> str:
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise Refused("the host name can not be written in ASCII") from error
