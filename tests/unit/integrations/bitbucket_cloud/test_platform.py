"""How Bitbucket Cloud is offered: addresses, permissions with reasons, guide, kinds of credentials."""

import pytest

from integrations.bitbucket_cloud import api_root
from integrations.bitbucket_cloud.platform import BITBUCKET_CLOUD
from integrations.errors import ConnectionFailed
from integrations.platform_parts import Page, Use

CLOUD = "https://bitbucket.org"


def test_only_bitbucket_org_has_another_host_for_its_api() -> None:
    assert api_root(CLOUD) == "https://api.bitbucket.org"
    assert api_root("http://127.0.0.1:8123/") == "http://127.0.0.1:8123/!api"
    assert BITBUCKET_CLOUD.api_url(CLOUD) == "https://api.bitbucket.org/2.0"


def test_the_application_is_made_in_a_workspace_that_the_administrator_names() -> None:
    link = BITBUCKET_CLOUD.setup_link(CLOUD)

    assert link == "https://bitbucket.org/<WORKSPACE_NAME>/workspace/settings/oauth-consumers/new"


@pytest.mark.parametrize(
    ("uses", "scopes"),
    [
        ({Use.LOG_IN}, ["account", "email"]),
        ({Use.SYNCHRONIZE}, ["account", "email", "team", "repository"]),
        (set(Use), ["account", "email", "team", "repository", "webhook"]),
    ],
)
def test_permissions_follow_the_uses(uses: set[Use], scopes: list[str]) -> None:
    assert [scope.name for scope in BITBUCKET_CLOUD.scopes_for(uses)] == scopes


def test_a_wider_permission_stands_for_those_that_it_includes() -> None:
    wanted = [scope.name for scope in BITBUCKET_CLOUD.scopes_for(set(Use))]

    assert BITBUCKET_CLOUD.missing_scopes(wanted, ["account", "team", "pullrequest", "webhook"]) == ()
    assert BITBUCKET_CLOUD.missing_scopes(wanted, ["account:write", "team:write", "repository:admin"]) == (
        "repository",
        "webhook",
    )


def test_the_guide_says_that_permissions_are_fixed_there_and_copies_what_is_needed() -> None:
    assert [step.copies for step in BITBUCKET_CLOUD.guide if step.copies] == ["setup_link", "callback_url", "scopes"]
    assert any("can not be asked for later" in step.text for step in BITBUCKET_CLOUD.guide)


def test_logging_in_needs_no_pkce_and_names_no_scopes() -> None:
    endpoints = BITBUCKET_CLOUD.oauth_endpoints(CLOUD)

    assert endpoints.authorize == "https://bitbucket.org/site/oauth2/authorize"
    assert endpoints.token == "https://bitbucket.org/site/oauth2/access_token"
    assert (endpoints.client_authentication, endpoints.has_pkce, endpoints.asks_scopes) == ("basic", False, False)
    assert endpoints.revoke is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "  ", "bitbucket.org", "https://bitbucket.org/", "https://www.bitbucket.org", "http://bitbucket.org"),
        *(
            "https://api.bitbucket.org/2.0",
            "https://bitbucket.org/acme/workspace/overview",
            "bitbucket.org/acme/logging",
        ),
    ],
)
def test_any_page_of_bitbucket_leads_to_its_base_url(text: str) -> None:
    assert BITBUCKET_CLOUD.correct_base_url(text).url == CLOUD


def test_another_address_is_kept_with_advice() -> None:
    corrected = BITBUCKET_CLOUD.correct_base_url("http://127.0.0.1:8123/account/signin/")

    assert corrected.url == "http://127.0.0.1:8123"
    assert "Bitbucket Data Center / Server" in corrected.advice[-1]


def test_what_is_no_address_is_told() -> None:
    with pytest.raises(ConnectionFailed):
        BITBUCKET_CLOUD.correct_base_url("ssh://bitbucket.org")


def test_access_is_granted_on_pages_of_the_workspace_and_the_repository() -> None:
    group = "https://bitbucket.org/acme/workspace/settings/groups/backend"

    assert BITBUCKET_CLOUD.page_url(Page.TEAM_MEMBERS, f"{CLOUD}/acme") == f"{CLOUD}/acme/workspace/members"
    assert BITBUCKET_CLOUD.page_url(Page.TEAM_MEMBERS, group) == group
    assert BITBUCKET_CLOUD.page_url(Page.REPOSITORY_MEMBERS, f"{CLOUD}/acme/x") == f"{CLOUD}/acme/x/admin/permissions"
    assert BITBUCKET_CLOUD.page_url(Page.REPOSITORY_VISIBILITY, f"{CLOUD}/acme/x") == f"{CLOUD}/acme/x/admin"
    assert BITBUCKET_CLOUD.page_url(Page.REPOSITORY_HOOKS, f"{CLOUD}/acme/x") == f"{CLOUD}/acme/x/admin/webhooks"


def test_an_app_password_is_recognized_and_explained() -> None:
    kind = BITBUCKET_CLOUD.stored_kinds[0]

    assert "app password" in BITBUCKET_CLOUD.explain_secret(kind, "ATBBabcdef")
    assert BITBUCKET_CLOUD.explain_secret(kind, "ATATTabcdef") == ""


def test_each_kind_of_token_goes_to_git_with_its_own_name() -> None:
    names = {kind.key: (kind.sends, kind.git_username) for kind in BITBUCKET_CLOUD.stored_kinds}

    assert names == {
        "api_token": ("basic", "x-bitbucket-api-token-auth"),
        "access_token": ("bearer", "x-token-auth"),
    }
