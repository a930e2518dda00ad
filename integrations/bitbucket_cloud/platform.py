"""How Bitbucket Cloud is offered to an administrator: its platform entry, scopes, addresses and guide."""

import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from integrations.base_urls import correct_base_url
from integrations.bitbucket_cloud import CLOUD, api_root
from integrations.bitbucket_cloud.driver import open_bitbucket_cloud, read_bitbucket_cloud_version
from integrations.bitbucket_cloud.probe import check_bitbucket_cloud_client, probe_bitbucket_cloud
from integrations.bitbucket_cloud.source import OTHER_TOKENS
from integrations.oauth import ClientAuthentication, OAuthEndpoints
from integrations.platform_parts import CorrectedUrl, GuideStep, HookGuide, Page, Platform, Scope, Use
from integrations.stored_kinds import StoredKind

_HOSTS = frozenset({"bitbucket.org", "www.bitbucket.org", "api.bitbucket.org"})
_PAGES = re.compile(r"/+(account|dashboard|site|!api|repo|2\.0|[^/]+/workspace)(/.*)?$")
_SCOPES = (
    Scope("account", "“Account: Read”, to know who logs in, and who is in a workspace", Use.LOG_IN),
    Scope("email", "“Account: Email”, to show the confirmed addresses of whoever logs in", Use.LOG_IN),
    Scope("team", "“Workspace membership: Read”, to find workspaces, their members and groups", Use.SYNCHRONIZE),
    Scope("repository", "“Repositories: Read”, for repositories, who may read them, and their code", Use.SYNCHRONIZE),
    Scope("webhook", "“Webhooks: Read and write”, to create and repair webhooks", Use.INSTALL_WEBHOOKS),
)
_INCLUDED = {
    "account:write": ("account", "email"),
    "account": ("email",),
    "team:write": ("team",),
    "project": ("repository",),
    "project:write": ("project", "repository"),
    "repository:write": ("repository",),
    "pullrequest": ("repository",),
    "pullrequest:write": ("pullrequest", "repository"),
}
_STORED_KINDS = (
    StoredKind(
        "api_token",
        "API token",
        "Of an account that stays when people leave: id.atlassian.com, Security, API tokens, Create API token with "
        "scopes, for the app Bitbucket. Choose read:user:bitbucket, read:workspace:bitbucket, "
        "read:repository:bitbucket, read:project:bitbucket, read:webhook:bitbucket and write:webhook:bitbucket.",
        "API token",
        username_label="E-mail address of the Atlassian account",
        sends="basic",
        git_username="x-bitbucket-api-token-auth",
    ),
    StoredKind(
        "access_token",
        "Access token",
        "Of the workspace: its settings, Access tokens, with the permissions Account: Read and Repositories: Read. It "
        "reads code and sees who is a member, but is not shown who may read what, and installs no webhooks: what is "
        "known of people stays as it is, and nobody is removed.",
        "Access token",
        git_username=OTHER_TOKENS,
        names_account=False,
    ),
)
_APP_PASSWORD = "ATBB"  # noqa: S105 - what they began with
_HOOK_PAGES = {Page.REPOSITORY_HOOKS: "/admin/webhooks", Page.ORGANIZATION_HOOKS: "/workspace/settings/webhooks"}
_HOOK_GUIDE = HookGuide(
    secret="Secret",  # noqa: S106
    repository_events="Push, Updated and Deleted of the repository",
    organization_events="Push, Created, Updated, Deleted and Transferred of the repository",
    more="Choose from the full list of triggers. Bitbucket delivers to public addresses only.",
)
_GUIDE = (
    GuideStep(
        "Open the page on Bitbucket where OAuth consumers are made: of the workspace that you want to synchronize, or "
        "of any other that your company keeps. Put its name, as it is in its address, in place of <WORKSPACE_NAME>.",
        "setup_link",
    ),
    GuideStep("Give it a name that people recognize: they see it when they log in for the first time."),
    GuideStep("Paste this address as the Callback URL.", "callback_url"),
    GuideStep("Tick “This is a private consumer”."),
    GuideStep(
        "Tick exactly these permissions. Bitbucket fixes them here, for everybody: what is not ticked can not be asked "
        "for later, and after a change everybody has to log in again.",
        "scopes",
    ),
    GuideStep("Save, click on the consumer's name in the list, and copy Key and Secret into this form."),
)


