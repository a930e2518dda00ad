"""New tokens, and the digests by which they are known."""

import secrets
import string
from collections.abc import Iterable
from datetime import datetime

from .model import OAuthApplication, Token, TokenKind
from .scopes import normalized
from .server_core import Core
from .state import digest

ALPHABET = string.ascii_letters + string.digits
PREFIXES: dict[TokenKind, str] = {
    "oauth": "gho_",
    "classic": "ghp_",
    "fine_grained": "github_pat_",
    "installation": "ghs_",
}
TOKENS_PER_SCOPES = 10


def new_token(
    core: Core,
    kind: TokenKind,
    user_id: int | None,
    scopes: Iterable[str] = (),
    *,
    application: OAuthApplication | None = None,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """A token and its secret, which is not kept. It opens every organization with SAML of today's."""
    secret = PREFIXES[kind] + "".join(secrets.choice(ALPHABET) for _ in range(36))
    state = core.state
    token = Token(
        id=state.next_id("tokens"),
        digest=digest(secret),
        kind=kind,
        user_id=user_id,
        scopes=normalized(scopes, is_server=core.is_server),
        created_at=core.clock.now(),
        application_id=None if application is None else application.id,
        expires_at=expires_at,
        last_eight=secret[-8:],
    )
    if kind == "oauth":
        token.sso_organizations = {each.id for each in state.organizations.values() if each.enforces_saml}
    state.tokens[token.digest] = token
    return token, secret


def issue(core: Core, application: OAuthApplication, user_id: int, scopes: Iterable[str]) -> tuple[Token, str]:
    """A token of an application. The eleventh of the same scopes ends the oldest."""
    token, secret = new_token(core, "oauth", user_id, scopes, application=application)
    same = [each for each in live_tokens(core, application, user_id) if set(each.scopes) == set(token.scopes)]
    for old in same[: max(0, len(same) - TOKENS_PER_SCOPES)]:
        old.is_revoked = True
    return token, secret


def live_tokens(core: Core, application: OAuthApplication, user_id: int) -> list[Token]:
    """What an application holds of somebody, oldest first."""
    rows = core.state.tokens.values()
    return [each for each in rows if each.application_id == application.id and _is_live(each, user_id)]


def _is_live(token: Token, user_id: int) -> bool:
    return token.user_id == user_id and not token.is_revoked


def new_application(
    core: Core,
    *,
    name: str,
    callback_url: str,
    owner_id: int,
    url: str = "",
    client_id: str | None = None,
) -> OAuthApplication:
    """An application without a secret as yet."""
    key = core.state.next_id("applications")
    application = OAuthApplication(
        id=key,
        name=name,
        client_id=client_id or f"Ov23{secrets.token_hex(8)}",
        url=url,
        callback_url=callback_url,
        owner_id=owner_id,
    )
    core.state.applications[key] = application
    return application


def new_secret(application: OAuthApplication, secret: str | None = None) -> str:
    """Another secret of an application: older ones go on working."""
    made = secret or secrets.token_hex(20)
    application.secret_digests.append(digest(made))
    return made
