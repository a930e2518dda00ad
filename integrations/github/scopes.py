"""Scopes of OAuth tokens and classic personal tokens: what includes what, and what we ask for. Pure.

https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
"""

from collections.abc import Collection, Iterable

from integrations.platform_parts import Scope, Use

_INCLUDED = {
    "repo": ("repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events", "admin:repo_hook"),
    "admin:repo_hook": ("write:repo_hook",),
    "write:repo_hook": ("read:repo_hook",),
    "admin:org": ("write:org", "manage_runners:org"),
    "write:org": ("read:org",),
    "user": ("read:user", "user:email", "user:follow"),
}
_ASKED = (
    Scope("read:user", "to know who logs in", Use.LOG_IN),
    Scope("user:email", "to show the e-mail addresses of whoever logs in", Use.LOG_IN),
    Scope("read:org", "to see which organizations and teams the account belongs to", Use.LOG_IN),
    Scope(
        "repo",
        "to read private repositories, their collaborators and their code; GitHub has no narrower scope for it",
        Use.SYNCHRONIZE,
    ),
    Scope("admin:org_hook", "to create and repair the webhook of an organization", Use.INSTALL_WEBHOOKS),
    Scope("admin:repo_hook", "to create, repair and remove webhooks of single repositories", Use.INSTALL_WEBHOOKS),
)


def expand_scopes(granted: Iterable[str]) -> frozenset[str]:
    """The granted scopes with everything that they include. GitHub itself drops included ones from its lists."""
    found: set[str] = set()
    pending = list(granted)
    while pending:
        scope = pending.pop()
        if scope not in found:
            found.add(scope)
            pending += _INCLUDED.get(scope, ())
    return frozenset(found)


def scopes_for(uses: Collection[Use]) -> tuple[Scope, ...]:
    """The scopes for what the integration is used for. Whoever synchronizes also has to be known."""
    asked = tuple(scope for scope in _ASKED if scope.used_for in uses or scope.used_for is Use.LOG_IN)
    names = frozenset(scope.name for scope in asked)
    return tuple(scope for scope in asked if not _is_included(scope.name, names))


def name_missing(accepted: Collection[str]) -> tuple[str, ...]:
    """Of scopes of which any one would do: those that we ask for, or all when there is none among them."""
    ours = tuple(scope.name for scope in _ASKED if scope.name in accepted)
    return ours or tuple(sorted(accepted))


def parse_scopes(header: str) -> frozenset[str]:
    """The scopes that a header lists."""
    return frozenset(filter(None, (scope.strip() for scope in header.split(","))))


def _is_included(scope: str, names: frozenset[str]) -> bool:
    return scope in expand_scopes(names - {scope})