def scopes_for(uses: Collection[Use]) -> tuple[Scope, ...]:
    """The permissions to tick for what the integration is used for. Whoever synchronizes also has to be known."""
    return tuple(scope for scope in _SCOPES if scope.used_for in uses or scope.used_for is Use.LOG_IN)


def expand_scopes(granted: Iterable[str]) -> frozenset[str]:
    """Granted scopes with those that they include. Administering repositories includes reading none of them."""
    scopes = frozenset(granted)
    return scopes.union(*(_INCLUDED.get(scope, ()) for scope in scopes))


def explain_secret(_kind: StoredKind, secret: str) -> str:
    """Why a pasted secret will not do; "" when nothing speaks against it."""
    if secret.startswith(_APP_PASSWORD):
        return "This is an app password. Bitbucket accepts none since July 2026: make an API token instead."
    return ""


def oauth_endpoints(base_url: str) -> OAuthEndpoints:
    """Bitbucket Cloud's OAuth addresses. There is none to revoke a token."""
    return OAuthEndpoints(
        issuer=base_url,
        authorize=f"{base_url}/site/oauth2/authorize",
        token=f"{base_url}/site/oauth2/access_token",
        client_authentication=ClientAuthentication.BASIC,
        has_pkce=False,
        asks_scopes=False,
    )


def correct_bitbucket_url(text: str) -> CorrectedUrl:
    """Nearly always https://bitbucket.org, whichever of its pages was pasted, or none at all.

    Raises ConnectionFailed at the stage "address" for what can not be a base URL.
    """
    if not text.strip():
        return CorrectedUrl(CLOUD)
    corrected = correct_base_url(text, pages=_PAGES, product="Bitbucket")
    if urlsplit(corrected.url).hostname not in _HOSTS:
        advice = f"Bitbucket Cloud is at {CLOUD}: for a Bitbucket of your own choose Bitbucket Data Center / Server."
        return CorrectedUrl(corrected.url, (*corrected.advice, advice))
    if corrected.url == CLOUD:
        return corrected
    return CorrectedUrl(CLOUD, (f"The base URL of Bitbucket Cloud is {CLOUD}.",))


def page_url(page: Page, url: str) -> str:
    """A page below that of a workspace or repository; a group's own page shows its members."""
    address = url.rstrip("/")
    if page is Page.TEAM_MEMBERS:
        return address if "/workspace/settings/groups/" in address else f"{address}/workspace/members"
    if page in _HOOK_PAGES:
        return f"{address}{_HOOK_PAGES[page]}"
    return f"{address}/admin/permissions" if page is Page.REPOSITORY_MEMBERS else f"{address}/admin"


def _setup_links(base_url: str) -> tuple[tuple[str, str], ...]:
    address = f"{base_url}/<WORKSPACE_NAME>/workspace/settings/oauth-consumers/new"
    return (("OAuth consumers of a workspace", address),)


def _api_url(base_url: str) -> str:
    return f"{api_root(base_url)}/2.0"


BITBUCKET_CLOUD = Platform(
    key="bitbucket",
    label="Bitbucket",
    default_base_url=CLOUD,
    default_login_policy="members",
    lowest_version=(0, 0),
    shows_organizations_as="workspace",
    why_unlisted="Workspaces are offered to their administrators.",
    reading_role="Read",
    page_url=page_url,
    hook_guide=_HOOK_GUIDE,
    setup_links=_setup_links,
    api_url=_api_url,
    oauth_endpoints=oauth_endpoints,
    scopes_for=scopes_for,
    guide=_GUIDE,
    correct_base_url=correct_bitbucket_url,
    probe=probe_bitbucket_cloud,
    check_client=check_bitbucket_cloud_client,
    open_code_host=open_bitbucket_cloud,
    read_version=read_bitbucket_cloud_version,
    reads_by_home=False,
    has_unique_logins=False,
    expand_scopes=expand_scopes,
    url_example=CLOUD,
    stored_kinds=_STORED_KINDS,
    explain_secret=explain_secret,
)
