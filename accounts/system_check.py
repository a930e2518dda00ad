"""The system check as pages show it: what `jobs.checks` finds, the base URL as both sides see it, why each matters."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult

from flask import request

from integrations.addresses import AllowRule, OutboundPolicy
from integrations.errors import CodeHostError
from integrations.http import HttpClient, Limits
from integrations.vcs.git_command import read_git_version
from jobs.checks import Check, CheckState, check_system
from models import Runtime
from web.hosts import DEFAULT_PORTS

WHY = {
    "database": "Everything is kept there.",
    "migrations": "The program and its tables must be of the same version.",
    "key": "Stored secrets can be read only with the key that they were stored with.",
    "redis": "It wakes the workers. Without it background work waits, and nothing is lost.",
    "workers": "They synchronize and build packages.",
    "ticker": "It starts what is due: synchronizations, checks, cleaning up.",
    "git": "The code of packages is fetched with it.",
    "clock": "Logins, tokens and certificates depend on the right time.",
    "disk": "Packages are stored on it.",
    "base_url": "Every link, callback URL and webhook is built from it.",
    "base_url_browser": "Code hosts send browsers back to it.",
    "base_url_server": "Webhooks and Composer must reach this installation at it.",
}
STATUS = {CheckState.OK: "ok", CheckState.WARNING: "warning", CheckState.FAILED: "error"}
WORDS = {CheckState.OK: "Good", CheckState.WARNING: "Look at it", CheckState.FAILED: "Failed"}
_COMMAND = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check with why it matters, and the command that helps, if one does."""

    check: Check
    why: str

    @property
    def status(self) -> str:
        """The kind of the status mark."""
        return STATUS[self.check.state]

    @property
    def word(self) -> str:
        """What stands beside the mark."""
        return WORDS[self.check.state]

    @property
    def commands(self) -> list[str]:
        """Commands to be copied."""
        return _COMMAND.findall(self.check.fix)

    @property
    def reason(self) -> str:
        """What was found, as plain words."""
        return self.check.reason.replace("`", "")

    @property
    def fix(self) -> str:
        """What to do, as plain words."""
        return self.check.fix.replace("`", "")


def run_system_check(runtime: Runtime) -> list[CheckLine]:
    """Every check, for the request that is being answered. Holds no transaction; may take some seconds."""
    checks = [
        *check_system(runtime, read_git_version=read_git_version),
        _check_browser(runtime.settings.base),
        _check_server(runtime),
    ]
    return [CheckLine(check, WHY.get(check.key, "")) for check in checks]


def count_failed(lines: list[CheckLine]) -> int:
    """How many checks failed; warnings do not count."""
    return sum(line.check.state is CheckState.FAILED for line in lines)


def _check_browser(base: SplitResult) -> Check:
    """Its Host header was compared before this page was answered: another one gets an error. The scheme is left."""
    key, title = "base_url_browser", "Base URL in the browser"
    told = request.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip().lower()
    if told and told != base.scheme:
        reason = f"This browser came by {told}, but the base URL begins with {base.scheme}"
        fix = f"Open {base.geturl()}, or correct REPERTORY_BASE_URL."
        return Check(key, title, CheckState.FAILED, reason, fix)
    return Check(key, title, CheckState.OK, f"This browser reaches it as {base.geturl()}")


def _check_server(runtime: Runtime) -> Check:
    key, title, settings = "base_url_server", "Base URL from this server", runtime.settings
    base = settings.base
    port = base.port or DEFAULT_PORTS[base.scheme]
    policy = OutboundPolicy(allow=(AllowRule(str(base.hostname), port),), ca_file=settings.outbound_ca_file)
    try:
        with HttpClient(settings.base_url, policy=policy, limits=Limits(read_seconds=3, call_seconds=5)) as http:
            answer = http.look("/healthz", accept="application/json")
        if answer.error_fields().get("status") == "ok":
            return Check(key, title, CheckState.OK, f"This server reaches itself at {settings.base_url}")
        reason = f"Something else answers at {settings.base_url}"
    except CodeHostError as error:
        reason = f"This server does not reach itself at {settings.base_url}: {error}"
    fix = "Check the name, the port and the proxy in front. Where only others reach this address, ignore it."
    return Check(key, title, CheckState.WARNING, reason, fix)
