"""Examine what an integration form says before it is saved: can the host be reached, is it what it should be?

Talks to the host: never call it with an open transaction.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from urllib.parse import urlsplit

from admin.oauth_check import KEYS, check_oauth, find_version
from integrations.addresses import OutboundPolicy
from integrations.errors import CodeHostError, ConnectionFailed, Diagnosis, Refused, Stage, UnexpectedResponse
from integrations.http import HttpClient
from integrations.oauth import open_token_client
from integrations.platform_parts import ClientCheck, Finding, Knowledge, Platform
from integrations.platforms import PLATFORMS, diagnose_version
from integrations.urls import parse_url

MOST_SKEW = timedelta(minutes=2)
TITLES = {
    Stage.ADDRESS: "Address",
    Stage.DNS: "Name",
    Stage.CONNECT: "Connection",
    Stage.TLS: "TLS",
    Stage.HTTP: "Answer",
    Stage.PRODUCT: "Product",
    Stage.VERSION: "Version",
    Stage.CREDENTIALS: "Client ID and secret",
    Stage.SCOPES: "Scopes",
}
REACHED = {
    Stage.ADDRESS: "{url} may be connected to.",
    Stage.DNS: "{host} is known here.",
    Stage.CONNECT: "{host} accepts connections on port {port}.",
    Stage.TLS: "The certificate is trusted.",
    Stage.HTTP: "The server answers.",
}


class Verdict(StrEnum):
    """How one stage went. The values are kinds of the status mark."""

    GOOD = "ok"
    BAD = "error"
    DOUBTFUL = "warning"
    UNKNOWN = "unknown"
    NOT_REACHED = "off"


@dataclass(frozen=True, slots=True)
class Line:
    """One stage of the examination."""

    title: str
    verdict: Verdict
    text: str = ""
    fix: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """All stages in order, and what forbids to save."""

    lines: tuple[Line, ...]
    problems: tuple[Diagnosis, ...] = ()
    warnings: tuple[str, ...] = ()
    version: str = ""
    knows_our_keys: bool = False  # of OAuth 1: the host has them

    @property
    def is_good(self) -> bool:
        """Whether nothing was found that is wrong."""
        return not self.problems


def examine(
    platform: Platform,
    base_url: str,
    *,
    policy: OutboundPolicy,
    ca_pem: str,
    client: ClientCheck | None,
    oauth_version: int = 2,
) -> Examination:
    """Try everything that can be tried without a login. `client` is None while there is no client ID and secret."""
    if other := _platform_with_this_address(platform, base_url):
        problem = f"{base_url} is {other.label}."
        return _failed(base_url, Diagnosis(Stage.PRODUCT, problem, f"Choose the platform {other.label}."))
    try:
        with open_token_client(base_url, policy=policy, ca_pem=ca_pem) as http:
            return _examine_host(platform, http, client, oauth_version)
    except CodeHostError as error:
        return _failed(base_url, _blame_proxy(diagnose(error), base_url, policy))


def diagnose(error: CodeHostError) -> Diagnosis:
    """The stage and the fix of anything that can happen on the way to a host."""
    if isinstance(error, ConnectionFailed):
        return error.diagnosis
    if isinstance(error, Refused):
        problem, _, fix = str(error).partition(": ")
        fix = fix or "choose another address"
        return Diagnosis(Stage.ADDRESS, f"{problem}.", f"{fix[:1].upper()}{fix[1:]}.")
    if isinstance(error, UnexpectedResponse):
        return Diagnosis(Stage.PRODUCT, "The answer is not that of a code host.", "Check the address.", str(error))
    fix = "Try again. If it stays like this, look at the host, and at firewalls and proxies between it and this server."
    return Diagnosis(Stage.HTTP, "The server took the connection but gave no usable answer.", fix, str(error))


def _examine_host(platform: Platform, http: HttpClient, client: ClientCheck | None, oauth_version: int) -> Examination:
    found = platform.probe(http)
    too_old = diagnose_version(platform, found)
    if too_old is not None:
        return _failed(str(http.base), too_old)
    version = Line(
        TITLES[Stage.VERSION],
        Verdict.GOOD if found.version else Verdict.UNKNOWN,
        f"{found.product} {found.version}".strip() if found.version else "The host tells it after a login only.",
    )
    findings = find_version(platform, http, oauth_version=oauth_version)
    if not any(finding.diagnosis for finding in findings):
        findings += (
            check_oauth(platform, http, client, oauth_version=oauth_version) if client else _not_asked(oauth_version)
        )
    skew = _clock_line(http)
    return Examination(
        lines=(
            *_reached(str(http.base), until=Stage.PRODUCT),
            Line(TITLES[Stage.PRODUCT], Verdict.GOOD, f"This is a {found.product}."),
            version,
            *(_finding_line(finding) for finding in findings),
            skew,
        ),
        problems=tuple(finding.diagnosis for finding in findings if finding.diagnosis is not None),
        warnings=(f"{skew.text} {skew.fix}",) if skew.verdict is Verdict.DOUBTFUL else (),
        version=found.version,
        knows_our_keys=any(it.subject == KEYS and it.knowledge is Knowledge.GOOD for it in findings),
    )


def _clock_line(http: HttpClient) -> Line:
    """Compare the host's clock with ours: tokens and certificates depend on both."""
    try:
        told = parsedate_to_datetime(http.look("/").headers.get("date", ""))
    except (CodeHostError, ValueError, TypeError):
        return Line("Clock", Verdict.UNKNOWN, "The host does not tell its time.")
    skew = abs((told if told.tzinfo else told.replace(tzinfo=UTC)) - datetime.now(UTC))
    if skew <= MOST_SKEW:
        return Line("Clock", Verdict.GOOD, "Both clocks agree.")
    minutes = round(skew.total_seconds() / 60)
    return Line(
        "Clock",
        Verdict.DOUBTFUL,
        f"The clocks of this server and of {http.base.host} are {minutes} minutes apart.",
        "Set both by a time server (NTP): logins and certificates depend on the time.",
    )


