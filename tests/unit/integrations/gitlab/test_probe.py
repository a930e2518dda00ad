"""What can be found out about a GitLab, and about our application there, before anybody logs in."""

import json

import pytest

from integrations.errors import ConnectionFailed, Diagnosis, Stage
from integrations.gitlab.probe import check_gitlab_client, probe_gitlab
from integrations.http import HttpClient
from integrations.oauth import open_token_client
from integrations.platform_parts import ClientCheck, Finding, Knowledge
from tests.fakes.gitlab import FakeGitLab
from tests.unit.integrations.clients import NOW, loopback_client, loopback_policy
from tests.unit.integrations.scripted_server import Script, answer, scripted_server

CALLBACK = "https://repertory.example.test/oauth/gitlab/callback"
NOT_FOUND = answer('{"errorMessage": "no"}', status="404 Not Found")


def diagnosis_of(*scripts: Script | bytes) -> Diagnosis:
    with scripted_server(*scripts) as server, loopback_client(server.port) as http:
        with pytest.raises(ConnectionFailed) as caught:
            probe_gitlab(http)
        return caught.value.diagnosis


def test_a_gitlab_is_recognized_without_a_login(fake: FakeGitLab) -> None:
    with open_token_client(fake.base_url, policy=loopback_policy(fake.port)) as http:
        assert probe_gitlab(http).product == "GitLab"


@pytest.mark.parametrize(
    "reply",
    [
        answer('{"message":"401 Unauthorized"}', status="401 Unauthorized"),
        answer("<html>", status="403 Forbidden", kind="text/html", headers=['X-Gitlab-Meta: {"version":"1"}']),
        answer('{"version": "18.5.0", "revision": "abc"}'),
    ],
)
def test_each_way_that_gitlab_answers_strangers_is_known(reply: bytes) -> None:
    with scripted_server(reply) as server, loopback_client(server.port) as http:
        assert probe_gitlab(http).product == "GitLab"


@pytest.mark.parametrize(
    "reply",
    [
        answer("<html>", kind="text/html"),
        answer('{"message": "Not Found"}', status="404 Not Found"),
        answer('{"message": "who are you"}', status="401 Unauthorized"),
        answer('{"version": "1.2.3"}'),
        answer("<html>", status="404 Not Found", kind="text/html", headers=['X-Gitlab-Meta: {"version":"1"}']),
    ],
)
def test_what_answers_otherwise_is_no_gitlab(reply: bytes) -> None:
    diagnosis = diagnosis_of(reply)

    assert diagnosis.stage is Stage.PRODUCT
    assert "does not answer like a GitLab" in diagnosis.problem


def test_a_bitbucket_server_is_named() -> None:
    properties = answer(json.dumps({"version": "9.4.0", "displayName": "Bitbucket"}))

    diagnosis = diagnosis_of(NOT_FOUND, properties)

    assert diagnosis.stage is Stage.PRODUCT
    assert "Bitbucket Data Center" in diagnosis.problem
    assert diagnosis.fix == "Choose the platform Bitbucket Data Center / Server."


@pytest.mark.parametrize(
    ("headers", "platform"),
    [
        (["X-GitHub-Request-Id: 1", "X-GitHub-Enterprise-Version: 3.19.0"], "GitHub Enterprise Server"),
        (["X-GitHub-Request-Id: 1"], "GitHub"),
    ],
)
def test_a_github_is_named(headers: list[str], platform: str) -> None:
    assert diagnosis_of(NOT_FOUND, NOT_FOUND, answer(headers=headers)).fix == f"Choose the platform {platform}."


def test_bitbucket_cloud_is_named_by_its_host() -> None:
    with scripted_server(NOT_FOUND) as server:
        policy = loopback_policy(server.port, "bitbucket.org")
        http = HttpClient(
            f"http://bitbucket.org:{server.port}", policy=policy, resolver=lambda _host, _port: ["127.0.0.1"]
        )
        with http, pytest.raises(ConnectionFailed) as caught:
            probe_gitlab(http)

    assert "Bitbucket Cloud" in caught.value.diagnosis.problem


def test_a_server_that_breaks_off_while_it_is_examined_is_no_gitlab() -> None:
    assert "does not answer" in diagnosis_of(NOT_FOUND, b"").problem


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://sso.example.test/login?next=x", "https://sso.example.test"),
        ("/login", "another page"),
    ],
)
def test_a_redirect_is_named_with_its_target(location: str, words: str) -> None:
    diagnosis = diagnosis_of(answer(status="302 Found", headers=[f"Location: {location}"]))

    assert diagnosis.stage is Stage.PRODUCT
    assert words in diagnosis.problem
    assert "next=" not in diagnosis.problem


def test_a_redirect_to_https_is_the_better_base_url() -> None:
    diagnosis = diagnosis_of(answer(status="301 Moved", headers=["Location: https://127.0.0.1/api/v4/version"]))

    assert diagnosis.fix == "Use https://127.0.0.1 as the base URL."


def test_a_server_in_trouble_is_not_taken_for_another_product() -> None:
    assert diagnosis_of(answer(status="502 Bad Gateway")).stage is Stage.HTTP


def check(base_url: str, port: int, *, client_id: str, secret: str) -> list[Finding]:
    wanted = ClientCheck(client_id, secret, CALLBACK, ("read_user",), NOW)
    with open_token_client(base_url, policy=loopback_policy(port)) as http:
        return list(check_gitlab_client(http, wanted))


def test_a_right_secret_is_known_to_be_right_and_the_rest_is_not_pretended(fake: FakeGitLab) -> None:
    client_id, secret = fake.application(redirect_uri=CALLBACK)

    credentials, page = check(fake.base_url, fake.port, client_id=client_id, secret=secret)

    assert credentials.knowledge is Knowledge.GOOD
    assert page.knowledge is Knowledge.UNKNOWN
    assert "try the login" in page.text


def test_a_wrong_id_or_secret_is_known_to_be_wrong(fake: FakeGitLab) -> None:
    client_id, secret = fake.application(redirect_uri=CALLBACK)

    for wrong in ((client_id, "no"), ("no", secret)):
        credentials, _ = check(fake.base_url, fake.port, client_id=wrong[0], secret=wrong[1])

        assert credentials.knowledge is Knowledge.BAD
        assert credentials.diagnosis is not None
        assert credentials.diagnosis.stage is Stage.CREDENTIALS


def test_an_answer_that_says_nothing_is_not_taken_for_one() -> None:
    with scripted_server(answer("<html>", kind="text/html")) as server:
        findings = check(server.url, server.port, client_id="a", secret="b")

    assert [finding.knowledge for finding in findings] == [Knowledge.UNKNOWN, Knowledge.UNKNOWN]


@pytest.mark.parametrize(
    ("page", "stage"),
    [
        ("Client authentication failed due to unknown client", Stage.CREDENTIALS),
        ("The redirect URI included is not valid", Stage.CREDENTIALS),
        ("The requested scope is invalid, unknown, or malformed", Stage.SCOPES),
    ],
)
def test_what_the_authorize_page_shows_to_strangers_is_understood(page: str, stage: Stage) -> None:
    token = answer('{"error": "invalid_grant"}', status="400 Bad Request")
    with scripted_server(token, answer(f"<p>{page}</p>", kind="text/html")) as server:
        _, finding = check(server.url, server.port, client_id="a", secret="b")

    assert finding.diagnosis is not None
    assert finding.diagnosis.stage is stage


def test_the_secret_is_not_shown() -> None:
    assert "hunter2" not in repr(ClientCheck("id", "hunter2", CALLBACK, (), NOW))
