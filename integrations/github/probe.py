"""Find out without a login whether an address is a GitHub, and whether it accepts our OAuth application."""

from urllib.parse import urlsplit

from integrations.answers import Answer
from integrations.codehost import HostVersion
from integrations.errors import CodeHostError, ConnectionFailed, Diagnosis, Stage
from integrations.fields import JsonObject
from integrations.github.convert import ENTERPRISE, PRODUCT
from integrations.github.roots import is_cloud_host
from integrations.http import REDIRECTS, HttpClient
from integrations.oauth_errors import diagnose_oauth_error
from integrations.platform_parts import ClientCheck, Finding, Knowledge

_VERSION = "x-github-enterprise-version"
_SIGNS = (_VERSION, "x-github-request-id", "x-github-media-type")
_CLOUD_PAGE = "/robots.txt"  # small, and there for everybody
_META = "/api/v3/meta"


def probe_github(http: HttpClient) -> HostVersion:
    """Recognize GitHub by how it answers a request without a token. Enterprise Servers tell their version.

    Raises ConnectionFailed with the stage, Refused, or UnexpectedResponse for an answer that is too large.
    """
    answer = http.look(_CLOUD_PAGE if is_cloud_host(http.base.host) else _META, accept="application/json")
    if any(sign in answer.headers for sign in _SIGNS):
        return _version(answer)
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


def check_github_client(http: HttpClient, check: ClientCheck) -> tuple[Finding, ...]:
    """What can be known about our OAuth application before anybody logs in: a made-up code is refused as such.

    GitHub looks at the application and its secret first, and sends its errors with status 200.
    """
    form = {
        "client_id": check.client_id,
        "client_secret": check.client_secret,
        "redirect_uri": check.redirect_uri,
        "code": "connection-test",
    }
    answer = http.post_form(f"{http.base}/login/oauth/access_token", form)
    return (_judge_secret(answer, answer.error_fields()), _judge_callback(answer.error_fields()))


def _version(answer: Answer) -> HostVersion:
    version = answer.headers.get(_VERSION) or answer.error_fields().get("installed_version")
    return HostVersion(ENTERPRISE, version) if isinstance(version, str) else HostVersion(PRODUCT, "")


def _judge_secret(answer: Answer, fields: JsonObject) -> Finding:
    subject = "Client ID and secret"
    code = fields.get("error")
    if code in {"bad_verification_code", "redirect_uri_mismatch"}:
        return Finding(subject, Knowledge.GOOD, "GitHub accepts the client ID together with the secret.")
    if code == "incorrect_client_credentials" or (answer.status == 404 and code == "Not Found"):
        diagnosis = diagnose_oauth_error("incorrect_client_credentials")
        return Finding(subject, Knowledge.BAD, diagnosis.problem, diagnosis)
    if isinstance(code, str) and code == "application_suspended":
        diagnosis = diagnose_oauth_error(code)
        return Finding(subject, Knowledge.BAD, diagnosis.problem, diagnosis)
    return Finding(subject, Knowledge.UNKNOWN, f"GitHub answered with status {answer.status}, which says nothing.")


def _judge_callback(fields: JsonObject) -> Finding:
    subject = "Callback URL and scopes"
    if fields.get("error") == "redirect_uri_mismatch":
        diagnosis = diagnose_oauth_error("redirect_uri_mismatch")
        return Finding(subject, Knowledge.BAD, diagnosis.problem, diagnosis)
    return Finding(
        subject,
        Knowledge.UNKNOWN,
        "GitHub judges the callback URL only when somebody logs in, and every application may ask for every scope: "
        "try the login.",
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
    for path, is_it, product, platform in _OTHERS:
        answer = _look(http, path)
        if answer is not None and is_it(answer):
            return Diagnosis(
                Stage.PRODUCT, f"This is a {product} server, not a GitHub.", f"Choose the platform {platform}."
            )
    return Diagnosis(
        Stage.PRODUCT,
        f"{http.base} does not answer like a GitHub.",
        "Check the address: is it the one of GitHub's start page?",
    )


def _is_gitlab(answer: Answer) -> bool:
    return answer.status in {200, 401, 403} and (
        "x-gitlab-meta" in answer.headers or answer.error_fields().get("message") == "401 Unauthorized"
    )


def _is_bitbucket(answer: Answer) -> bool:
    return answer.error_fields().get("displayName") == "Bitbucket"


_OTHERS = (
    ("/api/v4/version", _is_gitlab, "GitLab", "GitLab Self-Managed"),
    ("/rest/api/1.0/application-properties", _is_bitbucket, "Bitbucket Data Center", "Bitbucket Data Center / Server"),
)


def _look(http: HttpClient, path: str) -> Answer | None:
    try:
        return http.look(path, accept="application/json")
    except CodeHostError:
        return None
