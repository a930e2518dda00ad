"""The platforms that are offered, their scopes and addresses, and base URLs as people paste them."""

from dataclasses import replace

import pytest

from integrations.codehost import HostVersion
from integrations.errors import ConnectionFailed, Stage
from integrations.platforms import PLATFORMS, HostAccess, Platform, Use, diagnose_version
from tests.unit.integrations.clients import loopback_policy

CLOUD, OWN = PLATFORMS["gitlab"], PLATFORMS["gitlab_self_managed"]
BASE = "https://git.example.test/gitlab"


def test_both_gitlabs_are_offered_under_their_labels() -> None:
    assert [(platform.key, platform.label) for platform in (CLOUD, OWN)] == [
        ("gitlab", "GitLab"),
        ("gitlab_self_managed", "GitLab Self-Managed"),
    ]
    assert (CLOUD.default_base_url, CLOUD.is_base_url_fixed) == ("https://gitlab.com", True)
    assert (CLOUD.default_login_policy, OWN.default_login_policy) == ("members", "everyone")


def test_every_platform_is_listed_by_its_key_with_all_that_the_form_needs() -> None:
    for key, platform in PLATFORMS.items():
        base = platform.default_base_url or "https://code.example.test/sub"

        assert platform.key == key
        assert platform.label.startswith(platform.product)
        assert platform.correct_base_url(base).url == base
        assert all(address.startswith("https://") for _, address in platform.setup_links(base))
        assert {step.copies for step in platform.guide} >= {"setup_link", "callback_url", "scopes"}
        assert all(scope.reason for scope in platform.scopes_for(list(Use)))
        assert {scope.name for scope in platform.scopes_for([Use.LOG_IN])} <= platform.expand_scopes(
            scope.name for scope in platform.scopes_for(list(Use))
        )
        kinds = [kind.key for kind in platform.stored_kinds]
        assert kinds
        assert len(kinds) == len(set(kinds))


def test_scopes_follow_from_what_the_integration_is_used_for() -> None:
    def names(*uses: Use) -> list[str]:
        return [scope.name for scope in OWN.scopes_for(uses)]

    assert names(Use.LOG_IN) == ["read_user"]
    assert names(Use.SYNCHRONIZE) == ["read_user", "read_api", "read_repository"]
    assert names(Use.LOG_IN, Use.INSTALL_WEBHOOKS) == ["read_user", "api"]
    assert names(*Use) == ["read_user", "read_api", "read_repository", "api"]
    assert all(scope.reason for scope in OWN.scopes_for(list(Use)))


def test_a_granted_scope_stands_for_those_that_it_includes() -> None:
    includes = {"repo": {"repo_hook", "public_repo"}}
    platform = replace(OWN, expand_scopes=lambda granted: frozenset(granted).union(*(includes[it] for it in granted)))

    assert platform.missing_scopes(["repo_hook", "admin", "repo", "admin"], ["repo"]) == ("admin",)
    assert OWN.missing_scopes(["read_user", "api"], {"read_user"}) == ("api",)


def test_addresses_are_below_the_base_url() -> None:
    assert OWN.setup_link(BASE) == f"{BASE}/admin/applications"
    assert CLOUD.setup_link("https://gitlab.com") == "https://gitlab.com/-/user_settings/applications"
    assert OWN.api_url(BASE) == f"{BASE}/api/v4"
    endpoints = OWN.oauth_endpoints(BASE)
    assert (endpoints.issuer, endpoints.token) == (BASE, f"{BASE}/oauth/token")
    assert all(link.startswith(BASE) for _, link in OWN.setup_links(BASE))


@pytest.mark.parametrize("platform", list(PLATFORMS.values()), ids=lambda platform: platform.key)
def test_the_guide_names_everything_that_is_to_be_copied(platform: Platform) -> None:
    assert {step.copies for step in platform.guide} == {"", "setup_link", "callback_url", "scopes"}


@pytest.mark.parametrize(
    ("text", "url", "advice"),
    [
        ("https://git.example.test", "https://git.example.test", []),
        ("git.example.test", "https://git.example.test", ["https:// was added"]),
        (" https://Git.Example.test/ ", "https://git.example.test", []),
        ("https://git.example.test/api/v4", "https://git.example.test", ["/api/v4 was removed"]),
        ("https://git.example.test/api/v4/projects", "https://git.example.test", ["/api/v4/projects was removed"]),
        ("https://git.example.test/login", "https://git.example.test", ["/login was removed"]),
        ("https://git.example.test/users/sign_in?x=1#y", "https://git.example.test", ["? or #", "was removed"]),
        ("https://git.example.test/-/user_settings/applications", "https://git.example.test", ["was removed"]),
        ("https://git.example.test/admin/applications/new", "https://git.example.test", ["was removed"]),
        (BASE, BASE, ["/gitlab was kept"]),
        (f"{BASE}/", BASE, ["/gitlab was kept"]),
        (f"{BASE}/users/sign_in", BASE, ["was removed", "was kept"]),
        ("git.example.test:8443/gitlab", "https://git.example.test:8443/gitlab", ["was added", "was kept"]),
        ("//git.example.test", "https://git.example.test", ["was added"]),
        ("http://git.example.test", "http://git.example.test", ["OUTBOUND_ALLOW"]),
        ("https://git.example.test/administration", "https://git.example.test/administration", ["was kept"]),
        ("https://gitlab.com/", "https://gitlab.com", ["choose the platform GitLab"]),
    ],
)
def test_a_pasted_address_is_corrected_with_advice(text: str, url: str, advice: list[str]) -> None:
    corrected = OWN.correct_base_url(text)

    assert corrected.url == url
    assert len(corrected.advice) == len(advice)
    for words, given in zip(advice, corrected.advice, strict=True):
        assert words in given


def test_correcting_twice_changes_nothing_more() -> None:
    once = OWN.correct_base_url("git.example.test/gitlab/api/v4/").url

    assert OWN.correct_base_url(once).url == once


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "https://",
            "https://user:hunter2@git.example.test",
            "ssh://git.example.test",
            "ftp://git.example.test",
        ),
        *("https://git example.test", "https://git.example.test:99999", "https://[::1", "git@git.example.test:x/y.git"),
    ],
)
def test_what_can_not_be_a_base_url_is_diagnosed(text: str) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        OWN.correct_base_url(text)

    assert caught.value.diagnosis.stage is Stage.ADDRESS
    assert "hunter2" not in f"{caught.value}{caught.value.diagnosis}"


def test_the_cloud_has_one_address() -> None:
    assert CLOUD.correct_base_url("https://elsewhere.test").url == "https://gitlab.com"


@pytest.mark.parametrize(
    ("version", "is_good"),
    [("18.5.0-ee", True), ("15.5.0", True), ("15.4.9", False), ("9.5.1", False), ("", True), ("unknown", True)],
)
def test_old_versions_are_told_what_they_need(version: str, is_good: bool) -> None:
    diagnosis = diagnose_version(OWN, HostVersion("GitLab", version))

    assert (diagnosis is None) is is_good
    if diagnosis is not None:
        assert diagnosis.stage is Stage.VERSION
        assert "15.5" in diagnosis.fix


def test_a_token_is_not_shown() -> None:
    access = HostAccess(BASE, "glpat-hunter2", loopback_policy(1))

    assert "hunter2" not in repr(access)
    with access.open_client(BASE) as client:
        assert "hunter2" not in repr(client)
