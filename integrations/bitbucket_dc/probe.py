"""Find out without a login whether an address is a Bitbucket Data Center, and whether it accepts our application."""

from urllib.parse import parse_qs, urlsplit

from integrations.answers import Answer
from integrations.bitbucket_dc import API
from integrations.bitbucket_dc.convert import convert_version
from integrations.codehost import HostVersion
from integrations.errors import Diagnosis, Stage
from integrations.http import JSON, REDIRECTS, HttpClient
from integrations.oauth_errors import diagnose_oauth_error
from integrations.platform_parts import ClientCheck, Finding, Knowledge
from integrations.probing import check_made_up_code, explain_stranger, look_quietly

NAMES = frozenset({"Bitbucket", "Stash"})  # Stash was its name before 4.0
CLIENTS = "/rest/oauth2/1.0/client"
AUTHORIZE = "/rest/oauth2/latest/authorize"
TOKEN = "/rest/oauth2/latest/token"  # noqa: S105
_NO_OAUTH_2 = Diagnosis(
    Stage.VERSION,
    "This Bitbucket does not know OAuth 2 yet: it came with version 7.20.",
    "Choose OAuth version 1.0a, or update Bitbucket.",
)


def probe_bitbucket_dc(http: HttpClient) -> HostVersion:
    """Product and version, which Bitbucket tells everybody.

    Raises ConnectionFailed with the stage, Refused, or UnexpectedResponse for an answer that is too large.
    """
    answer = http.look(f"{API}/application-properties", accept=JSON)
    fields = answer.error_fields()
    if answer.status == 200 and fields.get("displayName") in NAMES:
        return convert_version(fields)
    raise explain_stranger(
        http,
        answer,
        product="Bitbucket Data Center",
        like="a Bitbucket Data Center",
        hint="Check the address: is it the one of Bitbucket's dashboard, with the path below which Bitbucket is "
        "installed?",
    )


def find_oauth_version(http: HttpClient) -> int | None:
    """2 or 1; None when the server does not say. Its number alone does not tell: not all of 7.20 have OAuth 2."""
    answer = look_quietly(http, CLIENTS)
    if answer is None:
        return None
    return {401: 2, 404: 1}.get(answer.status)


def check_bitbucket_dc_client(http: HttpClient, check: ClientCheck) -> tuple[Finding, ...]:
    """What can be known about our application link before anybody logs in."""
    if find_oauth_version(http) == 1:
        return (Finding("OAuth version", Knowledge.BAD, _NO_OAUTH_2.problem, _NO_OAUTH_2),)
    secret = check_made_up_code(
        http, check, address=f"{http.base}{TOKEN}", subject="Client ID and secret", host="Bitbucket"
    )
    return (secret, _check_authorize_page(http, check))


def _check_authorize_page(http: HttpClient, check: ClientCheck) -> Finding:
    subject = "Callback URL and scopes"
    params = {
        "client_id": check.client_id,
        "redirect_uri": check.redirect_uri,
        "response_type": "code",
        "state": "connection-test",
        "scope": " ".join(check.scopes),
    }
    code = _authorize_error(http.look(AUTHORIZE, params, accept="text/html"))
    if code:
        diagnosis = diagnose_oauth_error(code)
        return Finding(subject, Knowledge.BAD, diagnosis.problem, diagnosis)
    return Finding(
        subject,
        Knowledge.UNKNOWN,
        "Bitbucket judges the callback URL and the scopes only after somebody has signed in: try the login.",
    )


def _authorize_error(answer: Answer) -> str:
    """The error that visitors are sent back with, or that is said at once; "" when they have to sign in first."""
    if answer.status in REDIRECTS:
        query = parse_qs(urlsplit(answer.headers.get("location", "")).query)
        return query.get("error", [""])[0]
    said = answer.error_fields().get("error")
    return said if isinstance(said, str) else ""
