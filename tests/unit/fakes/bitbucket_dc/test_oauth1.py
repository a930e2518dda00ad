"""OAuth 1.0a: signatures, the three steps, signed requests."""

import base64
import secrets
import time
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.unit.fakes.bitbucket_dc.clients import CALLBACK, Acme, Browser, parameters

REQUEST, AUTHORIZE, ACCESS = (
    f"/plugins/servlet/oauth/{each}" for each in ("request-token", "authorize", "access-token")
)


def escape(text: str) -> str:
    return quote(text, safe="-._~")


class Signer:
    """A consumer with its key."""

    def __init__(self, fake: FakeBitbucketDataCenter, key: RSAPrivateKey) -> None:
        self._fake, self._key = fake, key

    def send(self, method: str, path: str, **changes: str) -> requests.Response:
        url = f"{self._fake.base_url}{path}"
        return requests.request(method, url, headers=self.headers(method, url, **changes), timeout=10)

    def headers(self, method: str, url: str, **changes: str) -> dict[str, str]:
        fields = {
            "oauth_consumer_key": "repertory",
            "oauth_nonce": secrets.token_hex(8),
            "oauth_signature_method": "RSA-SHA1",
            "oauth_timestamp": str(int(time.time())),
            "oauth_version": "1.0",
        } | changes
        parts = urlsplit(url)
        pairs = sorted((escape(name), escape(value)) for name, value in [*fields.items(), *parse_qsl(parts.query)])
        joined = "&".join(f"{name}={value}" for name, value in pairs)
        text = "&".join(map(escape, (method, url.partition("?")[0], joined)))
        signature = base64.b64encode(self._key.sign(text.encode(), PKCS1v15(), SHA1())).decode()
        fields = fields | {"oauth_signature": signature} | {k: v for k, v in changes.items() if k == "oauth_signature"}
        return {"Authorization": "OAuth " + ", ".join(f'{name}="{escape(value)}"' for name, value in fields.items())}


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture
def signer(fake: FakeBitbucketDataCenter, acme: Acme, key: RSAPrivateKey) -> Signer:
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    fake.consumer(key="repertory", public_key=pem)
    return Signer(fake, key)


def fields_of(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return dict(parse_qsl(answer.text))


def asked(signer: Signer) -> str:
    return fields_of(signer.send("POST", REQUEST, oauth_callback=CALLBACK))["oauth_token"]


def decided(browser: Browser, token: str, decision: str) -> dict[str, str]:
    browser.sign_in("ann")
    page = browser.open(AUTHORIZE, oauth_token=token)
    return parameters(browser.submit(page, AUTHORIZE, decision=decision))


def test_three_steps_lead_to_a_token(signer: Signer, browser: Browser) -> None:
    token = asked(signer)
    back = decided(browser, token, "allow")
    assert back["oauth_token"] == token
    made = fields_of(signer.send("POST", ACCESS, oauth_token=token, oauth_verifier=back["oauth_verifier"]))

    answer = signer.send(
        "GET", "/rest/api/latest/projects?permission=PROJECT_ADMIN&limit=1", oauth_token=made["oauth_token"]
    )

    assert [row["key"] for row in answer.json()["values"]] == ["ACME"]
    assert answer.headers["X-AUSERNAME"] == "ann"
    assert int(made["oauth_expires_in"]) == 5 * 365 * 24 * 3600


def test_the_answer_may_be_no(signer: Signer, browser: Browser) -> None:
    token = asked(signer)

    assert decided(browser, token, "deny")["oauth_verifier"] == "denied"
    assert (
        signer.send("POST", ACCESS, oauth_token=token, oauth_verifier="denied").text == "oauth_problem=token_rejected"
    )


def test_a_verifier_is_needed(signer: Signer, browser: Browser) -> None:
    token = asked(signer)
    early = signer.send("POST", ACCESS, oauth_token=token, oauth_verifier="x")
    back = decided(browser, token, "allow")
    wrong = signer.send("POST", ACCESS, oauth_token=token, oauth_verifier="x")
    right = signer.send("POST", ACCESS, oauth_token=token, oauth_verifier=back["oauth_verifier"])
    again = signer.send("POST", ACCESS, oauth_token=token, oauth_verifier=back["oauth_verifier"])

    assert [each.status_code for each in (early, wrong, right, again)] == [401, 401, 200, 401]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"oauth_consumer_key": "nobody"}, "consumer_key_unknown"),
        ({"oauth_signature_method": "HMAC-SHA1"}, "signature_method_rejected"),
        ({"oauth_timestamp": "1000000000"}, "timestamp_refused"),
        ({"oauth_signature": "AAAA"}, "signature_invalid"),
        ({"oauth_nonce": ""}, "nonce_used"),
        ({}, "parameter_absent"),
    ],
)
def test_problems_are_named(signer: Signer, changes: dict[str, str], problem: str) -> None:
    answer = signer.send("POST", REQUEST, **changes)

    assert answer.status_code in {400, 401}
    assert answer.text == f"oauth_problem={problem}"
    assert problem in answer.headers["WWW-Authenticate"]


def test_a_signature_is_for_one_request(fake: FakeBitbucketDataCenter, acme: Acme, signer: Signer) -> None:
    token, _ = fake.oauth1_token(acme.ann, "repertory")
    url = f"{fake.api_url}/projects?limit=1"
    headers = signer.headers("GET", url, oauth_token=token)

    first, again = (requests.get(url, headers=headers, timeout=10) for _ in range(2))
    elsewhere = requests.get(
        url.replace("limit=1", "limit=2"), headers=signer.headers("GET", url, oauth_token=token), timeout=10
    )

    assert [each.status_code for each in (first, again)] == [200, 401]
    assert again.text == "oauth_problem=nonce_used"
    assert elsewhere.text == "oauth_problem=signature_invalid"


def test_tokens_end(fake: FakeBitbucketDataCenter, acme: Acme, signer: Signer) -> None:
    revoked, _ = fake.oauth1_token(acme.ann, "repertory")
    fake.revoke_token(revoked)
    request = asked(signer)

    assert signer.send("GET", "/rest/api/latest/projects", oauth_token=revoked).text == "oauth_problem=token_rejected"
    assert signer.send("GET", "/rest/api/latest/projects", oauth_token=request).text == "oauth_problem=token_rejected"


def test_a_consumer_may_speak_for_people(fake: FakeBitbucketDataCenter, signer: Signer) -> None:
    path = "/plugins/servlet/applinks/whoami?user_id=ann"
    refused = signer.send("GET", path, oauth_token="")
    fake.state.consumers["repertory"].may_impersonate = True

    allowed, unknown = (signer.send("GET", each, oauth_token="") for each in (path, path.replace("ann", "nobody")))

    assert refused.text == "oauth_problem=token_rejected"
    assert allowed.text == "ann"
    assert unknown.text == "oauth_problem=user_unknown"


def test_without_a_callback_the_verifier_is_shown(signer: Signer, browser: Browser) -> None:
    token = fields_of(signer.send("POST", REQUEST, oauth_callback="oob"))["oauth_token"]
    browser.sign_in("ann")

    page = browser.submit(browser.open(AUTHORIZE, oauth_token=token), AUTHORIZE, decision="allow")

    assert "Your verification code is" in page.text
    assert browser.open(AUTHORIZE, oauth_token=token).status_code == 400
