"""Which repository URLs we hand to git. Pure: one strict grammar, everything else is refused."""

import re
from dataclasses import dataclass

from integrations.errors import Refused

_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~%!$&'()*+,;=@-]+)+/?)",
)
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class RepositoryAddress:
    """Where a repository is, without any credential."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """Scheme, host and, where it is not the usual one, port."""
        is_usual = self.port == _DEFAULT_PORTS[self.scheme]
        return f"{self.scheme}://{self.host}" if is_usual else f"{self.scheme}://{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address as git takes it."""
        return self.origin + self.path


def parse_address(url: str, *, allow_http: bool = False) -> RepositoryAddress:
    """The parts of a repository URL. Raises Refused for anything that is not a plain https (or allowed http) URL."""
    head, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    match = _URL.fullmatch(head.lower() + separator + authority.lower() + slash + path)
    if match is None or len(url) > _LONGEST:
        raise Refused("Not a repository address that we accept: use https://host/path, without user name or query.")
    if ".." in match["path"].split("/"):
        raise Refused("A repository address may not contain '..'.")
    if match["scheme"] == "http" and not allow_http:
        raise Refused("Plain http is not allowed for this address: use https, or let an administrator allow the host.")
    port = int(match["port"] or _DEFAULT_PORTS[match["scheme"]])
    if not 0 < port < 65536:
        raise Refused(f"{port} is no port number.")
    return RepositoryAddress(match["scheme"], match["host"], port, match["path"])
