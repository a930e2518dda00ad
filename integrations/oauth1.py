"""OAuth 1.0a with RSA-SHA1, as a client: request token, authorize URL, access token, signatures of later requests.

Bitbucket Server before 7.20 knows nothing else. We make the key pair and the consumer key, the host gets the public
one. There is no shared secret: token secrets play no part in these signatures, so they are not kept.
"""

import base64
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from re import compile as pattern
from urllib.parse import parse_qsl, urlencode

from authlib.oauth1.rfc5849.parameters import prepare_headers
from authlib.oauth1.rfc5849.signature import construct_base_string
from authlib.oauth1.rfc5849.util import escape
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from integrations.answers import Answer, check_answer
from integrations.errors import UnexpectedResponse
from integrations.http import HttpClient
from integrations.oauth import OAuthRejected, OAuthTokens
from integrations.urls import RemoteUrl, parse_url

CONSUMER_NAME = "Repertory"
DENIED = "denied"  # in place of a verifier, when the person said no
KEY_BITS = 2048
LONGEST_TOKEN = 1000  # it goes into addresses and headers
_PROBLEM = pattern(r'oauth_problem="?([a-z_]+)')


@dataclass(frozen=True, slots=True)
class OAuth1Endpoints:
    """Where a host's OAuth 1 lives, as whole URLs derived from its base URL by fixed rules."""

    issuer: str
    request_token: str
    authorize: str
    access_token: str


@dataclass(frozen=True, slots=True)
class Consumer:
    """Our application at a host: the consumer key that we made up, and our private key (PEM)."""

    key: str
    private_key: str = field(repr=False)
    redirect_uri: str = ""


@dataclass(frozen=True, slots=True)
class Signer:
    """Makes the `Authorization` header of each request. `extra` are protocol parameters of a single one."""

    consumer: Consumer
    token: str = field(default="", repr=False)
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    clock: Callable[[], float] = time.time
    nonce: Callable[[], str] = lambda: secrets.token_hex(16)

    def __call__(self, method: str, url: RemoteUrl) -> str:
        """The header's value for this method and URL. Bodies are not signed: ours are never forms."""
        parameters = {
            "oauth_consumer_key": self.consumer.key,
            "oauth_nonce": self.nonce(),
            "oauth_signature_method": "RSA-SHA1",
            "oauth_timestamp": str(int(self.clock())),
            "oauth_version": "1.0",
            **({"oauth_token": self.token} if self.token else {}),
            **self.extra,
        }
        query = parse_qsl(url.query, keep_blank_values=True)
        signed = [*query, *((name, escape(value)) for name, value in parameters.items())]
        text = construct_base_string(method, f"{url.origin}{url.path}", signed)
        signature = _load_key(self.consumer.private_key).sign(text.encode(), PKCS1v15(), SHA1())  # noqa: S303
        parameters["oauth_signature"] = base64.b64encode(signature).decode()
        header: str = prepare_headers(list(parameters.items()), {})["Authorization"]
        return header


def new_private_key() -> str:
    """A fresh private key as PEM."""
    key = generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_key_of(private_key: str) -> str:
    """The public half as PEM, as the host asks for it."""
    public = _load_key(private_key).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def new_consumer_key(slug: str) -> str:
    """A consumer key that nobody else has."""
    return f"repertory-{slug}-{secrets.token_hex(8)}"


def ask_for_request_token(http: HttpClient, endpoints: OAuth1Endpoints, consumer: Consumer, *, now: datetime) -> str:
    """Begin a login: the token that the browser carries to the host.

    Raises OAuthRejected (`consumer_key_unknown`, `signature_invalid`, …), NotFound, Unavailable, UnexpectedResponse.
    """
    sign = Signer(consumer, extra={"oauth_callback": consumer.redirect_uri})
    fields = _post(http, endpoints.request_token, sign, now=now)
    if fields.get("oauth_callback_confirmed") != "true":
        raise UnexpectedResponse("the host speaks OAuth 1.0 without the correction 1.0a, which is not safe")
    return fields["oauth_token"]


def oauth1_authorization_url(endpoints: OAuth1Endpoints, request_token: str) -> str:
    """Where to send the browser."""
    return f"{endpoints.authorize}?{urlencode({'oauth_token': request_token})}"


def exchange_verifier(
    http: HttpClient,
    endpoints: OAuth1Endpoints,
    consumer: Consumer,
    *,
    request_token: str,
    verifier: str,
    scopes: frozenset[str],
    now: datetime,
) -> OAuthTokens:
    """Trade what came back with the browser for an access token, which may do whatever the person may: `scopes`.

    Raises as `ask_for_request_token`.
    """
    sign = Signer(consumer, token=request_token, extra={"oauth_verifier": verifier})
    fields = _post(http, endpoints.access_token, sign, now=now)
    seconds = fields.get("oauth_expires_in", "")
    lasts = timedelta(seconds=int(seconds)) if seconds.isascii() and seconds.isdigit() and len(seconds) < 11 else None
    return OAuthTokens(fields["oauth_token"], None, scopes, None if lasts is None else now + lasts)


def _post(http: HttpClient, address: str, sign: Signer, *, now: datetime) -> Mapping[str, str]:
    """The fields of a good answer, an `oauth_token` among them."""
    answer = http.post_form(address, {}, authorization=sign("POST", parse_url(address)))
    fields = dict(parse_qsl(answer.body.decode("utf-8", "replace")))
    _raise_problem(answer, fields)
    check_answer(answer, now=now)
    if not 0 < len(fields.get("oauth_token", "")) <= LONGEST_TOKEN:
        raise UnexpectedResponse("the host did not answer with a token")
    return fields


def _raise_problem(answer: Answer, fields: Mapping[str, str]) -> None:
    found = _PROBLEM.search(answer.headers.get("www-authenticate", ""))
    problem = fields.get("oauth_problem") or (found[1] if found else "")
    if problem and not answer.is_success:
        raise OAuthRejected(problem[:80], fields.get("oauth_problem_advice", "")[:200])


@lru_cache(maxsize=16)
def _load_key(private_key: str) -> RSAPrivateKey:
    """Reading a key takes a hundred times as long as signing with it."""
    key = load_pem_private_key(private_key.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key
