"""Find out without a login whether an address is a GitHub, and whether it accepts our OAuth application."""

from integrations.answers import Answer
from integrations.codehost import HostVersion
from integrations.fields import JsonObject
from integrations.github.convert import ENTERPRISE, PRODUCT
from integrations.github.roots import is_cloud_host
from integrations.http import HttpClient
from integrations.oauth_errors import diagnose_oauth_error
from integrations.platform_parts import ClientCheck, Finding, Knowledge
from integrations.probing import explain_stranger

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
    raise explain_stranger(
        http,
        answer,
        product="GitHub",
        like="a GitHub",
        hint="Check the address: is it the one of GitHub's start page?",
    )


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
