"""Find out without a login whether an address is Bitbucket Cloud, and whether it accepts our OAuth consumer."""

from urllib.parse import urlsplit

from integrations.answers import Answer
from integrations.authorizations import basic
from integrations.bitbucket_cloud import CLOUD
from integrations.codehost import HostVersion
from integrations.http import HttpClient
from integrations.oauth_errors import diagnose_oauth_error
from integrations.platform_parts import ClientCheck, Finding, Knowledge
from integrations.probing import explain_stranger

_HOST = urlsplit(CLOUD).hostname
_REFUSED_CLIENT = frozenset({"invalid_client", "unauthorized_client"})


def probe_bitbucket_cloud(http: HttpClient) -> HostVersion:
    """Recognize Bitbucket Cloud by its public list of webhook subjects, or else by its name. It has no version.

    Raises ConnectionFailed with the stage, Refused, or UnexpectedResponse for an answer that is too large.
    """
    answer = http.look("/!api/2.0/hook_events", accept="application/json")
    if _is_bitbucket_cloud(answer) or (http.base.host == _HOST and answer.status < 500):
        return HostVersion("Bitbucket", "Cloud")
    raise explain_stranger(
        http,
        answer,
        product="Bitbucket Cloud",
        like="Bitbucket Cloud",
        hint=f"Bitbucket Cloud is at {CLOUD}. For a Bitbucket on your own server choose the platform Bitbucket Data "
        "Center / Server.",
    )


def check_bitbucket_cloud_client(http: HttpClient, check: ClientCheck) -> tuple[Finding, ...]:
    """What can be known about our OAuth consumer before anybody logs in."""
    return (
        _check_secret(http, check),
        Finding(
            "Callback URL and permissions",
            Knowledge.UNKNOWN,
            "Bitbucket judges the callback URL, and tells the permissions of the consumer, only after somebody has "
            "signed in: try the login.",
        ),
    )


def _is_bitbucket_cloud(answer: Answer) -> bool:
    return answer.status == 200 and {"repository", "workspace"} <= answer.error_fields().keys()


def _check_secret(http: HttpClient, check: ClientCheck) -> Finding:
    """A made-up code is refused as such only after the key and its secret were accepted."""
    subject = "Key and secret"
    form = {"grant_type": "authorization_code", "code": "connection-test", "redirect_uri": check.redirect_uri}
    authorization = basic(check.client_id, check.client_secret)
    answer = http.post_form(f"{http.base}/site/oauth2/access_token", form, authorization=authorization)
    code = answer.error_fields().get("error")
    if code == "invalid_grant":
        return Finding(subject, Knowledge.GOOD, "Bitbucket accepts the key together with the secret.")
    if code in _REFUSED_CLIENT or answer.status == 401:
        diagnosis = diagnose_oauth_error("invalid_client")
        return Finding(subject, Knowledge.BAD, diagnosis.problem, diagnosis)
    return Finding(subject, Knowledge.UNKNOWN, f"Bitbucket answered with status {answer.status}, which says nothing.")
