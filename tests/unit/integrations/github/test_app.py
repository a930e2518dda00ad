"""GitHub Apps: their signed word, where they are installed, and the tokens that they get."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from integrations.errors import NotFound, UnexpectedResponse
from integrations.github.app import find_installation, installation_of, make_installation_token, sign_app_word
from tests.unit.integrations.clients import NOW, loopback_client
from tests.unit.integrations.scripted_server import answer, scripted_server


def pem(key: PrivateKeyTypes, form: PrivateFormat = PrivateFormat.TraditionalOpenSSL) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.parametrize("form", [PrivateFormat.TraditionalOpenSSL, PrivateFormat.PKCS8])
def test_an_app_proves_itself_with_its_key(key: rsa.RSAPrivateKey, form: PrivateFormat) -> None:
    head, claims, signature = sign_app_word("4711", pem(key, form), NOW).split(".")

    key.public_key().verify(decode(signature), f"{head}.{claims}".encode(), PKCS1v15(), SHA256())
    assert json.loads(decode(head)) == {"alg": "RS256", "typ": "JWT"}
    said = json.loads(decode(claims))
    assert said["iss"] == "4711"
    assert said["iat"] < NOW.timestamp() < said["exp"] <= NOW.timestamp() + timedelta(minutes=10).total_seconds()


def test_what_is_no_rsa_key_is_refused_without_being_repeated() -> None:
    for wrong in ("hunter2", "", pem(ec.generate_private_key(ec.SECP256R1()))):
        with pytest.raises(ValueError, match="private key") as caught:
            sign_app_word("4711", wrong, NOW)

        assert "hunter2" not in str(caught.value)


def test_an_installation_is_found_by_the_name_of_the_organization() -> None:
    row = {"id": 77, "app_slug": "acme-packages", "account": {"id": 501, "login": "acme"}}
    with scripted_server(answer(json.dumps(row))) as server, loopback_client(server.port) as http:
        found = find_installation(http, "acme")

    assert server.targets() == ["GET /orgs/acme/installation"]
    assert (found.remote_id, found.app_name) == ("77", "acme-packages")
    assert (found.organization_id, found.organization_path) == ("501", "acme")


def test_an_app_that_is_not_installed_is_not_found() -> None:
    missing = answer('{"message": "Not Found"}', status="404 Not Found")
    with scripted_server(missing) as server, loopback_client(server.port) as http, pytest.raises(NotFound):
        find_installation(http, "acme")


def test_a_token_lives_as_long_as_github_says() -> None:
    row = {"token": "ghs_4711_x.y.z", "expires_at": "2026-11-21T13:00:00Z", "permissions": {"contents": "read"}}
    with scripted_server(answer(json.dumps(row), status="201 Created")) as server, loopback_client(server.port) as http:
        tokens = make_installation_token(http, "77", NOW)

    assert server.targets() == ["POST /app/installations/77/access_tokens"]
    assert tokens.access_token == "ghs_4711_x.y.z"
    assert tokens.expires_at == datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
    assert "ghs_" not in repr(tokens)


def test_an_answer_without_a_token_is_refused() -> None:
    empty = scripted_server(answer("{}"))
    with empty as server, loopback_client(server.port) as http, pytest.raises(UnexpectedResponse):
        make_installation_token(http, "77", NOW)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"installation": {"id": 77}}'),
        ("application/x-www-form-urlencoded", b"payload=%7B%22installation%22%3A%7B%22id%22%3A77%7D%7D"),
    ],
)
def test_deliveries_of_an_app_say_for_which_installation_they_are(kind: str, body: bytes) -> None:
    assert installation_of({"content-type": kind}, body) == "77"


def test_a_delivery_without_installation_is_for_none() -> None:
    assert installation_of({}, b"{}") is None
