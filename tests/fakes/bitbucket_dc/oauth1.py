"""OAuth 1.0a as a server gives it to an application link: signatures of RSA-SHA1, request tokens and access tokens."""

import base64
import binascii
import hmac
import re
import secrets
from urllib.parse import quote, unquote, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from werkzeug import Request, Response

from tests.fakes.parts.routing import ApiError, raw_path

from .core import Core
from .model import Consumer, OAuth1Token, User

REQUEST_SECONDS = 600
ACCESS_SECONDS = 5 * 365 * 24 * 3600
CLOCK_SECONDS = 300
FORM_TYPE = "application/x-www-form-urlencoded"
FIELD = re.compile(r'(\w+)="([^"]*)"')


class OAuthProblem(ApiError):
    """A refusal in the words of the OAuth problem reporting extension."""

    def __init__(self, problem: str, status: int = 401) -> None:
        super().__init__(status, {"oauth_problem": problem}, {"WWW-Authenticate": f'OAuth oauth_problem="{problem}"'})
        self.problem = problem

    def response(self) -> Response:
        return Response(f"oauth_problem={self.problem}", self.status, self.headers, content_type="text/plain")


def signed_user(core: Core, request: Request) -> User | None:
    """Whose token signed the request; None when it is not signed. Raises OAuthProblem."""
    fields = _fields(request)
    if not fields:
        return None
    consumer = _verified(core, request, fields)
    presented, wanted = fields.get("oauth_token", ""), request.args.get("user_id")
    if not presented and wanted and consumer.may_impersonate:
        return core.state.user_by(wanted) or _reject("user_unknown")
    token = _token(core, consumer, presented, is_access=True)
    assert token.user_id is not None
    return core.state.users[token.user_id]


def request_token(core: Core, request: Request) -> Response:
    """POST /plugins/servlet/oauth/request-token. Raises OAuthProblem."""
    fields = _fields(request)
    consumer = _verified(core, request, fields)
    callback = fields.get("oauth_callback", "") or consumer.callback
    if not callback:
        raise OAuthProblem("parameter_absent", 400)
    token = _issue(core, OAuth1Token(_random(), _random(), consumer.key, callback, core.clock.now()))
    return _answer(token, {"oauth_callback_confirmed": "true"})


def access_token(core: Core, request: Request) -> Response:
    """POST /plugins/servlet/oauth/access-token: a request token that somebody allowed. Raises OAuthProblem."""
    fields = _fields(request)
    consumer = _verified(core, request, fields)
    asked = _token(core, consumer, fields.get("oauth_token", ""), is_access=False)
    if asked.user_id is None or asked.verifier is None:
        raise OAuthProblem("permission_unknown")
    if not hmac.compare_digest(asked.verifier.encode(), fields.get("oauth_verifier", "").encode()):
        raise OAuthProblem("token_rejected")
    del core.state.oauth1_tokens[asked.token]
    made = OAuth1Token(_random(), _random(), consumer.key, "", core.clock.now(), asked.user_id, is_access=True)
    life = str(ACCESS_SECONDS)
    more = {"oauth_expires_in": life, "oauth_session_handle": _random(), "oauth_authorization_expires_in": life}
    return _answer(_issue(core, made), more)


def pending_token(core: Core, presented: str) -> OAuth1Token | None:
    """A request token that nobody has decided about yet."""
    token = core.state.oauth1_tokens.get(presented)
    is_pending = token is not None and not token.is_access and token.verifier is None and not _is_over(core, token)
    return token if is_pending else None


def _token(core: Core, consumer: Consumer, presented: str, *, is_access: bool) -> OAuth1Token:
    token = core.state.oauth1_tokens.get(presented)
    if token is None or token.is_access is not is_access or token.consumer_key != consumer.key or token.is_revoked:
        raise OAuthProblem("token_rejected")
    if _is_over(core, token):
        raise OAuthProblem("token_expired")
    return token


def _is_over(core: Core, token: OAuth1Token) -> bool:
    age = (core.clock.now() - token.created_at).total_seconds()
    return age >= (ACCESS_SECONDS if token.is_access else REQUEST_SECONDS)


def _issue(core: Core, token: OAuth1Token) -> OAuth1Token:
    core.state.oauth1_tokens[token.token] = token
    return token


def _answer(token: OAuth1Token, more: dict[str, str]) -> Response:
    fields = {"oauth_token": token.token, "oauth_token_secret": token.secret} | more
    return Response(urlencode(fields), 200, content_type=FORM_TYPE)


def _random() -> str:
    return secrets.token_urlsafe(24)


def _reject(problem: str) -> User:
    raise OAuthProblem(problem)


def _fields(request: Request) -> dict[str, str]:
    """What the header says; else what the query or the form says."""
    header = request.headers.get("Authorization", "")
    if header.lower().startswith("oauth "):
        return {name: unquote(value) for name, value in FIELD.findall(header) if name != "realm"}
    values = {**request.args, **(request.form if request.mimetype == FORM_TYPE else {})}
    return {name: value for name, value in values.items() if name.startswith("oauth_")} if _is_signed(values) else {}


def _is_signed(values: dict[str, str]) -> bool:
    return "oauth_signature" in values and "oauth_consumer_key" in values


def _verified(core: Core, request: Request, fields: dict[str, str]) -> Consumer:
    """Whose signature it is. Raises OAuthProblem for one that is missing, wrong, too old or used before."""
    consumer = core.state.consumers.get(fields.get("oauth_consumer_key", ""))
    if consumer is None:
        raise OAuthProblem("consumer_key_unknown")
    if fields.get("oauth_signature_method") != "RSA-SHA1":
        raise OAuthProblem("signature_method_rejected", 400)
    sent_at = fields.get("oauth_timestamp", "")
    if not sent_at.isdigit() or abs(core.clock.now().timestamp() - int(sent_at)) > CLOCK_SECONDS:
        raise OAuthProblem("timestamp_refused", 400)
    nonce = consumer.key, fields.get("oauth_nonce", "")
    if not nonce[1] or nonce in core.state.nonces:
        raise OAuthProblem("nonce_used")
    if not _is_signature(consumer, base_string(request, fields), fields.get("oauth_signature", "")):
        raise OAuthProblem("signature_invalid")
    core.state.nonces.add(nonce)
    return consumer


def _is_signature(consumer: Consumer, text: str, signature: str) -> bool:
    try:
        key = load_pem_public_key(consumer.public_key.encode())
        sent = base64.b64decode(signature, validate=True)
        assert isinstance(key, RSAPublicKey)
        key.verify(sent, text.encode(), PKCS1v15(), SHA1())
    except (ValueError, InvalidSignature, binascii.Error):
        return False
    return True


def base_string(request: Request, fields: dict[str, str]) -> str:
    """What is signed: the method, the address without its query, and all parameters in order."""
    pairs = [(name, value) for name, value in fields.items() if name != "oauth_signature"]
    pairs += list(request.args.items(multi=True))
    if request.mimetype == FORM_TYPE:
        pairs += list(request.form.items(multi=True))
    encoded = sorted((_escape(name), _escape(value)) for name, value in dict.fromkeys(pairs))
    address = f"{request.scheme}://{request.host.lower()}{raw_path(request, '')}"
    joined = "&".join(f"{name}={value}" for name, value in encoded)
    return "&".join((request.method.upper(), _escape(address), _escape(joined)))


def _escape(text: str) -> str:
    return quote(text, safe="-._~")
