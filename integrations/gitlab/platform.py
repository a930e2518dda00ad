"""How GitLab is offered to an administrator: its two platform entries, scopes, addresses and guide."""

import re
from collections.abc import Collection
from dataclasses import replace

from integrations.base_urls import correct_base_url
from integrations.gitlab import API
from integrations.gitlab.driver import open_gitlab, read_gitlab_version
from integrations.gitlab.probe import check_gitlab_client, probe_gitlab
from integrations.oauth import OAuthEndpoints
from integrations.platform_parts import CorrectedUrl, ErrorPage, GuideStep, HookGuide, Page, Platform, Scope, Use
from integrations.stored_kinds import StoredKind

CLOUD = "https://gitlab.com"
LOWEST_VERSION = (15, 5)  # the first with `personal_access_tokens/self` and the headers that we rely on
_PAGES = re.compile(
    r"/+(api(/v4|/graphql)?|users/sign_in|users|login|oauth|admin|dashboard|explore|help|profile|groups|-|\.well-known)"
    r"(/.*)?$"
)
_SCOPES = (
    Scope("read_user", "to know who logs in", Use.LOG_IN),
    Scope("read_api", "to read groups, members, projects and composer.json files", Use.SYNCHRONIZE),
    Scope("read_repository", "to fetch the code of packages with git", Use.SYNCHRONIZE),
    Scope("api", "to create and repair webhooks; GitLab has no narrower scope for it", Use.INSTALL_WEBHOOKS),
)
_BELOW = {
    Page.TEAM_MEMBERS: "/-/group_members",
    Page.REPOSITORY_MEMBERS: "/-/project_members",
    Page.REPOSITORY_VISIBILITY: "/edit#js-shared-permissions",
    Page.REPOSITORY_HOOKS: "/-/hooks",
    Page.ORGANIZATION_HOOKS: "/-/hooks",
}
_HOOK_GUIDE = HookGuide(
    secret="Secret token",  # noqa: S106
    repository_events="Push events, Tag push events and Releases events",
    organization_events="Push events, Tag push events, Releases events, Member events, Subgroup events and Project "
    "events",
)
_WORDS_OF_ERRORS = {
    ErrorPage.CALLBACK: "“The redirect URI included is not valid”",
    ErrorPage.SCOPES: "“The requested scope is invalid, unknown, or malformed”",
    ErrorPage.CLIENT: "“Client authentication failed due to unknown client”",
}
_STORED_KINDS = (
    StoredKind(
        key="access_token",
        label="Access token",
        where="An access token of the group (Settings, Access tokens) does not depend on a person. Give it the role "
        "Owner and the scopes api and read_repository. A personal token of an owner works as well.",
        asks_for="Access token",
        git_username="oauth2",
    ),
)
_FIRST_STEPS = {
    "gitlab": "Open the page on GitLab where applications of your account are made. An application of a group, under "
    "the group's Settings, does not depend on your own account.",
    "gitlab_self_managed": "Open the page of your GitLab where applications are made. As an administrator of GitLab "
    "use the Admin area, so that the application does not depend on anybody's account.",
}
_OTHER_STEPS = (
    GuideStep("Give it a name that people recognize: they see it when they log in for the first time."),
    GuideStep("Paste this address as the Redirect URI.", "callback_url"),
    GuideStep("Keep Confidential ticked; in the Admin area, leave Trusted unticked."),
    GuideStep("Tick exactly these scopes. A scope that is not ticked there can not be asked for later.", "scopes"),
    GuideStep("Save, then copy the Application ID and the Secret into this form. GitLab shows the secret only once."),
)


def scopes_for(uses: Collection[Use]) -> tuple[Scope, ...]:
    """The scopes for what the integration is used for. Whoever synchronizes also has to be known."""
    return tuple(scope for scope in _SCOPES if scope.used_for in uses or scope.used_for is Use.LOG_IN)


def oauth_endpoints(base_url: str) -> OAuthEndpoints:
    """GitLab's OAuth addresses."""
    return OAuthEndpoints(
        issuer=base_url,
        authorize=f"{base_url}/oauth/authorize",
        token=f"{base_url}/oauth/token",
        revoke=f"{base_url}/oauth/revoke",
    )


def correct_gitlab_url(text: str) -> CorrectedUrl:
    """The base URL of a self-managed GitLab in what was pasted. Raises ConnectionFailed at the stage "address"."""
    corrected = correct_base_url(text, pages=_PAGES, product="GitLab")
    if corrected.url == CLOUD:
        return CorrectedUrl(corrected.url, (*corrected.advice, "This is GitLab.com: choose the platform GitLab."))
    return corrected


def page_url(page: Page, url: str) -> str:
    """A page below that of a group or project."""
    return f"{url.rstrip('/')}{_BELOW[page]}"


def _cloud_url(_text: str) -> CorrectedUrl:
    return CorrectedUrl(CLOUD)


def _api_url(base_url: str) -> str:
    return f"{base_url}{API}"


def _own_applications(base_url: str) -> tuple[str, str]:
    return "Applications of your account", f"{base_url}/-/user_settings/applications"


def _cloud_links(base_url: str) -> tuple[tuple[str, str], ...]:
    return (
        _own_applications(base_url),
        ("Applications of a group", f"{base_url}/groups/<GROUP_PATH>/-/settings/applications"),
    )


def _self_managed_links(base_url: str) -> tuple[tuple[str, str], ...]:
    return ("Applications in the Admin area", f"{base_url}/admin/applications"), _own_applications(base_url)


def _guide(key: str) -> tuple[GuideStep, ...]:
    return GuideStep(_FIRST_STEPS[key], "setup_link"), *_OTHER_STEPS


GITLAB = Platform(
    key="gitlab",
    label="GitLab",
    default_base_url=CLOUD,
    is_base_url_fixed=True,
    default_login_policy="members",
    lowest_version=LOWEST_VERSION,
    shows_organizations_as="group",
    why_unlisted="Groups are offered to those who are Owner of them, directly or by a group above.",
    reading_role="Reporter",
    page_url=page_url,
    hook_guide=_HOOK_GUIDE,
    setup_links=_cloud_links,
    api_url=_api_url,
    oauth_endpoints=oauth_endpoints,
    scopes_for=scopes_for,
    guide=_guide("gitlab"),
    correct_base_url=_cloud_url,
    probe=probe_gitlab,
    check_client=check_gitlab_client,
    open_code_host=open_gitlab,
    read_version=read_gitlab_version,
    url_example="https://gitlab.example.com",
    words_of_errors=_WORDS_OF_ERRORS,
    stored_kinds=_STORED_KINDS,
)
GITLAB_SELF_MANAGED = replace(
    GITLAB,
    key="gitlab_self_managed",
    label="GitLab Self-Managed",
    default_base_url="",
    is_base_url_fixed=False,
    default_login_policy="everyone",
    setup_links=_self_managed_links,
    guide=_guide("gitlab_self_managed"),
    correct_base_url=correct_gitlab_url,
)
