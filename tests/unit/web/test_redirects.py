"""Visitors are sent back to pages of ours only."""

import pytest
from flask.testing import FlaskClient

from web.redirects import safe_next

EVIL = [
    None,
    "",
    "page",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/%09/evil.example",
    "/%2f/evil.example",
    "https:evil.example",
    "https://evil.example/page",
    "http:///evil.example",
    "javascript:alert(1)",
    "/@evil.example",
    "/page@evil.example",
    "/page\r\nSet-Cookie: a=b",
    "/page\x00",
    " /page",
    "/page#fragment",
    "/.//evil.example",
    "/page/../../evil",
    "/pagé",
    "/nowhere",
    "/machine",
    "/" + "a" * 3000,
]


@pytest.mark.parametrize("target", EVIL)
def test_anything_but_a_plain_path_of_a_page_leads_home(bare_client: FlaskClient, target: str | None) -> None:
    with bare_client.application.test_request_context("/", base_url="http://localhost:8000"):
        assert safe_next(target) == "/"


@pytest.mark.parametrize("target", ["/page", "/page?q=a%2Fb&sort=name", "/refuse/404", "/keep/blue"])
def test_pages_are_returned_to_with_their_query(bare_client: FlaskClient, target: str) -> None:
    with bare_client.application.test_request_context("/", base_url="http://localhost:8000"):
        assert safe_next(target) == target


def test_the_default_can_be_chosen(bare_client: FlaskClient) -> None:
    with bare_client.application.test_request_context("/"):
        assert safe_next("//evil.example", default="/profile") == "/profile"
