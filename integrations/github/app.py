"""GitHub Apps: they prove themselves with a signed word, and get a token for the organization they are installed in.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app — tokens live for one hour.
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from integrations.fields import Json, JsonObject, as_object, find_object, find_text, find_time, read_id, read_text
from integrations.github.hooks import parse_body
from integrations.http import HttpClient
from integrations.oauth import OAuthTokens
from integrations.stored_kinds import AppParts, Installation
from integrations.urls import url_path

BACKDATED = timedelta(seconds=60)  # for a clock of ours that is ahead
LIFE = timedelta(minutes=9)  # GitHub takes ten at most


def sign_app_word(app_id: str, private_key: str, now: datetime) -> str:
    """What an App sends as its bearer token (a JSON Web Token with RS256). Raises ValueError for a key that is none."""
    claims: JsonObject = {
        "iat": int((now - BACKDATED).timestamp()),
        "exp": int((now + LIFE).timestamp()),
        "iss": app_id,
    }
    signed = f"{_encode_json({'alg': 'RS256', 'typ': 'JWT'})}.{_encode_json(claims)}"
    signature = _load_key(private_key).sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{_encode(signature)}"


def find_installation(http: HttpClient, organization_path: str) -> Installation:
    """The App's installation in an organization. Raises NotFound when it is not installed there."""
    path = url_path("orgs", organization_path, "installation")
    row = as_object(http.get_json(path), "the installation")
    account = as_object(row.get("account"), "the installation's organization")
    return Installation(
        remote_id=read_id(row),
        app_name=find_text(row, "app_slug") or "GitHub App",
        organization_id=read_id(account),
        organization_path=read_text(account, "login"),
    )


def make_installation_token(http: HttpClient, installation_id: str, now: datetime) -> OAuthTokens:
    """A new token of an installation, with everything that it may do. Raises NotFound when it was removed.

    Its permissions are no scopes, so none are named. Raises Unauthorized when the App's word is not accepted.
    """
    path = url_path("app", "installations", installation_id, "access_tokens")
    row = as_object(http.post_json(path, {}), "the token")
    return OAuthTokens(
        access_token=read_text(row, "token"),
        refresh_token=None,
        scopes=frozenset(),
        expires_at=find_time(row, "expires_at") or now + timedelta(hours=1),
    )


def installation_of(headers: Mapping[str, str], body: bytes) -> str | None:
    """To which installation a delivery of an App's webhook belongs. Raises UnexpectedResponse."""
    installation = find_object(parse_body(headers, body), "installation")
    return None if installation is None else read_id(installation)


def _load_key(private_key: str) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("this is no private key in PEM form") from error
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the private key of a GitHub App is an RSA key")
    return key


def _encode_json(value: Json) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


APP_PARTS = AppParts(
    sign=sign_app_word,
    find_installation=find_installation,
    make_token=make_installation_token,
    installation_of=installation_of,
)
