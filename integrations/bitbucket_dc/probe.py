"""Find out without a login whether an address is a Bitbucket Data Center, and whether it accepts our application."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from integrations.answers import Answer
from integrations.bitbucket_dc import API
from integrations.bitbucket_dc.convert import convert_version
from integrations.codehost import HostVersion
from integrations.errors import CodeHostError, ConnectionFailed, Diagnosis, Stage
from integrations.http import JSON, REDIRECTS, HttpClient
from integrations.oauth_errors import diagnose_oauth_error
from integrations.platform_parts import ClientCheck, Finding, Knowledge

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


def find_oauth_version(http: HttpClient) -> int | None:
    """2 or 1; None when the server does not say. Its number alone does not tell: not all of 7.20 have OAuth 2."""
    answer = _look(http, CLIENTS)
    if answer is None:
        return None
    return {401: 2, 404: 1}.get(answer.status)


def check_bitbucket_dc_client(http: HttpClient, check: ClientCheck) -> tuple[Finding, ...]:
    """What can be known about our application link before anybody logs in."""
    if find_oauth_version(http) == 1:
        return (Finding("OAuth version", Knowledge.BAD, _NO_OAUTH_2.problem, _NO_OAUTH_2),)
    return (_check_secret(http, check), _check_authorize_page(http, check))


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
        problem = f"This is a {product} server, not a Bitbucket Data Center."
        return Diagnosis(Stage.PRODUCT, problem, f"Choose the platform {platform}.")
    return Diagnosis(
        Stage.PRODUCT,
        f"{http.base} does not answer like a Bitbucket Data Center.",
        "Check the address: is it the one of Bitbucket's dashboard, with the path below which Bitbucket is installed?",
    )


def _other_products(http: HttpClient) -> Iterator[tuple[str, str]]:
    """Products that say what they are without a login."""
    if http.base.host in {"bitbucket.org", "www.bitbucket.org"}:
        yield "Bitbucket Cloud", "Bitbucket"
    answer = _look(http, "/api/v4/version")
    if answer is not None and "x-gitlab-meta" in answer.headers and answer.status != 404:
        yield "GitLab", "GitLab Self-Managed"
    answer = _look(http, "/api/v3/meta")
    if answer is not None and "x-github-request-id" in answer.headers:
        is_enterprise = "x-github-enterprise-version" in answer.headers
        yield ("GitHub Enterprise", "GitHub Enterprise Server") if is_enterprise else ("GitHub", "GitHub")


def _look(http: HttpClient, path: str) -> Answer | None:
    try:
        return http.look(path, accept=JSON)
    except CodeHostError:
        return None


def _check_secret(http: HttpClient, check: ClientCheck) -> Finding:
    """A made-up code is refused as such only after the client and its secret were accepted."""
    form = {
        "grant_type": "authorization_code",
        "client_id": check.client_id,
        "client_secret": check.client_secret,
        "redirect_uri": check.redirect_uri,
        "code": "connection-test",
        "code_verifier": "connection-test-connection-test-connection-test",
    }
    subject = "Client ID and secret"
    answer = http.post_form(f"{http.base}{TOKEN}", form)
    code = answer.error_fields().get("error")
    if code == "invalid_grant":
        return Finding(subject, Knowledge.GOOD, "Bitbucket accepts the client ID together with the secret.")
    if code in {"invalid_client", "unauthorized_client"}:
        diagnosis = diagnose_oauth_error("invalid_client")
        return Finding(subject, Knowledge.BAD, diagnosis.problem, diagnosis)
    return Finding(subject, Knowledge.UNKNOWN, f"Bitbucket answered with status {answer.status}, which says nothing.")


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
