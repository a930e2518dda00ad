"""What can be found out about a Bitbucket, and about our application link there, before anybody logs in."""

import pytest

from integrations.bitbucket_dc.probe import check_bitbucket_dc_client, find_oauth_version, probe_bitbucket_dc
from integrations.codehost import HostVersion
from integrations.errors import ConnectionFailed, Diagnosis, Stage
from integrations.http import HttpClient
from integrations.oauth import open_token_client
from integrations.platform_parts import ClientCheck, Finding, Knowledge
from tests.fakes.bitbucket_dc import FakeBitbucketDataCenter
from tests.unit.integrations.clients import NOW, loopback_client, loopback_policy
from tests.unit.integrations.scripted_server import Script, answer, reset, scripted_server

CALLBACK = "https://repertory.example.test/oauth/bitbucket/callback"
NOT_FOUND = answer('{"message": "no"}', status="404 Not Found")
OAUTH_2 = answer('{"errors": []}', status="401 Unauthorized")
REFUSED = answer('{"error": "invalid_grant"}', status="400 Bad Request")


def diagnosis_of(*scripts: Script | bytes) -> Diagnosis:
    with scripted_server(*scripts) as server, loopback_client(server.port) as http:
        with pytest.raises(ConnectionFailed) as caught:
            probe_bitbucket_dc(http)
        return caught.value.diagnosis


def findings_of(*scripts: Script | bytes, scopes: tuple[str, ...] = ("PROJECT_ADMIN",)) -> dict[str, Finding]:
    check = ClientCheck("id", "secret", CALLBACK, scopes, NOW)
    with scripted_server(*scripts) as server, loopback_client(server.port) as http:
        return {finding.subject: finding for finding in check_bitbucket_dc_client(http, check)}


@pytest.mark.parametrize("version", ["9.4.3", "5.5.0"])
def test_a_bitbucket_tells_its_version_to_everybody(version: str) -> None:
    with (
        FakeBitbucketDataCenter(prefix="/bitbucket", version=version) as fake,
        open_token_client(fake.base_url, policy=loopback_policy(fake.port)) as http,
    ):
        assert probe_bitbucket_dc(http) == HostVersion("Bitbucket Data Center", version)


@pytest.mark.parametrize(
    "reply",
    [
        answer("<html>", kind="text/html"),
        answer('{"displayName": "Jira", "version": "9.0.0"}'),
        answer('{"version": "9.4.3"}'),
        answer('{"displayName": "Bitbucket"}', status="401 Unauthorized"),
    ],
)
def test_what_answers_otherwise_is_no_bitbucket(reply: bytes) -> None:
    diagnosis = diagnosis_of(reply)

    assert diagnosis.stage is Stage.PRODUCT
    assert "does not answer like a Bitbucket" in diagnosis.problem


@pytest.mark.parametrize(
    ("replies", "platform"),
    [
        ((NOT_FOUND, answer(status="401 Unauthorized", headers=['X-Gitlab-Meta: {"version":"1"}'])), "GitLab"),
        ((NOT_FOUND, NOT_FOUND, answer(headers=["X-GitHub-Request-Id: 1"])), "GitHub"),
        (
            (NOT_FOUND, NOT_FOUND, answer(headers=["X-GitHub-Request-Id: 1", "X-GitHub-Enterprise-Version: 3.19.0"])),
            "GitHub Enterprise Server",
        ),
    ],
)
def test_other_products_are_named(replies: tuple[bytes, ...], platform: str) -> None:
    diagnosis = diagnosis_of(*replies)

    assert platform in diagnosis.problem + diagnosis.fix
    assert "Choose the platform" in diagnosis.fix


def test_bitbucket_cloud_is_known_by_its_name() -> None:
    with (
        scripted_server(NOT_FOUND) as server,
        HttpClient(
            f"http://bitbucket.org:{server.port}",
            policy=loopback_policy(server.port, "bitbucket.org"),
            resolver=lambda _host, _port: ["127.0.0.1"],
        ) as http,
        pytest.raises(ConnectionFailed) as caught,
    ):
        probe_bitbucket_dc(http)

    assert caught.value.diagnosis.fix == "Choose the platform Bitbucket."


