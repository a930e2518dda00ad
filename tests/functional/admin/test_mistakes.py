"""The twelve usual mistakes of connecting a code host: each is caught, its stage named, the right fix advised."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from config import Settings
from models import Integration, OAuthFlow, Runtime, open_runtime, utc_now
from tests.fakes.gitlab import FakeGitLab
from tests.functional.accounts.journey import Person
from tests.functional.admin.certificates import make_certificate
from tests.functional.admin.pages import IntegrationPage, examination_of, field_error, text_of
from tests.unit.integrations.scripted_server import answer, scripted_server
from wsgi import create_app

Install = Callable[..., IntegrationPage]
GITLAB_ANSWER = '{"message":"401 Unauthorized"}'
NOT_FOUND = answer('{"errorMessage": "no"}', status="404 Not Found")


@pytest.fixture
def install(settings: Settings, gitlab: FakeGitLab) -> Iterator[Install]:
    """A fresh installation with settings of its own, which may connect to the given ports of this machine."""
    with ExitStack() as stack:

        def start(*ports: int, **changes: object) -> IntegrationPage:
            allowed = tuple(f"127.0.0.1:{port}" for port in (gitlab.port, *ports))
            runtime = open_runtime(replace(settings, outbound_allow=allowed, **changes))  # type: ignore[arg-type]
            stack.callback(runtime.database.close)
            app = create_app(runtime=runtime)
            app.testing = True
            return IntegrationPage(Person(app, settings.base_url, "ann"), runtime, gitlab)

        yield start


def count_stored(runtime: Runtime) -> int:
    with runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(Integration)) or 0


def assert_caught(page: IntegrationPage, field: str, problem: str, fix: str, **changes: str) -> None:
    """Both buttons say the same, at the field; nothing is stored."""
    for action in ("create", "test"):
        result = page.send(action, **changes)

        assert result.status_code == 200
        assert problem in field_error(result, field), text_of(result)
        assert fix in field_error(result, field)
        assert fix in examination_of(result)
    assert count_stored(page.runtime) == 0


def test_1_a_typo_in_the_host_is_a_name_that_nobody_knows(page: IntegrationPage) -> None:
    assert_caught(
        page,
        "base_url",
        "The name gitlab.exmaple.invalid can not be resolved from this machine.",
        "Check its spelling",
        base_url="https://gitlab.exmaple.invalid",
    )


def test_2_http_is_refused_and_https_advised(page: IntegrationPage) -> None:
    assert_caught(
        page, "base_url", "http:// to git.example.com is not allowed.", "Use https", base_url="http://git.example.com"
    )


def test_2_https_to_a_port_that_speaks_http_is_named(page: IntegrationPage) -> None:
    assert_caught(
        page,
        "base_url",
        "does not speak TLS on this port",
        "Correct the port of the base URL.",
        base_url=page.gitlab.base_url.replace("http://", "https://"),
    )


def test_3_a_path_in_the_address_is_removed_and_the_person_told(page: IntegrationPage) -> None:
    page.create(base_url=f"{page.gitlab.base_url}/api/v4/projects")

    with page.runtime.database.read() as session:
        assert session.scalars(select(Integration.base_url)).one() == page.gitlab.base_url
    assert "/api/v4/projects was removed" in text_of(page.person.get("/setup/try/gitlab"))


def test_3_a_path_that_is_none_of_gitlab_is_asked_about(page: IntegrationPage) -> None:
    assert_caught(
        page,
        "base_url",
        "does not answer like a GitLab",
        "with the path below which GitLab is installed",
        base_url=f"{page.gitlab.base_url}/wiki",
    )


def test_4_another_product_is_recognized_and_its_platform_named(install: Install) -> None:
    properties = answer('{"version": "9.4.0", "displayName": "Bitbucket"}')
    with scripted_server(NOT_FOUND, properties, NOT_FOUND, properties) as server:
        assert_caught(
            install(server.port),
            "platform",
            "This is a Bitbucket Data Center server, not a GitLab.",
            "Choose the platform Bitbucket Data Center / Server.",
            base_url=server.url,
        )


def test_4_gitlab_com_is_not_a_self_managed_one(page: IntegrationPage) -> None:
    assert_caught(
        page, "platform", "https://gitlab.com is GitLab.", "Choose the platform GitLab.", base_url="gitlab.com"
    )


def test_5_a_missing_ca_is_asked_for_with_the_chain_shown_and_then_works(install: Install, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    with FakeGitLab(certfile=str(certificate), keyfile=str(key)) as secure:
        page = install(secure.port)
        page.gitlab = secure
        assert_caught(page, "ca_certificate", "is not accepted", "paste your company's CA certificate (PEM)")
        shown = examination_of(page.send("test"))
        assert "TLS failed" in shown
        assert "subject CN=Company CA" in shown
        assert "SHA-256" in shown

        page.create(ca_certificate=certificate.read_text())

        assert count_stored(page.runtime) == 1


def test_6_a_wrong_secret_is_known_before_anybody_logs_in(page: IntegrationPage) -> None:
    assert_caught(
        page, "client_secret", "the secret is wrong", "Copy the application ID and the secret", client_secret="wrong"
    )


def stuck_at_host(page: IntegrationPage, words: str) -> str:
    """Try the login, be stopped by a page of the host, and look at ours again 20 seconds later."""
    leaving = page.person.start("gitlab", "test", "/setup/try/gitlab")
    host_url = page.person.host_url(leaving)
    with pytest.raises(AssertionError, match="no form at the host"):
        page.person.walk_at_host(host_url)
    assert words in page.person.host.get(host_url).text
    assert "Waiting for GitLab" in text_of(page.person.get("/setup/try/gitlab"))
    assert "stop you?" not in text_of(page.person.get("/setup/try/gitlab/progress"))
    with page.runtime.database.write() as session:
        session.execute(update(OAuthFlow).values(created_at=utc_now() - timedelta(seconds=21)))
    return text_of(page.person.get("/setup/try/gitlab/progress").get_data(as_text=True).replace('value="', ">"))


def test_7_a_wrong_callback_url_is_helped_with_the_value_to_copy(page: IntegrationPage) -> None:
    made = page.gitlab.application(redirect_uri="https://localhost:8000/oauth/gitlab/callback/")
    page.create(client_id=made.client_id, client_secret=made.secret)

    help_text = stuck_at_host(page, "The redirect URI included is not valid")

    assert "The redirect URI included is not valid" in help_text
    assert "http://localhost:8000/oauth/gitlab/callback" in help_text


def test_8_a_scope_that_is_not_ticked_is_helped_with_the_list(page: IntegrationPage) -> None:
    made = page.gitlab.application(
        redirect_uri="http://localhost:8000/oauth/gitlab/callback", scopes=["read_user", "read_api"]
    )
    page.create(client_id=made.client_id, client_secret=made.secret)

    help_text = stuck_at_host(page, "The requested scope is invalid")

    assert "Tick all of these in the application" in help_text
    assert "read_user , read_api , read_repository , api" in help_text


def test_9_a_blocked_port_is_named(page: IntegrationPage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    runtime = replace(page.runtime.settings, outbound_allow=(f"127.0.0.1:{port}",))
    object.__setattr__(page.runtime, "settings", runtime)

    assert_caught(
        page,
        "base_url",
        f"127.0.0.1 refuses connections on port {port}.",
        "Check the port, and that the server is running.",
        base_url=f"https://127.0.0.1:{port}",
    )


def test_10_a_proxy_that_is_not_there_is_blamed_and_not_the_host(install: Install) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert_caught(
        install(outbound_proxy=f"http://127.0.0.1:{port}"),
        "base_url",
        f"127.0.0.1 refuses connections on port {port}.",
        f"Connections go through the proxy 127.0.0.1:{port}: check OUTBOUND_PROXY on the server",
        base_url="https://93.184.215.14",
    )


def test_10_a_proxy_that_refuses_the_host_is_named(install: Install) -> None:
    with scripted_server(answer("no", status="403 Forbidden")) as proxy:
        assert_caught(
            install(outbound_proxy=proxy.url),
            "base_url",
            f"The proxy 127.0.0.1:{proxy.port} did not make the connection to 93.184.215.14.",
            "Allow the host in the proxy, or correct OUTBOUND_PROXY.",
            base_url="https://93.184.215.14",
        )


def test_11_a_version_that_is_too_old_is_named_by_the_trial_login(install: Install) -> None:
    with FakeGitLab(version="14.9.2-ee") as old:
        old.add_user("ann")
        page = install(old.port)
        page.gitlab = old
        page.create()

        answered = page.person.log_in("gitlab", "test", "/setup/try/gitlab")

        words = text_of(page.person.get(answered.headers["Location"]))
        assert "GitLab 14.9.2-ee is too old." in words
        assert "Update it to version 15.5 or newer." in words
        assert "Stage: version" in words


def test_12_clocks_that_are_apart_are_told(install: Install) -> None:
    told = format_datetime(datetime.now(UTC) - timedelta(hours=2), usegmt=True)
    with scripted_server(answer(GITLAB_ANSWER, status="401 Unauthorized", headers=[f"Date: {told}"])) as server:
        page = install(server.port)

        shown = examination_of(page.send("test", base_url=server.url))
        page.create(base_url=server.url)

        assert "The clocks of this server and of 127.0.0.1 are 120 minutes apart." in shown
        assert "time server (NTP)" in shown
        assert "are 120 minutes apart" in text_of(page.person.get("/setup/try/gitlab"))


def test_12_a_certificate_of_tomorrow_points_at_the_clock(install: Install, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, starts=1)
    with FakeGitLab(certfile=str(certificate), keyfile=str(key)) as secure:
        page = install(secure.port)
        page.gitlab = secure
        assert_caught(
            page,
            "base_url",
            "not yet valid",
            "compare the clocks of both machines",
            ca_certificate=certificate.read_text(),
        )
