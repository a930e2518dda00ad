"""`make demo`: the make-believe code hosts beside the application, and what a visitor is told about them."""

import re
import sys
from pathlib import Path

import pytest
import requests

from integrations.addresses import OutboundPolicy, parse_allow
from integrations.oauth import open_token_client
from integrations.platforms import PLATFORMS, ClientCheck, Knowledge, Use
from integrations.registration import slug_for
from models import utc_now
from scripts.demonstration import EXAMPLE_TAG, HOSTS, DemoHost, find_host
from scripts.places import ROOT
from tests.functional.processes import Installation, end, wait_until
from tests.services import free_port


def told_about(host: DemoHost, told: str) -> dict[str, str]:
    """What is to be pasted, by the names of the fields."""
    block = next(block for block in told.split("\n\n") if f"Name             {host.name}\n" in block)
    return dict(re.findall(r"^  ([A-Z][A-Za-z ]+?) {2,}(\S.*)$", block, re.MULTILINE))


def knowledge_of(host: DemoHost, fields: dict[str, str]) -> set[Knowledge]:
    """What the form finds out about the host and the application whose facts are told."""
    platform = next(each for each in PLATFORMS.values() if each.label == fields["Platform"])
    scopes = tuple(scope.name for scope in platform.scopes_for(set(Use)))
    client = ClientCheck(fields["Client ID"], fields["Client Secret"], fields["Callback URL"], scopes, utc_now())
    policy = OutboundPolicy(allow=parse_allow([fields["Base URL"].partition("://")[2]]))
    with open_token_client(platform.correct_base_url(fields["Base URL"]).url, policy=policy) as http:
        assert platform.probe(http).product
        return {finding.knowledge for finding in platform.check_client(http, client)}


def test_the_demo_tells_what_to_paste_and_publishes_versions(tmp_path: Path) -> None:
    ports = {host.port_variable: str(free_port()) for host in HOSTS}
    installation = Installation(tmp_path / "var", DATABASE_URL="", REDIS_URL="", **ports)
    try:
        process = installation.start(sys.executable, "-m", "scripts.start", "--demo")
        wait_until(lambda: installation.has_printed("Stop it with Ctrl-C"), what="it says that it is ready")
        told = installation.output.read_text(encoding="utf-8")
        example = [f"{host.prefix}{host.example}" for host in HOSTS]
        tagged = [
            installation.run(sys.executable, "-m", "scripts.demonstration", each, EXAMPLE_TAG) for each in example
        ]
        states = {
            host.key: requests.get(f"http://127.0.0.1:{ports[host.port_variable]}/_fake/state", timeout=10).text
            for host in HOSTS
        }
        known = {host.key: knowledge_of(host, told_about(host, told)) for host in HOSTS}
        code, _seconds = end(process)
    finally:
        left = installation.processes()
        installation.clean_up()

    for host in HOSTS:
        fields = told_about(host, told)
        assert fields["Base URL"] == f"http://127.0.0.1:{ports[host.port_variable]}"
        assert fields["Callback URL"] == f"http://localhost:{installation.port}/oauth/{host.slug}/callback"
        assert Knowledge.GOOD in known[host.key]
        assert Knowledge.BAD not in known[host.key]
        assert states[host.key].count(f'"refs/tags/{EXAMPLE_TAG}"') == 1
    assert [each.stdout.strip() for each in tagged] == [f"Tagged {host.example} as {EXAMPLE_TAG}." for host in HOSTS]
    assert (code, left) == (0, {})


def test_the_command_allows_the_port_of_every_host() -> None:
    script = (ROOT / "scripts" / "demo").read_text(encoding="utf-8")

    for host in HOSTS:
        assert f'export {host.port_variable}="${{{host.port_variable}:-{host.usual_port}}}"' in script
        assert f'"${host.port_variable}"' in script.partition("for port in ")[2].partition(";")[0]


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: host.key)
def test_the_name_of_a_host_makes_the_callback_url_that_is_known_there(host: DemoHost) -> None:
    assert slug_for(host.name) == host.slug
    assert find_host(f"{host.prefix}{host.example}") == (host, host.example)


def test_a_tag_for_a_demo_that_does_not_run_says_so(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "var", DEMO_GITLAB_PORT=str(free_port()))

    result = installation.run(sys.executable, "-m", "scripts.demonstration", HOSTS[0].example, EXAMPLE_TAG)

    installation.clean_up()
    assert result.returncode == 1
    assert "Is `make demo` running?" in result.stderr
