"""Find out without a login whether an address is a GitLab, and whether it accepts our OAuth application."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from integrations.answers import Answer
from integrations.codehost import HostVersion
from integrations.errors import CodeHostError, ConnectionFailed, Diagnosis, Stage
from integrations.gitlab import API
from integrations.http import REDIRECTS, HttpClient
from integrations.oauth_errors import diagnose_oauth_error
from integrations.platform_parts import ClientCheck, Finding, Knowledge

_PAGE_ERRORS = (
    ("unknown client", "invalid_client"),
    ("redirect uri", "invalid_redirect_uri"),
    ("redirect_uri", "invalid_redirect_uri"),
    ("scope is invalid", "invalid_scope"),
)
_PAGE_START = 64 * 1024
_OF_THE_API = (200, 401, 403)  # the header alone is also on the pages for paths that do not exist


def probe_gitlab(http: HttpClient) -> HostVersion:
    """Recognize GitLab by how it answers a request without a token. It does not tell its version that way.

    Raises ConnectionFailed with the stage, Refused, or UnexpectedResponse for an answer that is too large.
    """
    answer = http.look(f"{API}/version", accept="application/json")
    if _is_gitlab(answer):
        return HostVersion("GitLab", "")
    if answer.status in REDIRECTS:
        raise ConnectionFailed(_diagnose_redirect(http, answer))
    if answer.status >= 500:
        raise ConnectionFailed(
            Diagnosis(
                Stage.HTTP,
                f"{http.base.host} answers with status {answer.status}.",
                "The server or a proxy in front of it has a problem: try again when its own pages work.",
            )
        )
    raise ConnectionFailed(_diagnose_product(http))


def check_gitlab_client(http: HttpClient, check: ClientCheck) -> tuple[Finding, ...]:
    """What can be known about our OAuth application before anybody logs in."""
    return (_check_secret(http, check), _check_authorize_page(http, check))


def _is_gitlab(answer: Answer) -> bool:
    if "x-gitlab-meta" in answer.headers and answer.status in _OF_THE_API:
        return True
    fields = answer.error_fields()
    return (answer.status == 401 and fields.get("message") == "401 Unauthorized") or (
        answer.status == 200 and isinstance(fields.get("version"), str) and "revision" in fields
    )


def _diagnose_redirect(http: HttpClient, answer: Answer) -> Diagnosis:
    target = urlsplit(answer.headers.get("location", ""))
    elsewhere = f"{target.scheme}://{target.netloc}" if target.netloc else "another page"
    if target.scheme == "https" and http.base.scheme == "http" and target.hostname == http.base.host:
        fix = f"Use {elsewhere} as the base URL."
    else:
        fix = "Use the address that the redirect leads to; if it is a login page, let our requests past it."
    return Diagnosis(Stage.PRODUCT, f"{http.base} redirects to {elsewhere}.", fix)


def _diagnose_product(http: HttpClient) -> Diagnosis:
    for product, platform in _other_products(http):
        return Diagnosis(
            Stage.PRODUCT, f"This is a {product} server, not a GitLab.", f"Choose the platform {platform}."
        )
    return Diagnosis(
        Stage.PRODUCT,
        f"{http.base} does not answer like a GitLab.",
        "Check the address: is it the one of GitLab's start page, with the path below which GitLab is installed?",
    )


def _other_products(http: HttpClient) -> Iterator[tuple[str, str]]:
    """Products that say what they are without a login."""
    if http.base.host in {"bitbucket.org", "www.bitbucket.org"}:
        yield "Bitbucket Cloud", "Bitbucket"
    answer = _look(http, "/rest/api/1.0/application-properties")
    if answer is not None and answer.error_fields().get("displayName") == "Bitbucket":
        yield "Bitbucket Data Center", "Bitbucket Data Center / Server"
    answer = _look(http, "/api/v3/meta")
    if answer is not None and "x-github-request-id" in answer.headers:
        is_enterprise = "x-github-enterprise-version" in answer.headers
        yield ("GitHub Enterprise", "GitHub Enterprise Server") if is_enterprise else ("GitHub", "GitHub")


def _look(http: HttpClient, path: str) -> Answer | None:
    try:
        return http.look(path, accept="application/json")
    except CodeHostError:
        return None


def _check_secret(http: HttpClient, check: ClientCheck) -> Finding:
    """A made-up code is refused as such only after the application and its secret were accepted."""
    form = {
        "grant_type": "authorization_code",
        "client_id": check.client_id,
        "client_secret": check.client_secret,
        "redirect_uri": check.redirect_uri,
        "code": "connection-test",
        "code_verifier": "connection-test-connection-test-connection-test",
    }
    subject = "Application ID and secret"
    answer = http.post_form(f"{http.base}/oauth/token", form)
    code = answer.error_fields().get("error")
    if code == "invalid_grant":
        return Finding(subject, Knowledge.GOOD, "GitLab accepts the application ID together with the secret.")
    if code in {"invalid_client", "unauthorized_client"}:
        diagnosis = diagnose_oauth_error("invalid_client")
        return Finding(subject, Knowledge.BAD, diagnosis.problem, diagnosis)
    return Finding(subject, Knowledge.UNKNOWN, f"GitLab answered with status {answer.status}, which says nothing.")


def _check_authorize_page(http: HttpClient, check: ClientCheck) -> Finding:
    subject = "Callback URL and scopes"
    answer = http.look(
        "/oauth/authorize",
        {
            "client_id": check.client_id,
            "redirect_uri": check.redirect_uri,
            "response_type": "code",
            "state": "connection-test",
            "scope": " ".join(check.scopes),
        },
        accept="text/html",
    )
    code = _page_error(answer)
    if code:
        diagnosis = diagnose_oauth_error(code)
        return Finding(subject, Knowledge.BAD, diagnosis.problem, diagnosis)
    return Finding(
        subject,
        Knowledge.UNKNOWN,
        "GitLab judges the callback URL and the scopes only after somebody has signed in: try the login.",
    )


def _page_error(answer: Answer) -> str:
    """The error that the authorize page shows to visitors; "" when it sends them to sign in first."""
    if answer.status in REDIRECTS:
        return ""
    text = answer.body[:_PAGE_START].decode("utf-8", "replace").lower()
    return next((code for words, code in _PAGE_ERRORS if words in text), "")
