"""Only plain https addresses are handed to git."""

import pytest

from integrations.errors import Refused
from integrations.vcs.address import RepositoryAddress, parse_address


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://gitlab.com/acme/logging.git", "https://gitlab.com/acme/logging.git"),
        ("https://Git.ACME.example:443/Acme/Logging.git", "https://git.acme.example/Acme/Logging.git"),
        ("https://git.acme.example:8443/gitlab/a/b.git/", "https://git.acme.example:8443/gitlab/a/b.git/"),
        ("https://[2001:db8::1]:8443/a.git", "https://[2001:db8::1]:8443/a.git"),
        ("https://git.acme.example/a%20b/_c-d~e", "https://git.acme.example/a%20b/_c-d~e"),
    ],
)
def test_a_plain_https_address_is_taken(url: str, expected: str) -> None:
    assert parse_address(url).url == expected


def test_the_parts_of_an_address_are_told() -> None:
    address = parse_address("http://127.0.0.1:8080/acme/a.git", allow_http=True)

    assert address == RepositoryAddress("http", "127.0.0.1", 8080, "/acme/a.git")
    assert address.origin == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "-oProxyCommand=touch",
        "--upload-pack=touch",
        "http://git.acme.example/a.git",
        "ext::sh -c touch",
        "https::git.acme.example/a.git",
        "https://git.acme.example::443/a.git",
        "file:///etc",
        "/srv/a.git",
        "../a.git",
        "git@git.acme.example:a.git",
        "ssh://-oProxyCommand=touch/a",
        "git://git.acme.example/a.git",
        "ftp://git.acme.example/a.git",
        "https://ann@git.acme.example/a.git",
        "https://ann:secret@git.acme.example/a.git",
        "https://-x.example/a.git",
        "https://git.acme.example-/a.git",
        "https://git.acme.example",
        "https://git.acme.example/",
        "https://git.acme.example:0/a.git",
        "https://git.acme.example:65536/a.git",
        "https://git.acme.example:x/a.git",
        "https:///a.git",
        "https://git.acme.example//a.git",
        "https://git.acme.example/../a.git",
        "https://git.acme.example/a/../b.git",
        "https://git.acme.example/a.git?x=1",
        "https://git.acme.example/a.git#x",
        "https://git.acme.example/a b.git",
        "https://git.acme.example/a\\b.git",
        "https://git.acme.example/a.git\n",
        "https://git.acme.example/a.git\r\nx: y",
        "https://git.acme.example/a\0.git",
        "https://gít.example/a.git",
        "https://git.acme.example/ü.git",
        "https://git.acme.example/" + "a" * 2000,
    ],
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        parse_address(url)
