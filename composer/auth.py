"""Who asks for packages: a token, sent as Basic or Bearer, becomes a Principal. Cookies mean nothing here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin

import structlog
from flask import Request, Response, request
from sqlalchemy import or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from composer.tokens import ORGANIZATION_PREFIX, USER_PREFIX, is_token
from models import ComposerToken, Dist, Runtime, User, digest_secret, utc_now
from web.limits import check_limit

logger = structlog.get_logger(__name__)

BAD_TOKENS_PER_MINUTE = 20
USE_NOTED_EVERY = timedelta(minutes=5)
DOWNLOAD_NOTED_EVERY = timedelta(days=1)
EXPIRES_SOON = timedelta(days=7)
LONGEST_CLIENT = 200
CHALLENGE = WWWAuthenticate("basic", {"realm": "Repertory"})


@dataclass(frozen=True, slots=True)
class Principal:
    """Whose packages are asked for: those of a person, or all of one organization. Exactly one of the ids is set."""

    token_id: int
    token_name: str
    expires_at: datetime | None
    user_id: int | None
    organization_id: int | None

    def expires_soon(self, now: datetime) -> bool:
        """Whether its holder should think of a new token."""
        return self.expires_at is not None and self.expires_at - now <= EXPIRES_SOON


def read_token(asked: Request) -> str | None:
    """The token of a request: Bearer, or Basic with the token as password (any user) or as user name.

    None: no credentials were sent. A text that has not the form of a token is returned as it is.
    """
    authorization = asked.authorization
    if authorization is None:
        return None
    if authorization.type == "bearer":
        return authorization.token or ""
    if authorization.type != "basic":
        return ""
    given = (authorization.password or "", authorization.username or "")
    return next((text for text in given if _has_token_form(text)), given[0])


def find_principal(session: Session, token: str, *, now: datetime) -> Principal:
    """Whose token this is. Raises Unauthorized with words for the person who has to fix it."""
    row = _find(session, token) if _has_token_form(token) else None
    if row is None:
        check_limit("composer-token", limit=BAD_TOKENS_PER_MINUTE, by=request.remote_addr or "")
        raise refusal("This is no token of this server.")
    found, disabled_at = row
    if found.revoked_at is not None:
        raise refusal(f'The token "{found.name}" was revoked.')
    if found.expires_at is not None and found.expires_at <= now:
        raise refusal(f'The token "{found.name}" expired on {found.expires_at:%Y-%m-%d}.')
    if disabled_at is not None:
        raise refusal("The account of this token is disabled.")
    return Principal(found.id, found.name, found.expires_at, found.user_id, found.organization_id)


def refusal(reason: str) -> Unauthorized:
    """The answer 401: what is wrong, and where to get a token."""
    advice = f"Make a token at {urljoin(request.host_url, '/profile/tokens')} and give it to Composer as the password."
    return Unauthorized(f"{reason} {advice}", www_authenticate=CHALLENGE)


def note_use(runtime: Runtime, response: Response, principal: Principal, *, dist_id: int | None = None) -> None:
    """After the answer has left: remember that the token, and maybe a zip, was used. Reading never waits for this."""
    address, client = request.remote_addr or "", request.user_agent.string[:LONGEST_CLIENT]

    def write() -> None:
        try:
            _save_use(runtime, principal, address=address, client=client, dist_id=dist_id)
        except SQLAlchemyError as error:
            logger.warning("use_not_noted", token_id=principal.token_id, kind=type(error).__name__)

    response.call_on_close(write)


def _has_token_form(text: str) -> bool:
    return is_token(text, USER_PREFIX, ORGANIZATION_PREFIX)


def _find(session: Session, token: str) -> tuple[ComposerToken, datetime | None] | None:
    query = (
        select(ComposerToken, User.disabled_at)
        .outerjoin(User, User.id == ComposerToken.user_id)
        .where(ComposerToken.digest == digest_secret(token))
    )
    row = session.execute(query).one_or_none()
    return None if row is None else (row[0], row[1])


def _save_use(runtime: Runtime, principal: Principal, *, address: str, client: str, dist_id: int | None) -> None:
    """One short write, and none at all when everything was noted a short while ago."""
    now = utc_now()
    token_is_due = (
        ComposerToken.id == principal.token_id,
        or_(ComposerToken.last_used_at.is_(None), ComposerToken.last_used_at < now - USE_NOTED_EVERY),
    )
    dist_is_due = (
        Dist.id == dist_id,
        or_(Dist.last_downloaded_at.is_(None), Dist.last_downloaded_at < now - DOWNLOAD_NOTED_EVERY),
    )
    with runtime.database.read() as session:
        is_token_due = session.scalar(select(ComposerToken.id).where(*token_is_due)) is not None
        is_dist_due = dist_id is not None and session.scalar(select(Dist.id).where(*dist_is_due)) is not None
    if not is_token_due and not is_dist_due:
        return
    with runtime.database.write() as session:
        if is_token_due:
            values = {"last_used_at": now, "last_used_from": address, "last_used_with": client}
            session.execute(update(ComposerToken).where(*token_is_due).values(**values))
        if is_dist_due:
            session.execute(update(Dist).where(*dist_is_due).values(last_downloaded_at=now))
