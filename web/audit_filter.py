"""Which records of the audit log somebody wants to see, from the query of the address."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, not_, or_

from models import AuditRecord
from web.audit_words import Kind, actions_of

ESCAPE = "\\"


class ActorKind(StrEnum):
    """Who did it."""

    PERSON = "person"
    SYNCHRONIZATION = "synchronization"
    COMMAND_LINE = "command_line"
    SYSTEM = "system"


ACTOR_LABELS = {
    ActorKind.PERSON: "People",
    ActorKind.SYNCHRONIZATION: "Synchronizations",
    ActorKind.COMMAND_LINE: "Command line",
    ActorKind.SYSTEM: "Repertory itself",
}
ACTOR_BEGINNINGS = {ActorKind.SYNCHRONIZATION: "synchronization", ActorKind.COMMAND_LINE: "command line"}


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What is asked for; empty parts ask for everything. Both dates count."""

    text: str = ""
    actor: ActorKind | None = None
    kind: Kind | None = None
    since: date | None = None
    until: date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everything is wanted."""
        return self == AuditFilter()


def read_filter(arguments: Mapping[str, str]) -> AuditFilter:
    """What the address asks for. What can not be understood asks for nothing."""
    actor, kind = arguments.get("actor", ""), arguments.get("kind", "")
    return AuditFilter(
        text=arguments.get("text", "").strip(),
        actor=ActorKind(actor) if actor in set(ActorKind) else None,
        kind=Kind(kind) if kind in set(Kind) else None,
        since=_date(arguments.get("since", "")),
        until=_date(arguments.get("until", "")),
    )


def narrow(query: Select[AuditRecord], wanted: AuditFilter) -> Select[AuditRecord]:
    """Only what is wanted, the newest first."""
    if wanted.text:
        query = query.where(_has_text(wanted.text))
    if wanted.actor is not None:
        query = query.where(_is_by(wanted.actor))
    if wanted.kind is not None:
        query = query.where(AuditRecord.action.in_(actions_of(wanted.kind)))
    if wanted.since is not None:
        query = query.where(AuditRecord.at >= datetime.combine(wanted.since, time.min, UTC))
    if wanted.until is not None:
        query = query.where(AuditRecord.at <= datetime.combine(wanted.until, time.max, UTC))
    return query.order_by(AuditRecord.id.desc())


def actor_kind(record: AuditRecord) -> ActorKind:
    """Who did it. People are known by their id: what they call themselves proves nothing."""
    if record.actor_user_id is not None:
        return ActorKind.PERSON
    for kind, beginning in ACTOR_BEGINNINGS.items():
        if record.actor.startswith(beginning):
            return kind
    return ActorKind.SYSTEM


def _is_by(kind: ActorKind) -> ColumnElement[bool]:
    if kind is ActorKind.PERSON:
        return AuditRecord.actor_user_id.is_not(None)
    begins = {name: AuditRecord.actor.startswith(text) for name, text in ACTOR_BEGINNINGS.items()}
    is_kind = begins[kind] if kind in begins else not_(or_(*begins.values()))
    return and_(AuditRecord.actor_user_id.is_(None), is_kind)


def _has_text(text: str) -> ColumnElement[bool]:
    """In the actor, the target, the action, or a name inside the details, which are stored as JSON in ASCII."""
    columns = [func.lower(AuditRecord.actor), func.lower(AuditRecord.target)]
    found = [column.contains(text.lower(), autoescape=True) for column in columns]
    inside = json.dumps(text.lower())[1:-1]
    found.append(func.lower(cast(AuditRecord.details, Text)).contains(inside, autoescape=True))
    found.append(AuditRecord.action.contains(text.lower().replace(" ", "_"), autoescape=True))
    return or_(*found)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
