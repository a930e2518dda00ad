"""Values of the Authorization header."""

from integrations.authorizations import basic, bearer


def test_a_token_goes_as_bearer() -> None:
    assert bearer("abc") == "Bearer abc"


def test_a_name_and_its_secret_go_as_basic() -> None:
    assert basic("jane@corp.example", "p:ässword") == "Basic amFuZUBjb3JwLmV4YW1wbGU6cDrDpHNzd29yZA=="
