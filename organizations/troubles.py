"""What needs attention, in words: for banners, the start page and the page of a synchronization."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for
from sqlalchemy.orm import Session

from composer.access import Role, find_role
from models import Organization, Synchronization
from sync.attention import Attention, Need, list_attention
from web.filters import absolute_time, plain_failure

KEPT = "Nothing is deleted meanwhile."


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing to look at. `kind` is that of a banner or notice; `url` leads to where it can be mended, `home` to the
    page of the synchronization, which says all of it by itself."""

    need: Need
    kind: str
    title: str
    text: str
    line: str  # as short as it can be said, for a banner
    since: datetime
    url: str
    home: str
    action: str
    organization: Organization
    synchronization_id: int


def find_troubles(session: Session, *, organization: Organization) -> list[Trouble]:
    """What needs attention in one organization, the most urgent first. One query."""
    return [describe(attention) for attention in list_attention(session, organization_ids=[organization.id])]


def find_troubles_of(
    session: Session, organizations: Iterable[Organization], *, user_id: int, today: date
) -> list[Trouble]:
    """What somebody could mend in these organizations. Asks for their role only where something is wrong."""
    ids = [organization.id for organization in organizations]
    found = list_attention(session, organization_ids=ids) if ids else []
    wrong = {attention.synchronization.organization_id for attention in found}
    mine = {each for each in wrong if _leads(session, each, user_id, today)}
    return [describe(attention) for attention in found if attention.synchronization.organization_id in mine]


def describe(attention: Attention) -> Trouble:
    """In words."""
    synchronization = attention.synchronization
    kind, title, text = _WORDS[attention.need](attention, _name(synchronization))
    organization = synchronization.organization
    org, number = organization.short_name, synchronization.id
    home = url_for("organizations.synchronization", org=org, synchronization_id=number)
    is_held = attention.need is Need.CONFIRMATION
    url = url_for("organizations.hold", org=org, synchronization_id=number) if is_held else home
    action = "Look at them" if is_held else "See what to do"
    line = f"{title}." if is_held else f"{title}. {text}"
    return Trouble(attention.need, kind, title, text, line, attention.since, url, home, action, organization, number)


def _name(synchronization: Synchronization) -> str:
    return f"{synchronization.remote_path} at {synchronization.integration.name}"


def _leads(session: Session, organization_id: int, user_id: int, today: date) -> bool:
    role = find_role(session, organization_id=organization_id, user_id=user_id, today=today)
    return role is not None and role >= Role.ADMIN


def _suspended(attention: Attention, name: str) -> tuple[str, str, str]:
    text = f"It was not found there for too long, so nobody reads its packages until it is back. {KEPT}"
    return "error", f"Access through {name} is suspended", text


def _missing(attention: Attention, name: str) -> tuple[str, str, str]:
    ends = f"Everybody keeps access until {absolute_time(attention.ends_at)}. " if attention.ends_at else ""
    return "error", f"{name} is not found", f"{ends}{KEPT}"


def _in_words(attention: Attention) -> str:
    return plain_failure(attention.synchronization.state_reason, attention.synchronization.integration.name)


def _credential(attention: Attention, name: str) -> tuple[str, str, str]:
    reason = _in_words(attention) or "The host does not accept the account that it uses"
    return "error", f"{name} needs a credential", f"{reason.rstrip('.')}. Nothing is removed meanwhile."


def _confirmation(attention: Attention, name: str) -> tuple[str, str, str]:
    path, is_one = attention.synchronization.remote_path, attention.removals == 1
    count, verb = ("1 removal", "waits") if is_one else (f"{attention.removals:,} removals", "wait")
    text = "A run would have removed more than usual. What is new went in, and nothing of this was removed."
    return "warning", f"{count} in {path} {verb} for your confirmation", text


def _problems(attention: Attention, name: str) -> tuple[str, str, str]:
    return "warning", f"The last run of {name} had problems", _in_words(attention)


_WORDS = {
    Need.SUSPENDED: _suspended,
    Need.MISSING: _missing,
    Need.CREDENTIAL: _credential,
    Need.CONFIRMATION: _confirmation,
    Need.PROBLEMS: _problems,
}
