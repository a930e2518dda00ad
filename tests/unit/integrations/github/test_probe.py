"""What can be found out about a GitHub, and about our application there, before anybody logs in."""

import json

import pytest

from integrations.codehost import HostVersion
from integrations.errors import ConnectionFailed, Diagnosis, Stage
from integrations.github.probe import check_github_client, probe_github
from integrations.http import HttpClient
from integrations.platform_parts import ClientCheck, Finding, Knowledge
from tests.unit.integrations.clients import NOW, loopback_client, loopback_policy
from tests.unit.integrations.scripted_server import Script, answer, scripted_server

CALLBACK = "https://repertory.example.test/oauth/github/callback"
NOT_FOUND = answer('{"error": "no"}', status="404 Not Found")


def diagnosis_of(*scripts: Script | bytes) -> Diagnosis:
    with scripted_server(*scripts) as server, loopback_client(server.port) as http:
        with pytest.raises(ConnectionFailed) as caught:
            probe_github(http)
        return caught.value.diagnosis


@pytest.mark.parametrize(
    ("reply", "version"),
    [
        (
            answer('{"installed_version": "3.19.1"}', headers=["X-GitHub-Request-Id: 1"]),
            HostVersion("GitHub Enterprise Server", "3.19.1"),
        ),
        (
            answer("{}", status="401 Unauthorized", headers=["X-GitHub-Enterprise-Version: 3.17.2"]),
            HostVersion("GitHub Enterprise Server", "3.17.2"),
        ),
        (answer('{"hooks": []}', headers=["X-GitHub-Media-Type: github.v3"]), HostVersion("GitHub", "")),
    ],
)
def test_a_github_is_recognized_without_a_login(reply: bytes, version: HostVersion) -> None:
    with scripted_server(reply) as server, loopback_client(server.port) as http:
        assert probe_github(http) == version

    assert server.targets() == ["GET /api/v3/meta"]


def test_github_itself_is_recognized_where_its_pages_are() -> None:
    with scripted_server(answer("", kind="text/plain", headers=["X-GitHub-Request-Id: 1"])) as server:
        policy = loopback_policy(server.port, "github.com")
        http = HttpClient(
            f"http://github.com:{server.port}", policy=policy, resolver=lambda _host, _port: ["127.0.0.1"]
        )
        with http:
            assert probe_github(http) == HostVersion("GitHub", "")

    assert server.targets() == ["GET /robots.txt"]


def test_a_gitlab_is_named() -> None:
    gitlab = answer('{"message":"401 Unauthorized"}', status="401 Unauthorized")

    assert diagnosis_of(NOT_FOUND, gitlab).fix == "Choose the platform GitLab Self-Managed."


def test_a_bitbucket_server_is_named() -> None:
    properties = answer(json.dumps({"version": "9.4.0", "displayName": "Bitbucket"}))

    assert diagnosis_of(NOT_FOUND, NOT_FOUND, properties).fix == "Choose the platform Bitbucket Data Center / Server."


@pytest.mark.parametrize("reply", [answer("<html>", kind="text/html"), NOT_FOUND, answer('{"installed_version": "1"}')])
def test_what_answers_otherwise_is_no_github(reply: bytes) -> None:
    diagnosis = diagnosis_of(reply)

    assert diagnosis.stage is Stage.PRODUCT
    assert "does not answer like a GitHub" in diagnosis.problem


def test_a_server_that_breaks_off_while_it_is_examined_is_no_github() -> None:
    assert "does not answer" in diagnosis_of(NOT_FOUND, b"").problem


@pytest.mark.parametrize(
    ("location", "words"),
    [("https://sso.example.test/login?next=x", "https://sso.example.test"), ("/x", "another page")],
)
def test_a_redirect_is_named_with_its_target(location: str, words: str) -> None:
    diagnosis = diagnosis_of(answer(status="302 Found", headers=[f"Location: {location}"]))

    assert diagnosis.stage is Stage.PRODUCT
    assert words in diagnosis.problem
    assert "next=" not in diagnosis.problem


def test_a_redirect_to_https_is_the_better_base_url() -> None:
    diagnosis = diagnosis_of(answer(status="301 Moved", headers=["Location: https://127.0.0.1/api/v3/meta"]))

    assert diagnosis.fix == "Use https://127.0.0.1 as the base URL."


def test_a_server_in_trouble_is_not_taken_for_another_product() -> None:
    assert diagnosis_of(answer(status="502 Bad Gateway")).stage is Stage.HTTP


def check(reply: bytes) -> tuple[list[Finding], bytes]:
    wanted = ClientCheck("Iv1.client", "hunter2", CALLBACK, ("repo",), NOW)
    with scripted_server(reply) as server, loopback_client(server.port) as http:
        findings = list(check_github_client(http, wanted))
    return findings, server.requests[0]


def error(code: str, status: str = "200 OK") -> bytes:
    return answer(json.dumps({"error": code, "error_description": "", "error_uri": ""}), status=status)


def test_a_right_secret_is_known_by_the_refusal_of_a_made_up_code() -> None:
    (secret, callback), request = check(error("bad_verification_code"))

    assert secret.knowledge is Knowledge.GOOD
    assert callback.knowledge is Knowledge.UNKNOWN
    assert request.startswith(b"POST /login/oauth/access_token ")
    assert b"code=connection-test" in request


@pytest.mark.parametrize("reply", [error("incorrect_client_credentials"), error("Not Found", "404 Not Found")])
def test_a_wrong_id_or_secret_is_known_to_be_wrong(reply: bytes) -> None:
    (secret, _), _ = check(reply)

    assert secret.knowledge is Knowledge.BAD
    assert secret.diagnosis is not None
    assert secret.diagnosis.stage is Stage.CREDENTIALS
    assert "hunter2" not in f"{secret}"


def test_a_suspended_application_is_named() -> None:
    (secret, _), _ = check(error("application_suspended"))

    assert secret.knowledge is Knowledge.BAD
    assert "suspended" in secret.text


def test_another_callback_url_is_told() -> None:
    (secret, callback), _ = check(error("redirect_uri_mismatch"))

    assert secret.knowledge is Knowledge.GOOD
    assert callback.knowledge is Knowledge.BAD
    assert callback.diagnosis is not None


@pytest.mark.parametrize("reply", [answer("<html>", kind="text/html"), NOT_FOUND, answer(status="500 Oops")])
def test_an_answer_that_says_nothing_is_not_taken_for_one(reply: bytes) -> None:
    findings, _ = check(reply)

    assert [finding.knowledge for finding in findings] == [Knowledge.UNKNOWN, Knowledge.UNKNOWN]
