"""Find out without a login whether an address is a GitLab, and whether it accepts our OAuth application."""

from integrations.answers import Answer
from integrations.codehost import HostVersion
from integrations.gitlab import API
from integrations.http import REDIRECTS, HttpClient
from integrations.oauth_errors import diagnose_oauth_error
from integrations.platform_parts import ClientCheck, Finding, Knowledge
from integrations.probing import check_made_up_code, explain_stranger

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
    raise explain_stranger(
        http,
        answer,
        product="GitLab",
        like="a GitLab",
        hint="Check the address: is it the one of GitLab's start page, with the path below which GitLab is installed?",
    )


def check_gitlab_client(http: HttpClient, check: ClientCheck) -> tuple[Finding, ...]:
    """What can be known about our OAuth application before anybody logs in."""
    secret = check_made_up_code(
        http, check, address=f"{http.base}/oauth/token", subject="Application ID and secret", host="GitLab"
    )
    return (secret, _check_authorize_page(http, check))


def _is_gitlab(answer: Answer) -> bool:
    if "x-gitlab-meta" in answer.headers and answer.status in _OF_THE_API:
        return True
    fields = answer.error_fields()
    return (answer.status == 401 and fields.get("message") == "401 Unauthorized") or (
        answer.status == 200 and isinstance(fields.get("version"), str) and "revision" in fields
    )


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
