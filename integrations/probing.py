"""What it takes to recognize any code host without a login: troubles on the way, other products, a made-up code."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from integrations.answers import Answer
from integrations.errors import CodeHostError, ConnectionFailed, Diagnosis, Stage
from integrations.http import JSON, REDIRECTS, HttpClient
from integrations.oauth_errors import diagnose_oauth_error
from integrations.platform_parts import ClientCheck, Finding, Knowledge

_BITBUCKET_CLOUD = frozenset({"bitbucket.org", "www.bitbucket.org"})
_OF_THE_API = (200, 401, 403)  # GitLab's header alone is also on the pages for paths that do not exist


@dataclass(frozen=True, slots=True)
class _Sign:
    """How a product says what it is: what it answers at a path, and what to choose then."""

    product: str
    platform: str
    path: str
    is_in: Callable[[Answer], bool]


def look_quietly(http: HttpClient, path: str) -> Answer | None:
    """The answer to a GET whatever its status; None when there is none."""
    try:
        return http.look(path, accept=JSON)
    except CodeHostError:
        return None


def explain_stranger(http: HttpClient, answer: Answer, *, product: str, like: str, hint: str) -> ConnectionFailed:
    """Why what answered is not the product, to be raised: a redirect, a broken server, another product, or unknown.

    `like`: the product with its article. `hint`: what to do when nothing is known about what answered.
    """
    if answer.status in REDIRECTS:
        return ConnectionFailed(_diagnose_redirect(http, answer))
    if answer.status >= 500:
        return ConnectionFailed(
            Diagnosis(
                Stage.HTTP,
                f"{http.base.host} answers with status {answer.status}.",
                "The server or a proxy in front of it has a problem: try again when its own pages work.",
            )
        )
    other = _find_other(http, product)
    if other is not None:
        name, platform = other
        return ConnectionFailed(
            Diagnosis(Stage.PRODUCT, f"This is a {name} server, not {like}.", f"Choose the platform {platform}.")
        )
    return ConnectionFailed(Diagnosis(Stage.PRODUCT, f"{http.base} does not answer like {like}.", hint))


def check_made_up_code(http: HttpClient, check: ClientCheck, *, address: str, subject: str, host: str) -> Finding:
    """Whether the host accepts our application: it refuses a made-up code as such only after ID and secret.

    `address`: of the token endpoint. `subject`: what the host calls the two. For hosts that keep to RFC 6749 §5.2.
    """
    form = {
        "grant_type": "authorization_code",
        "client_id": check.client_id,
        "client_secret": check.client_secret,
        "redirect_uri": check.redirect_uri,
        "code": "connection-test",
        "code_verifier": "connection-test-connection-test-connection-test",
    }
    answer = http.post_form(address, form)
    code = answer.error_fields().get("error")
    if code == "invalid_grant":
        words = subject[:1].lower() + subject[1:].replace(" and ", " together with the ")
        return Finding(subject, Knowledge.GOOD, f"{host} accepts the {words}.")
    if code in {"invalid_client", "unauthorized_client"}:
        diagnosis = diagnose_oauth_error("invalid_client")
        return Finding(subject, Knowledge.BAD, diagnosis.problem, diagnosis)
    return Finding(subject, Knowledge.UNKNOWN, f"{host} answered with status {answer.status}, which says nothing.")


def _diagnose_redirect(http: HttpClient, answer: Answer) -> Diagnosis:
    target = urlsplit(answer.headers.get("location", ""))
    elsewhere = f"{target.scheme}://{target.netloc}" if target.netloc else "another page"
    if target.scheme == "https" and http.base.scheme == "http" and target.hostname == http.base.host:
        fix = f"Use {elsewhere} as the base URL."
    else:
        fix = "Use the address that the redirect leads to; if it is a login page, let our requests past it."
    return Diagnosis(Stage.PRODUCT, f"{http.base} redirects to {elsewhere}.", fix)


def _find_other(http: HttpClient, product: str) -> tuple[str, str] | None:
    """Another product than this one, and its platform here."""
    if http.base.host in _BITBUCKET_CLOUD:
        return "Bitbucket Cloud", "Bitbucket"
    for sign in _SIGNS:
        answer = None if sign.product == product else look_quietly(http, sign.path)
        if answer is not None and sign.is_in(answer):
            return sign.product, sign.platform
    return None


def _is_gitlab(answer: Answer) -> bool:
    says_so = "x-gitlab-meta" in answer.headers or answer.error_fields().get("message") == "401 Unauthorized"
    return answer.status in _OF_THE_API and says_so


def _is_bitbucket(answer: Answer) -> bool:
    return answer.error_fields().get("displayName") == "Bitbucket"


def _is_github_enterprise(answer: Answer) -> bool:
    return "x-github-enterprise-version" in answer.headers


def _is_github(answer: Answer) -> bool:
    return "x-github-request-id" in answer.headers


_SIGNS = (
    _Sign("GitLab", "GitLab Self-Managed", "/api/v4/version", _is_gitlab),
    _Sign(
        "Bitbucket Data Center",
        "Bitbucket Data Center / Server",
        "/rest/api/1.0/application-properties",
        _is_bitbucket,
    ),
    _Sign("GitHub Enterprise", "GitHub Enterprise Server", "/api/v3/meta", _is_github_enterprise),
    _Sign("GitHub", "GitHub", "/api/v3/meta", _is_github),
)