def test_a_product_that_can_not_be_asked_is_not_guessed() -> None:
    assert "does not answer like" in diagnosis_of(NOT_FOUND, reset).problem


def test_a_redirect_is_explained() -> None:
    diagnosis = diagnosis_of(answer(status="302 Found", headers=["Location: https://sso.example.test/login"]))

    assert "redirects to https://sso.example.test" in diagnosis.problem


def test_a_redirect_to_https_tells_the_base_url() -> None:
    diagnosis = diagnosis_of(answer(status="302 Found", headers=["Location: https://127.0.0.1/x"]))

    assert diagnosis.fix == "Use https://127.0.0.1 as the base URL."


def test_a_broken_server_is_not_called_another_product() -> None:
    assert diagnosis_of(answer(status="502 Bad Gateway")).stage is Stage.HTTP


@pytest.mark.parametrize(("version", "oauth"), [("9.4.3", 2), ("7.21.0", 2), ("7.17.0", 1)])
def test_the_server_tells_which_oauth_it_has(version: str, oauth: int) -> None:
    with FakeBitbucketDataCenter(version=version) as fake, loopback_client(fake.port) as http:
        assert find_oauth_version(http) == oauth


@pytest.mark.parametrize("script", [answer(status="503 Unavailable"), reset])
def test_a_server_that_says_something_else_has_said_nothing(script: Script | bytes) -> None:
    with scripted_server(script) as server, loopback_client(server.port) as http:
        assert find_oauth_version(http) is None


def test_a_server_without_oauth_2_needs_the_other_version() -> None:
    with FakeBitbucketDataCenter(version="7.17.0") as fake, loopback_client(fake.port) as http:
        (finding,) = check_bitbucket_dc_client(http, ClientCheck("id", "secret", CALLBACK, (), NOW))

    assert finding.knowledge is Knowledge.BAD
    assert finding.diagnosis is not None
    assert "1.0a" in finding.diagnosis.fix


@pytest.mark.parametrize(("is_right", "knowledge"), [(True, Knowledge.GOOD), (False, Knowledge.BAD)])
def test_the_secret_is_checked_without_a_login(is_right: bool, knowledge: Knowledge) -> None:
    with FakeBitbucketDataCenter(prefix="/bitbucket") as fake:
        client_id, secret = fake.application(redirect_uri=CALLBACK)
        check = ClientCheck(client_id, secret if is_right else "wrong", CALLBACK, ("PROJECT_ADMIN",), NOW)
        with open_token_client(fake.base_url, policy=loopback_policy(fake.port)) as http:
            secret_finding, page_finding = check_bitbucket_dc_client(http, check)

    assert secret_finding.knowledge is knowledge
    assert (secret_finding.diagnosis is None) == is_right
    assert page_finding.knowledge is Knowledge.UNKNOWN


def test_an_answer_that_says_nothing_is_not_judged() -> None:
    findings = findings_of(OAUTH_2, answer(status="500 Internal Server Error"), answer("<html>", kind="text/html"))

    assert {finding.knowledge for finding in findings.values()} == {Knowledge.UNKNOWN}


@pytest.mark.parametrize(
    ("reply", "stage"),
    [
        (answer(status="302 Found", headers=[f"Location: {CALLBACK}?error=invalid_scope"]), Stage.SCOPES),
        (answer('{"error": "invalid_redirect_uri"}', status="400 Bad Request"), Stage.CREDENTIALS),
    ],
)
def test_what_the_authorize_page_says_at_once_is_told(reply: bytes, stage: Stage) -> None:
    finding = findings_of(OAUTH_2, REFUSED, reply)["Callback URL and scopes"]

    assert finding.knowledge is Knowledge.BAD
    assert finding.diagnosis is not None
    assert finding.diagnosis.stage is stage
