"""What can be known about OAuth at a host before anybody logs in: its version, and whether it knows our keys."""

from integrations.errors import CodeHostError, Diagnosis, NotFound, Stage
from integrations.http import HttpClient
from integrations.oauth import OAuthRejected
from integrations.oauth1 import Consumer, ask_for_request_token
from integrations.platform_parts import ClientCheck, Finding, Knowledge, Platform
from integrations.platforms import diagnose_oauth_error

VERSION = "OAuth version"
KEYS = "Consumer key and public key"
CHOOSE_OLD = "Choose OAuth 1.0a"


def check_oauth(
    platform: Platform, http: HttpClient, client: ClientCheck, *, oauth_version: int
) -> tuple[Finding, ...]:
    """Everything about our application at the host, by the version that was chosen."""
    if oauth_version == 1:
        return (_check_keys(platform, http, client),)
    return platform.check_client(http, client)


def find_version(platform: Platform, http: HttpClient, *, oauth_version: int) -> tuple[Finding, ...]:
    """Whether the chosen version is the right one; nothing where there is no choice."""
    if platform.find_oauth_version is None:
        return ()
    try:
        found = platform.find_oauth_version(http)
    except CodeHostError:
        found = None
    if found == 1 and oauth_version == 2:
        problem = "This server is too old for OAuth 2, which came with version 7.20."
        diagnosis = Diagnosis(Stage.VERSION, problem, f"{CHOOSE_OLD}, or update the server.")
        return (Finding(VERSION, Knowledge.BAD, problem, diagnosis),)
    if found == 2 and oauth_version == 1:
        text = "This server speaks OAuth 2 as well: prefer it, git can use its logins and the scopes can be limited."
        return (Finding(VERSION, Knowledge.UNKNOWN, text),)
    if found is None:
        return (Finding(VERSION, Knowledge.UNKNOWN, "The server does not tell whether it speaks OAuth 2."),)
    return (Finding(VERSION, Knowledge.GOOD, f"This server speaks OAuth {oauth_version}."),)


def _check_keys(platform: Platform, http: HttpClient, client: ClientCheck) -> Finding:
    """A server gives out a request token only to whom it knows, and whose signature it could check."""
    assert platform.oauth1_endpoints is not None, "only platforms with OAuth 1 offer it"
    consumer = Consumer(client.client_id, client.client_secret, client.redirect_uri)
    try:
        ask_for_request_token(http, platform.oauth1_endpoints(str(http.base)), consumer, now=client.now)
    except OAuthRejected as error:
        diagnosis = diagnose_oauth_error(error.code, error.description)
        return Finding(KEYS, Knowledge.BAD, diagnosis.problem, diagnosis)
    except NotFound:
        diagnosis = Diagnosis(Stage.PRODUCT, "There is no OAuth 1 at this address.", "Check the base URL.")
        return Finding(KEYS, Knowledge.BAD, diagnosis.problem, diagnosis)
    return Finding(KEYS, Knowledge.GOOD, "The host knows our keys.")
