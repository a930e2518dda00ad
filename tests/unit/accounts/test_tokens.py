"""The form of our tokens, and the snippets that carry them."""

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.snippets import composer_snippets
from composer.tokens import ALPHABET, ORGANIZATION_PREFIX, SETUP_PREFIX, USER_PREFIX, is_token, new_token

PREFIXES = (USER_PREFIX, ORGANIZATION_PREFIX, SETUP_PREFIX)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_new_token_has_its_prefix_32_random_characters_and_a_checksum(prefix: str) -> None:
    token = new_token(prefix)

    assert token.startswith(prefix)
    assert len(token) == 43
    assert set(token[5:]) <= set(ALPHABET)
    assert is_token(token, prefix)
    assert is_token(token, *PREFIXES)
    assert new_token(prefix) != token


def test_a_token_of_another_kind_is_not_accepted() -> None:
    assert not is_token(new_token(USER_PREFIX), ORGANIZATION_PREFIX, SETUP_PREFIX)


@given(position=st.integers(5, 42), character=st.sampled_from(ALPHABET))
def test_every_wrong_character_is_found(position: int, character: str) -> None:
    token = "rptu_" + "A" * 32
    token += _checksum_of(token)

    changed = token[:position] + character + token[position + 1 :]

    assert is_token(changed, USER_PREFIX) == (changed == token)


def _checksum_of(start: str) -> str:
    number, digits = zlib.crc32(start.encode()), []
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))


@given(st.text(max_size=60))
def test_any_other_text_is_no_token(text: str) -> None:
    assert not is_token(text, *PREFIXES)


def test_snippets_for_https_name_the_host_alone() -> None:
    commands, auth_json, variable = composer_snippets("https://packages.example.com", ("acme", "beta"), "rptu_x")

    assert commands.text.splitlines() == [
        "composer config --global --auth http-basic.packages.example.com token rptu_x",
        "composer config repositories.acme composer https://packages.example.com/acme/",
        "composer config repositories.beta composer https://packages.example.com/beta/",
    ]
    wanted = {"http-basic": {"packages.example.com": {"username": "token", "password": "rptu_x"}}}
    assert json.loads(auth_json.text) == wanted
    assert json.loads(variable.text) == wanted
    assert "\n" not in variable.text


def test_snippets_for_plain_http_keep_the_port_and_allow_http() -> None:
    commands, auth_json, _ = composer_snippets("http://localhost:8000", (), "rptu_x")

    assert commands.text.splitlines() == [
        "composer config --global --auth http-basic.localhost:8000 token rptu_x",
        "composer config --global secure-http false",
    ]
    assert list(json.loads(auth_json.text)["http-basic"]) == ["localhost:8000"]
