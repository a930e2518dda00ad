"""Who may use Setup Mode: holders of the setup code, people at this very machine, or for an hour everybody."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from config import Settings, SetupAccess
from models import SetupSession, digest_secret, record_audit

IDLE = timedelta(hours=2)
TOUCH_EVERY = timedelta(minutes=1)
OPEN_FOR = timedelta(minutes=60)
FORWARDING_HEADERS = ("Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip")


class Way(StrEnum):
    """How a browser was let in. It is the first part of its cookie, and checked again at every request."""

    CODE = "code"
    LOOPBACK = "loopback"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Visit:
    """What we know of the browser that asks, from the socket and the request itself."""

    peer: str
    is_for_our_host: bool
    headers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Exemptions:
    """When no code is asked. `started_at` is when this process began."""

    settings: Settings
    started_at: datetime

    def way_in(self, visit: Visit, *, now: datetime) -> Way | None:
        """The way that is open to this visit without a code."""
        if is_at_this_machine(self.settings, visit):
            return Way.LOOPBACK
        return Way.OPEN if self._is_open(now) else None

    def still_holds(self, way: Way, visit: Visit, *, now: datetime) -> bool:
        """Whether a browser that came in by `way` may go on."""
        if way is Way.LOOPBACK:
            return is_at_this_machine(self.settings, visit)
        return way is Way.CODE or self._is_open(now)

    def _is_open(self, now: datetime) -> bool:
        return self.settings.setup_access is SetupAccess.OPEN and now - self.started_at < OPEN_FOR


def is_at_this_machine(settings: Settings, visit: Visit) -> bool:
    """Whether the request can only come from this machine: six conditions, all of which must hold.

    The Host header must name us because a foreign name can be made to point at this machine.
    """
    return (
        settings.is_loopback_base
        and settings.is_loopback_bind
        and settings.trusted_proxy_hops == 0
        and _is_loopback_address(visit.peer)
        and visit.is_for_our_host
        and not any(_is_forwarding(name) for name in visit.headers)
    )


def admit(session: Session, way: Way, *, ip_address: str, user_agent: str, actor: str = "setup", now: datetime) -> str:
    """Let a browser into Setup Mode. The value of its cookie, of which only the digest is stored."""
    session.execute(delete(SetupSession).where(SetupSession.last_seen_at <= now - IDLE))
    cookie = f"{way}.{secrets.token_urlsafe(32)}"
    row = SetupSession(
        digest=digest_secret(cookie),
        created_at=now,
        last_seen_at=now,
        ip_address=ip_address,
        user_agent=user_agent[:300],
    )
    session.add(row)
    record_audit(
        session, actor=actor, action="setup_unlocked", target="instance", details={"way": way}, ip_address=ip_address
    )
    session.flush()
    return cookie


def find_admitted(session: Session, cookie: str, *, now: datetime) -> SetupSession | None:
    """The browser with this cookie, unless it was idle for too long."""
    if not cookie:
        return None
    return session.scalar(
        select(SetupSession).where(SetupSession.digest == digest_secret(cookie), SetupSession.last_seen_at > now - IDLE)
    )


def cookie_way(cookie: str) -> Way | None:
    """How the holder of a cookie came in. Only to be trusted for a cookie that was found."""
    text = cookie.partition(".")[0]
    return Way(text) if text in set(Way) else None


def touch_admitted(session: Session, setup_session_id: int, *, now: datetime) -> None:
    """Note that the browser was seen."""
    session.execute(update(SetupSession).where(SetupSession.id == setup_session_id).values(last_seen_at=now))


def count_admitted(session: Session, *, now: datetime) -> int:
    """In how many browsers Setup Mode is unlocked."""
    query = select(func.count()).select_from(SetupSession).where(SetupSession.last_seen_at > now - IDLE)
    return session.scalar(query) or 0


def _is_loopback_address(peer: str) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _is_forwarding(name: str) -> bool:
    return name.title() in FORWARDING_HEADERS or name.lower().startswith("x-forwarded-")
