"""Which addresses may be connected to: the table of odd spellings, for every class of destination."""

import socket

import pytest

from integrations.addresses import AllowRule, Destination, OutboundPolicy, parse_allow, unwrap_address
from integrations.connections import resolve_checked
from integrations.errors import Refused
from integrations.urls import parse_url

INTEGRATION, REPOSITORY, UNTRUSTED = Destination

LOOPBACK = ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]")
WRAPPED_LOOPBACK = ("[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]")
NEVER = (
    *("0", "0.0.0.0", "[::]", "169.254.169.254", "2852039166", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]"),
    *(
        "[fd00:ec2::254]",
        "[fd00:ec2::23]",
        "[fd20:ce::254]",
        "[::ffff:0:a9fe:a9fe]",
        "168.63.129.16",
        "100.100.100.200",
        "169.254.170.2",
        "192.0.0.1",
        "0.1.2.3",
    ),
    *("[fe80::1]", "224.0.0.1", "[ff02::1]", "240.0.0.1", "255.255.255.255", "[2002:a9fe:a9fe::]"),
)
PRIVATE = (
    *("10.0.0.5", "172.16.0.1", "192.168.1.1", "[fd12:3456::1]", "100.64.0.1", "198.18.0.1", "192.0.2.1"),
    *("198.51.100.7", "203.0.113.9", "[2001:db8::1]", "[64:ff9b::a00:1]", "[100::1]"),
)
EVERYTHING_LISTED = parse_allow(
    ["0.0.0.0/0", "::/0", *(f"{host}:443" for host in (*NEVER, *LOOPBACK, *WRAPPED_LOOPBACK))]
)


def may_connect(host: str, destination: Destination, policy: OutboundPolicy, *, scheme: str = "https") -> bool:
    url = parse_url(f"{scheme}://{host}/x")
    literal = url.host if ":" in url.host else socket.getaddrinfo(url.host, 443, socket.AF_INET)[0][4][0]
    try:
        resolve_checked(url, policy=policy, destination=destination, resolver=lambda _host, _port: [str(literal)])
    except Refused:
        return False
    return True


@pytest.mark.parametrize("destination", list(Destination))
@pytest.mark.parametrize("host", [*LOOPBACK, *WRAPPED_LOOPBACK, *NEVER])
def test_this_machine_and_metadata_services_are_refused_in_every_class(host: str, destination: Destination) -> None:
    assert not may_connect(host, destination, OutboundPolicy())


@pytest.mark.parametrize("destination", list(Destination))
@pytest.mark.parametrize("host", NEVER)
def test_no_list_entry_frees_an_address_that_is_always_denied(host: str, destination: Destination) -> None:
    assert not may_connect(host, destination, OutboundPolicy(allow=EVERYTHING_LISTED))


@pytest.mark.parametrize("host", [*LOOPBACK, *WRAPPED_LOOPBACK])
def test_this_machine_needs_an_entry_with_its_port(host: str) -> None:
    network_only = OutboundPolicy(allow=parse_allow(["127.0.0.0/8", "::1/128", "localhost", "127.0.0.1"]))
    with_port = OutboundPolicy(allow=parse_allow([f"{host}:443", "127.0.0.1:443"]))
    other_port = OutboundPolicy(allow=parse_allow([f"{host}:8443", "127.0.0.1:8443"]))

    assert not may_connect(host, INTEGRATION, network_only)
    assert may_connect(host, INTEGRATION, with_port)
    assert may_connect(host, REPOSITORY, with_port)
    assert not may_connect(host, UNTRUSTED, with_port)
    assert not may_connect(host, INTEGRATION, other_port)


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_for_integrations_and_for_listed_repositories(host: str) -> None:
    listed = OutboundPolicy(allow=parse_allow([host]))
    by_integration = OutboundPolicy().with_integration_hosts([parse_url(f"https://{host}").host])

    assert may_connect(host, INTEGRATION, OutboundPolicy())
    assert not may_connect(host, REPOSITORY, OutboundPolicy())
    assert may_connect(host, REPOSITORY, by_integration)
    if "64:ff9b" not in host:
        assert may_connect(host, REPOSITORY, listed)
    for policy in (OutboundPolicy(), listed, by_integration):
        assert not may_connect(host, UNTRUSTED, policy)


@pytest.mark.parametrize("destination", list(Destination))
@pytest.mark.parametrize("host", ["93.184.216.34", "[2606:2800:220:1::1]", "[64:ff9b::5db8:d822]"])
def test_public_addresses_are_for_everybody(host: str, destination: Destination) -> None:
    assert may_connect(host, destination, OutboundPolicy())


def test_one_entry_frees_one_host_and_nothing_else() -> None:
    policy = OutboundPolicy(allow=parse_allow(["10.1.0.0/16", "git.example.test:8443"]))

    assert may_connect("10.1.2.3", REPOSITORY, policy)
    assert not may_connect("10.2.2.3", REPOSITORY, policy)
    policy.check_address(parse_url("https://git.example.test:8443"), "10.9.9.9", REPOSITORY)
    with pytest.raises(Refused, match="private"):
        policy.check_address(parse_url("https://git.example.test"), "10.9.9.9", REPOSITORY)


