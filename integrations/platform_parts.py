"""What a platform must bring to be offered: names, addresses, scopes, a guide, and how to open and examine a host."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from integrations.addresses import OutboundPolicy
from integrations.answer_store import AnswerStore
from integrations.codehost import CodeHost, HostVersion
from integrations.errors import Diagnosis
from integrations.http import Check, HttpClient, Limits, Sign, Timing
from integrations.oauth import OAuthEndpoints
from integrations.oauth1 import OAuth1Endpoints
from integrations.request_count import RequestCount
from integrations.stored_kinds import AppParts, StoredKind


class Use(StrEnum):
    """What an integration is used for."""

    LOG_IN = "log_in"
    SYNCHRONIZE = "synchronize"
    INSTALL_WEBHOOKS = "install_webhooks"


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope of the OAuth application, and why it is needed."""

    name: str
    reason: str
    used_for: Use


@dataclass(frozen=True, slots=True)
class GuideStep:
    """One step on the host's pages. `copies` names what is to be copied in it, if anything."""

    text: str
    copies: Literal[
        "", "setup_link", "callback_url", "scopes", "consumer_key", "consumer_name", "public_key", "our_url"
    ] = ""


@dataclass(frozen=True, slots=True)
class Application:
    """What the host is told about our application where it is made."""

    name: str
    url: str
    callback_url: str


@dataclass(frozen=True, slots=True)
class CorrectedUrl:
    """A base URL as it should be, and what was changed about it, for the administrator."""

    url: str
    advice: tuple[str, ...] = ()


class Page(StrEnum):
    """A page of the host where access is granted, or webhooks are made."""

    TEAM_MEMBERS = "team_members"
    REPOSITORY_MEMBERS = "repository_members"
    REPOSITORY_VISIBILITY = "repository_visibility"  # who may see it, and whether its code is switched on
    REPOSITORY_HOOKS = "repository_hooks"
    ORGANIZATION_HOOKS = "organization_hooks"


@dataclass(frozen=True, slots=True)
class HookGuide:
    """How a webhook is made by hand, in the words of the host's page."""

    secret: str  # what the field is called
    repository_events: str  # what to tick for a repository
    organization_events: str  # and for everything below the root
    more: str = ""  # what else has to be chosen there


class ErrorPage(StrEnum):
    """What a page of the host complains about when it does not send the browser back."""

    CALLBACK = "callback"
    SCOPES = "scopes"
    CLIENT = "client"


class Knowledge(StrEnum):
    """What a check could find out."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check of the OAuth application. `diagnosis` is set when it is bad."""

    subject: str
    knowledge: Knowledge
    text: str
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True)
class ClientCheck:
    """What is to be checked about an OAuth application before it is saved."""

    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    scopes: tuple[str, ...]
    now: datetime
    oauth_version: int = 2  # 1: the ID is the consumer key, the secret our private key


@dataclass(frozen=True, slots=True)
class HostAccess:
    """Everything that it takes to talk to one host with one credential.

    `authorization` is for credentials that are no bearer tokens: the header's value, or what makes it from method and
    URL. Drivers that need the credential itself (for git) read `access_token` and `username`.
    """

    base_url: str
    access_token: str = field(repr=False)
    policy: OutboundPolicy
    ca_pem: str = field(default="", repr=False)
    limits: Limits = field(default_factory=Limits)
    timing: Timing = field(default_factory=Timing)
    count: RequestCount = field(default_factory=RequestCount)
    answers: AnswerStore | None = None  # None: nothing is kept
    reserve: float = 0.0  # the share of the rate limit that is left to others
    authorization: str | Sign = field(default="", repr=False)
    username: str = ""  # whose password or token it is, where git wants to know

    def open_client(
        self, url: str, *, headers: Mapping[str, str] | None = None, check: Check | None = None
    ) -> HttpClient:
        """A client that sends the credential; `headers` and `check` as for `HttpClient`. Raises Refused."""
        return HttpClient(
            url,
            policy=self.policy,
            authorization=self.authorization or f"Bearer {self.access_token}",
            headers=headers,
            check=check,
            ca_pem=self.ca_pem,
            limits=self.limits,
            timing=self.timing,
            count=self.count,
            answers=self.answers,
            reserve=self.reserve,
        )


@dataclass(frozen=True, slots=True)
class Platform:
    """One entry of the platform list. Functions take the integration's base URL."""

    key: str
    label: str
    default_base_url: str
    default_login_policy: Literal["members", "everyone"]
    lowest_version: tuple[int, int]
    shows_organizations_as: str  # the host's word, for "choose a …"
    why_unlisted: str  # what to look at when one is not offered
    reading_role: str  # the lowest usual role that reads private code
    page_url: Callable[[Page, str], str]  # of an organization, team or repository with this page of its own
    hook_guide: HookGuide
    setup_links: Callable[[str], tuple[tuple[str, str], ...]]  # (label, address), the usual one first
    api_url: Callable[[str], str]
    oauth_endpoints: Callable[[str], OAuthEndpoints]
    scopes_for: Callable[[Collection[Use]], tuple[Scope, ...]]
    guide: tuple[GuideStep, ...]
    correct_base_url: Callable[[str], CorrectedUrl]
    probe: Callable[[HttpClient], HostVersion]  # client below the base URL, without a credential
    check_client: Callable[[HttpClient, ClientCheck], tuple[Finding, ...]]
    open_code_host: Callable[[HostAccess], CodeHost]
    read_version: Callable[[HostAccess], HostVersion]
    is_base_url_fixed: bool = False
    reads_by_home: bool = True  # whether a person can be given a role in what repositories live in that reads them
    has_unique_logins: bool = True  # False: people choose them as they like, so only the remote id says who it is
    own_access_scopes: tuple[str, ...] = ()  # asked at logins only while nothing but people's own tokens tells access
    expand_scopes: Callable[[Iterable[str]], frozenset[str]] = frozenset  # granted ones with all that they include
    url_example: str = ""  # of a base URL, shown in the empty field
    words_of_errors: Mapping[ErrorPage, str] = field(default_factory=dict)  # as the host's own pages say it
    prefill: Callable[[str, Application], str] | None = None  # a setup link with our application already typed in
    oauth1_endpoints: Callable[[str], OAuth1Endpoints] | None = None  # where servers may be too old for OAuth 2
    find_oauth_version: Callable[[HttpClient], int | None] | None = None  # 1 or 2; None: the server does not say
    oauth1_guide: tuple[GuideStep, ...] = ()
    stored_kinds: tuple[StoredKind, ...] = ()  # what an organization can store in place of somebody's login
    explain_secret: Callable[[StoredKind, str], str] = lambda _kind, _secret: ""  # why a pasted secret will not do
    app: AppParts | None = None
    revoke_token: Callable[[HttpClient, str, str], None] | None = None  # client at the API, our ID, the token

    @property
    def product(self) -> str:
        """What people call it, as a name for an integration."""
        return self.label.partition(" ")[0]

    def missing_scopes(self, wanted: Iterable[str], granted: Iterable[str]) -> tuple[str, ...]:
        """The wanted scopes that are neither granted nor included in a granted one, in the order of `wanted`."""
        held = self.expand_scopes(granted)
        return tuple(dict.fromkeys(scope for scope in wanted if scope not in held))

    def setup_link(self, base_url: str) -> str:
        """The page of the host where the OAuth application is made."""
        return self.setup_links(base_url)[0][1]
