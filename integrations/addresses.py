"""Which addresses we may talk to. Pure: names are resolved elsewhere, every answer is judged here.

How far a destination is trusted depends on who controls the text of its URL (`Destination`). Some addresses are refused
whatever is configured: cloud metadata services, link-local, multicast, and our own database and Redis.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from integrations.errors import Refused
from integrations.urls import RemoteUrl

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

ALWAYS_DENIED: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), reason)
    for network, reason in (
        ("169.254.0.0/16", "link-local addresses hold the metadata service of clouds"),
        ("fe80::/10", "link-local addresses are never a code host"),
        ("fd00:ec2::/32", "this network holds the metadata services of a cloud"),
        ("fd20:ce::254/128", "this is a cloud metadata service"),
        ("168.63.129.16/32", "this is a cloud metadata service"),
        ("100.100.100.200/32", "this is a cloud metadata service"),
        ("192.0.0.0/24", "this network is reserved for protocols"),
        ("0.0.0.0/8", "this network means 'this machine'"),
        ("::/128", "this address means 'this machine'"),
        ("224.0.0.0/4", "multicast addresses are never a code host"),
        ("ff00::/8", "multicast addresses are never a code host"),
        ("240.0.0.0/4", "this network is reserved, and broadcast"),
    )
)
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
        *("100.64.0.0/10", "198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "192.88.99.0/24"),
        *("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "2001:db8::/32", "3fff::/20", "100::/64"),
        *("::/96", "::ffff:0:0:0/96", "5f00::/16"),
    )
)
# NAT64 (the well-known and the local prefix), the old "IPv4-compatible" form, and stateless translation
ENDS_IN_IPV4 = tuple(map(IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96")))
USUAL_PORTS = frozenset({22, 80, 443})
FIRST_UNPRIVILEGED_PORT = 1024


class Destination(StrEnum):
    """Who controls the text of the URL: an instance administrator, an organization's administrator, anybody."""

    INTEGRATION = "integration"
    REPOSITORY = "repository"
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True)
class AllowRule:
    """One entry of OUTBOUND_ALLOW: a host name or a network, for one port or for every port."""

    host: str
    port: int | None = None
    network: Network | None = None

    def matches_name(self, host: str, port: int) -> bool:
        """Whether the rule names this host and port as they are written."""
        return self.port in {None, port} and self.host == host

    def matches(self, host: str, port: int, address: Address) -> bool:
        """Whether the rule frees this address, by the host's name or by its network."""
        if self.matches_name(host, port):
            return True
        return self.network is not None and self.port in {None, port} and address in self.network