def test_http_is_for_listed_hosts_only_and_never_for_untrusted_text() -> None:
    policy = OutboundPolicy(allow=parse_allow(["git.example.test", "10.1.0.0/16"]))

    policy.check_url(parse_url("http://git.example.test"), INTEGRATION)
    policy.check_url(parse_url("http://10.1.2.3"), REPOSITORY)
    with pytest.raises(Refused, match="OUTBOUND_ALLOW"):
        policy.check_url(parse_url("http://other.example.test"), INTEGRATION)
    with pytest.raises(Refused):
        policy.check_url(parse_url("http://git.example.test"), UNTRUSTED)


def test_ssh_is_for_repositories_only() -> None:
    OutboundPolicy().check_url(parse_url("ssh://git.example.test"), REPOSITORY)
    with pytest.raises(Refused, match="use https"):
        OutboundPolicy().check_url(parse_url("ssh://git.example.test"), INTEGRATION)


def test_low_ports_are_what_an_administrator_typed_or_listed() -> None:
    url = parse_url("https://git.example.test:25")

    OutboundPolicy().check_url(url, INTEGRATION)
    OutboundPolicy(allow=parse_allow(["git.example.test:25"])).check_url(url, REPOSITORY)
    for destination in (REPOSITORY, UNTRUSTED):
        with pytest.raises(Refused, match="port 25"):
            OutboundPolicy().check_url(url, destination)
    OutboundPolicy().check_url(parse_url("https://git.example.test:7990"), UNTRUSTED)


def test_our_own_services_are_never_reached_by_name_or_address() -> None:
    policy = OutboundPolicy(
        allow=parse_allow(["db.internal:5432", "10.0.0.0/8"]),
        denied_endpoints=frozenset({("db.internal", 5432), ("10.0.0.7", 5432)}),
    )

    with pytest.raises(Refused, match="own services"):
        policy.check_url(parse_url("https://db.internal:5432"), INTEGRATION)
    with pytest.raises(Refused, match="own services"):
        policy.check_address(parse_url("https://alias.internal:5432"), "10.0.0.7", INTEGRATION)
    policy.check_address(parse_url("https://alias.internal:5433"), "10.0.0.7", INTEGRATION)


def test_our_own_service_on_this_machine_is_not_reached_by_its_address() -> None:
    listed = parse_allow(["127.0.0.1:5432", "127.0.0.1:8080"])
    policy = OutboundPolicy(allow=listed, denied_endpoints=frozenset({("localhost", 5432)}))

    with pytest.raises(Refused, match="own services"):
        policy.check_address(parse_url("https://127.0.0.1:5432"), "127.0.0.1", INTEGRATION)
    policy.check_address(parse_url("https://127.0.0.1:8080"), "127.0.0.1", INTEGRATION)


def test_the_proxy_is_for_what_is_not_local_or_excepted() -> None:
    policy = OutboundPolicy(proxy="http://proxy.example.test:3128", no_proxy=frozenset({"corp.test", ".lab.test"}))

    assert policy.proxy_for(parse_url("https://gitlab.example.test")) == "http://proxy.example.test:3128"
    for direct in ("https://corp.test", "https://git.corp.test", "https://a.lab.test", "https://127.0.0.1:8080"):
        assert policy.proxy_for(parse_url(direct)) == ""
    assert policy.proxy_for(parse_url("https://localhost:8080")) == ""


def test_a_proxy_with_a_password_is_not_shown() -> None:
    assert "hunter2" not in repr(OutboundPolicy(proxy="http://user:hunter2@proxy.example.test:3128"))


def test_addresses_with_a_zone_are_refused() -> None:
    with pytest.raises(Refused, match="zone"):
        unwrap_address("fe80::1%eth0")


def test_teredo_hides_an_ipv4_address() -> None:
    assert str(unwrap_address("2001:0:4136:e378:8000:63bf:3fff:fdd2")) == "192.0.2.45"


def test_list_entries_are_hosts_addresses_and_networks_with_or_without_port() -> None:
    rules = parse_allow(
        ["Git.Example.test", "git.example.test:8443", "[::1]:8080", "[fd00::1]", "fd00::2", " ", "10.0.0.0/8"]
    )

    assert [(rule.host, rule.port, rule.network is not None) for rule in rules] == [
        ("git.example.test", None, False),
        ("git.example.test", 8443, False),
        ("::1", 8080, True),
        ("fd00::1", None, True),
        ("fd00::2", None, True),
        ("10.0.0.0/8", None, True),
    ]
    assert not AllowRule("a.test", 1).matches_name("a.test", 2)


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "host:port", ":443"])
def test_list_entries_that_mean_nothing_are_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_allow([entry])