def _failed(base_url: str, diagnosis: Diagnosis) -> Examination:
    stages = list(Stage)
    if not base_url.startswith("https:") and diagnosis.stage is not Stage.TLS:
        stages.remove(Stage.TLS)
    failed = Line(TITLES[diagnosis.stage], Verdict.BAD, diagnosis.problem, diagnosis.fix, diagnosis.detail)
    rest = stages[stages.index(diagnosis.stage) + 1 :]
    return Examination(
        lines=(
            *_reached(base_url, until=diagnosis.stage),
            failed,
            *(Line(TITLES[stage], Verdict.NOT_REACHED, "Not reached.") for stage in rest),
        ),
        problems=(diagnosis,),
    )


def _reached(base_url: str, *, until: Stage) -> list[Line]:
    stages = list(REACHED) if base_url.startswith("https:") else [stage for stage in REACHED if stage is not Stage.TLS]
    order = list(Stage)
    passed = [stage for stage in stages if order.index(stage) < order.index(until)]
    if not passed:
        return []
    url = parse_url(base_url)
    words = {"url": base_url, "host": url.host, "port": url.port}
    return [Line(TITLES[stage], Verdict.GOOD, REACHED[stage].format(**words)) for stage in passed]


def _finding_line(finding: Finding) -> Line:
    verdicts = {Knowledge.GOOD: Verdict.GOOD, Knowledge.BAD: Verdict.BAD, Knowledge.UNKNOWN: Verdict.UNKNOWN}
    fix = finding.diagnosis.fix if finding.diagnosis else ""
    return Line(finding.subject, verdicts[finding.knowledge], finding.text, fix)


def _not_asked(oauth_version: int) -> tuple[Finding, ...]:
    if oauth_version == 1:
        return (Finding(KEYS, Knowledge.UNKNOWN, "Not tried: they are made when the integration is saved."),)
    text = "Not tried: there is no client ID and secret yet."
    return (Finding(TITLES[Stage.CREDENTIALS], Knowledge.UNKNOWN, text),)


def _blame_proxy(diagnosis: Diagnosis, base_url: str, policy: OutboundPolicy) -> Diagnosis:
    """What fails between us and the proxy is not to be looked for at the host."""
    proxy = policy.proxy_for(parse_url(base_url))
    if not proxy or diagnosis.stage not in {Stage.DNS, Stage.CONNECT, Stage.HTTP}:
        return diagnosis
    parts = urlsplit(proxy)
    address = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    if diagnosis.stage is Stage.HTTP:
        problem = f"The proxy {address} did not make the connection to {parse_url(base_url).host}."
        return replace(diagnosis, problem=problem, fix="Allow the host in the proxy, or correct OUTBOUND_PROXY.")
    fix = f"Connections go through the proxy {address}: check OUTBOUND_PROXY on the server, and that the proxy runs."
    return replace(diagnosis, fix=fix)


def _platform_with_this_address(platform: Platform, base_url: str) -> Platform | None:
    """The platform that owns this address for itself, when another one was chosen."""
    others = (other for other in PLATFORMS.values() if other.default_base_url and other.key != platform.key)
    return next((other for other in others if other.default_base_url == base_url), None)
