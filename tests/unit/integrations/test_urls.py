"""One parser for addresses: what it takes, what it refuses, what it builds."""

import pytest

from integrations.errors import Refused
from integrations.urls import Params, canonical_host, parse_url, url_path, with_query


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://Git.Example.test", "https://git.example.test"),
        ("https://git.example.test:443/a", "https://git.example.test/a"),
        ("http://git.example.test:8080/a?b=c#d", "http://git.example.test:8080/a?b=c"),
        ("https://git.example.test./a", "https://git.example.test/a"),
        ("https://[2001:DB8:0::1]:8443/", "https://[2001:db8::1]:8443/"),
        ("https://bücher.example.test", "https://xn--bcher-kva.example.test"),
        ("ssh://git.example.test/x.git", "ssh://git.example.test/x.git"),
        ("https://git.example.test/a%2Fb", "https://git.example.test/a%2Fb"),
    ],
)
def test_an_address_gets_one_canonical_form(text: str, expected: str) -> None:
    assert str(parse_url(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "git.example.test", "//git.example.test", "ftp://git.example.test", "file:///etc/passwd"),
        *("https://", "https:///x", "https://user@git.example.test", "https://user:secret@git.example.test"),
        *("https://git.example.test:0", "https://git.example.test:99999", "https://git.example.test:x"),
        *("https://git.example.test\\@evil.test", "https://git example.test", "https://git.example.test/\r\nX: y"),
        *("https://[fe80::1%25eth0]/", "https://[::g]/", "https://[::1", "https://-git.test", "https://git..test"),
        *("https://git.test-", "https://gi%74.test", "https://git.test/\u0085", "https://" + "a" * 64 + ".test"),
        *("https://" + "a." * 127 + "test", "https://\u2100.test\u3002", "javascript:alert(1)"),
    ],
)
def test_an_address_that_could_be_read_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse_url(text)


def test_an_error_never_repeats_the_password_of_an_address() -> None:
    with pytest.raises(Refused) as caught:
        parse_url("https://user:hunter2@git.example.test")

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("host", ["", "::g", "fe80::1%eth0", "a b", "ü" * 80])
def test_hosts_that_are_none_are_refused(host: str) -> None:
    with pytest.raises(Refused):
        canonical_host(host)


def test_path_segments_stay_one_segment_each() -> None:
    assert url_path("projects", "7", "files", "lib/é x?.json") == "/projects/7/files/lib%2F%C3%A9%20x%3F.json"


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_path_segments_that_would_be_resolved_away_are_refused(segment: str) -> None:
    with pytest.raises(Refused):
        url_path("projects", segment)


def test_queries_are_encoded_and_booleans_are_words() -> None:
    params: Params = {"nested": True, "shared": False, "page": 2, "ref": "a b&c", "ids[]": ("1", "2")}

    assert with_query("/x", params) == "/x?nested=true&shared=false&page=2&ref=a+b%26c&ids%5B%5D=1&ids%5B%5D=2"
    assert with_query("/x", None) == "/x"