@dataclass(frozen=True, slots=True)
class OutboundPolicy:
    """What the deployment allows: rules, extra trust, the way out, and our own services that nobody may reach."""

    allow: tuple[AllowRule, ...] = ()
    ca_file: Path | None = None
    proxy: str = field(default="", repr=False)
    no_proxy: frozenset[str] = frozenset()
    denied_endpoints: frozenset[tuple[str, int]] = frozenset()
    integration_hosts: frozenset[str] = frozenset()

    def with_integration_hosts(self, hosts: Iterable[str]) -> "OutboundPolicy":
        """The same policy, under which repositories may live on the hosts of our integrations."""
        return replace(self, integration_hosts=frozenset(hosts))

    def check_url(self, url: RemoteUrl, destination: Destination) -> None:
        """Raise Refused unless the scheme and port may be used and the host may be resolved at all."""
        if (url.host, url.port) in self.denied_endpoints:
            raise Refused(f"{url.host}:{url.port} is one of Repertory's own services")
        self._check_scheme(url, destination)
        if not self._may_use_port(url, destination):
            raise Refused(f"port {url.port} of {url.host} is not allowed: add {url.host}:{url.port} to OUTBOUND_ALLOW")

    def check_address(self, url: RemoteUrl, address_text: str, destination: Destination) -> None:
        """Raise Refused unless this address, one of those that the URL's host resolves to, may be connected to."""
        address = unwrap_address(address_text)
        self._check_never_denied(url, address)
        if _is_in(address, LOOPBACK):
            self._check_loopback(url, address, destination)
        elif _is_in(address, NOT_PUBLIC) and not self._may_be_private(url, address, destination):
            raise Refused(f"{url.host} is at {address}, a private address: add {url.host} to OUTBOUND_ALLOW")

    def names(self, url: RemoteUrl) -> bool:
        """Whether OUTBOUND_ALLOW lists the host of the URL (and its port, where the entry has one)."""
        literal = _literal(url.host)
        return any(
            rule.matches_name(url.host, url.port) or (literal is not None and rule.matches(url.host, url.port, literal))
            for rule in self.allow
        )

    def proxy_for(self, url: RemoteUrl) -> str:
        """The proxy to use, "" for a direct connection: listed loopback services are never behind the proxy."""
        host = url.host
        is_direct = host in self.no_proxy or any(host.endswith("." + name.lstrip(".")) for name in self.no_proxy)
        literal = _literal(host)
        is_local = host == "localhost" or (literal is not None and _is_in(literal, LOOPBACK))
        return "" if is_direct or is_local else self.proxy

    def _check_scheme(self, url: RemoteUrl, destination: Destination) -> None:
        if url.scheme == "https" or (url.scheme == "ssh" and destination is Destination.REPOSITORY):
            return
        if url.scheme == "http" and destination is not Destination.UNTRUSTED and self.names(url):
            return
        advice = f"use https, or add {url.host} to OUTBOUND_ALLOW" if url.scheme == "http" else "use https"
        raise Refused(f"{url.scheme}:// to {url.host} is not allowed: {advice}")

    def _may_use_port(self, url: RemoteUrl, destination: Destination) -> bool:
        if destination is Destination.INTEGRATION or url.port in USUAL_PORTS or url.port >= FIRST_UNPRIVILEGED_PORT:
            return True
        return destination is Destination.REPOSITORY and any(
            rule.port == url.port and rule.host == url.host for rule in self.allow
        )

    def _check_never_denied(self, url: RemoteUrl, address: Address) -> None:
        for network, reason in ALWAYS_DENIED:
            if address in network:
                raise Refused(f"{url.host} is at {address}, which is never connected to: {reason}")
        names = {str(address), "localhost"} if _is_in(address, LOOPBACK) else {str(address)}
        if any((name, url.port) in self.denied_endpoints for name in names):
            raise Refused(f"{url.host}:{url.port} is one of Repertory's own services")

    def _check_loopback(self, url: RemoteUrl, address: Address, destination: Destination) -> None:
        has_port_rule = any(rule.port is not None and rule.matches(url.host, url.port, address) for rule in self.allow)
        if destination is Destination.UNTRUSTED or not has_port_rule:
            raise Refused(
                f"{url.host} is this very machine ({address}): if that is meant, "
                f"add {url.host}:{url.port} to OUTBOUND_ALLOW"
            )

    def _may_be_private(self, url: RemoteUrl, address: Address, destination: Destination) -> bool:
        if destination is Destination.INTEGRATION:
            return True
        if destination is Destination.UNTRUSTED:
            return False
        is_listed = any(rule.matches(url.host, url.port, address) for rule in self.allow)
        return is_listed or url.host in self.integration_hosts


def parse_allow(entries: Iterable[str]) -> tuple[AllowRule, ...]:
    """Entries HOST, HOST:PORT, ADDRESS, [ADDRESS]:PORT or CIDR. Raises ValueError for anything else."""
    return tuple(_parse_rule(entry.strip().lower()) for entry in entries if entry.strip())


def unwrap_address(text: str) -> Address:
    """The address that is meant: IPv4 inside IPv6 (mapped, 6to4, Teredo, NAT64) is taken out. Raises Refused."""
    if "%" in text:
        raise Refused(f"{text} has a zone, so it is link-local")
    address = ip_address(text)
    if isinstance(address, IPv4Address):
        return address
    return _embedded_ipv4(address) or address


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    if any(address in network for network in ENDS_IN_IPV4) and int(address) > 0xFFFF:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour


def _parse_rule(entry: str) -> AllowRule:
    if "/" in entry:
        return AllowRule(entry, network=ip_network(entry))
    host, port = _split_port(entry)
    literal = _literal(host)
    if not host:
        raise ValueError(f"{entry!r} names no host")
    return AllowRule(host, port, network=None if literal is None else ip_network(literal))


def _split_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        return host, int(rest[1:]) if rest else None
    if entry.count(":") == 1:
        host, _, port = entry.partition(":")
        return host, int(port)
    return entry, None


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
