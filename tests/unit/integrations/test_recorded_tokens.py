"""Token answers as each host sends them: read without loss."""

import json
from datetime import timedelta

import pytest

from integrations.oauth import OAuthClient, OAuthTokens, exchange_code, open_token_client
from integrations.platforms import PLATFORMS
from tests.recorded import DATA
from tests.unit.integrations.clients import NOW, loopback_policy
from tests.unit.integrations.scripted_server import answer, scripted_server

CLIENT = OAuthClient("our-id", "our-secret", "https://repertory.test/oauth/host/callback")
SCOPES = {
    "github_enterprise_server": ("github", {"read:org", "repo"}),
    "gitlab_self_managed": ("gitlab", {"asked"}),  # it says none: those that were asked for
    "bitbucket_data_center": ("bitbucket_dc", {"REPO_READ"}),
    "bitbucket": ("bitbucket_cloud", {"account", "email", "repository", "webhook"}),
}


@pytest.mark.parametrize("platform", SCOPES)
def test_the_token_answer_of_a_host_is_read_without_loss(platform: str) -> None:
    folder, scopes = SCOPES[platform]
    recorded = json.loads((DATA / folder / "oauth.json").read_text(encoding="utf-8"))["token"]

    with (
        scripted_server(answer(json.dumps(recorded))) as server,
        open_token_client(server.url, policy=loopback_policy(server.port)) as http,
    ):
        endpoints = PLATFORMS[platform].oauth_endpoints(server.url)
        found = exchange_code(
            http, endpoints, CLIENT, code="the-code", code_verifier="v" * 64, scopes=["asked"], now=NOW
        )

    lifetime = recorded.get("expires_in")
    assert found == OAuthTokens(
        recorded["access_token"],
        recorded.get("refresh_token"),
        frozenset(scopes),
        None if lifetime is None else NOW + timedelta(seconds=lifetime),
    )
