"""What can be found out about Bitbucket Cloud, and about our consumer there, before anybody logs in."""

import base64

import pytest

from integrations.bitbucket_cloud.probe import check_bitbucket_cloud_client, probe_bitbucket_cloud
from integrations.errors import ConnectionFailed, Stage
from integrations.http import HttpClient
from integrations.platform_parts import ClientCheck, Finding, Knowledge
from tests.unit.integrations.clients import NOW, loopback_client, loopback_policy
from tests.unit.integrations.scripted_server import Script, answer, reset, scripted_server

SUBJECTS = answer('{"repository": {"links": {}}, "workspace": {"links": {}}}')


def probe(reply: Script | bytes) -> Stage | str:
    """The product, or the stage at which the probe failed."""
    with scripted_server(reply) as server, loopback_client(server.port) as http:
        try:
            return probe_bitbucket_cloud(http).product
        except ConnectionFailed as error:
            return error.diagnosis.stage


def check(reply: bytes) -> tuple[Finding, str, str]:
    """What is said about the secret, and what was sent to find out."""
    with scripted_server(reply) as server, loopback_client(server.port) as http:
        client = ClientCheck("key", "s3cret", "https://repertory.test/oauth/bitbucket/callback", ("account",), NOW)
        findings = check_bitbucket_cloud_client(http, client)
        assert findings[1].knowledge is Knowledge.UNKNOWN
        return findings[0], str(server.header("authorization")), server.requests[-1].decode()


def test_bitbucket_cloud_is_recognized_without_a_login() -> None:
    assert probe(SUBJECTS) == "Bitbucket"


@pytest.mark.parametrize(
    ("status", "is_known"), [("404 Not Found", True), ("302 Found", True), ("502 Bad Gateway", False)]
)
def test_bitbucket_org_is_known_by_its_name_unless_it_is_down(status: str, is_known: bool) -> None:
    with scripted_server(answer("<html>", status=status, kind="text/html")) as server:
        policy = loopback_policy(server.port, "bitbucket.org")
        url = f"http://bitbucket.org:{server.port}"

        with HttpClient(url, policy=policy, resolver=lambda _host, _port: ["127.0.0.1"]) as http:
            if is_known:
                assert probe_bitbucket_cloud(http).product == "Bitbucket"
            else:
                with pytest.raises(ConnectionFailed):
                    probe_bitbucket_cloud(http)


@pytest.mark.parametrize(
    ("reply", "stage"),
    [
        (answer("<html>", kind="text/html"), Stage.PRODUCT),
        (answer('{"repository": {}}'), Stage.PRODUCT),
        (answer('{"errors": []}', status="404 Not Found"), Stage.PRODUCT),
        (answer(status="302 Found", headers=["Location: https://elsewhere.test/"]), Stage.PRODUCT),
        (answer("<html>", status="502 Bad Gateway", kind="text/html"), Stage.HTTP),
    ],
)
def test_what_answers_otherwise_is_not_bitbucket_cloud(reply: bytes, stage: Stage) -> None:
    assert probe(reply) is stage


def test_a_broken_connection_is_no_verdict_on_the_product() -> None:
    with pytest.raises(Exception, match="connection broke"):
        probe(reset)


def test_key_and_secret_are_tried_with_a_made_up_code() -> None:
    finding, authorization, request = check(answer('{"error": "invalid_grant"}', status="400 Bad Request"))

    assert finding.knowledge is Knowledge.GOOD
    assert base64.b64decode(authorization.removeprefix("Basic ")) == b"key:s3cret"
    assert request.startswith("POST /site/oauth2/access_token")
    assert "grant_type=authorization_code" in request
    assert "s3cret" not in request.partition("\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("reply", "knowledge"),
    [
        (answer('{"error": "unauthorized_client"}', status="400 Bad Request"), Knowledge.BAD),
        (answer('{"error": "invalid_client"}', status="401 Unauthorized"), Knowledge.BAD),
        (answer("", status="401 Unauthorized", kind="text/plain"), Knowledge.BAD),
        (answer("<html>", status="503 Service Unavailable", kind="text/html"), Knowledge.UNKNOWN),
        (answer('{"error": "slow_down"}', status="429 Too Many Requests"), Knowledge.UNKNOWN),
    ],
)
def test_only_a_clear_answer_is_a_verdict(reply: bytes, knowledge: Knowledge) -> None:
    finding = check(reply)[0]

    assert finding.knowledge is knowledge
    assert (finding.diagnosis is not None) == (knowledge is Knowledge.BAD)
