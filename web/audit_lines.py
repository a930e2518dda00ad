"""Records of the audit log as people read them: a sentence, and the names in it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models import AuditRecord
from web.audit_words import PEOPLE, TEAMS, Wording, wording_of

RUN = re.compile(r"synchronization (.*), run ([0-9]+)", re.DOTALL)
HIDDEN = frozenset({"synchronization_id", "run", "run_id", "hold_id"})  # they become links

CHANGES = frozenset({"settings_changed", "brakes_changed"})  # their details are `name: [before, after]`


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`before` and `after` are the parts of the sentence around the target, which may be empty."""

    record: AuditRecord
    organization: str  # its short name, empty for the installation
    actor: str
    before: str
    target: str
    after: str
    names: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """Everything but the names, as plain text."""
        return f"{self.actor} {self.before}{self.target}{self.after}"


def read_line(record: AuditRecord, organizations: Mapping[int, str]) -> AuditLine:
    """A record with its sentence. `organizations` are short names by id."""
    wording = wording_of(record.action)
    organization = organizations.get(record.organization_id or 0, "")
    names = _names(record.details, wording)
    before, _, after = wording.text.replace("{count}", _count(names, wording)).partition("{target}")
    return AuditLine(
        record=record,
        organization=organization,
        actor=_actor(record),
        before=before,
        target=record.target if "{target}" in wording.text else "",
        after=after,
        names=names,
        more=_more(record, wording),
    )


def _names(details: Mapping[str, Any], wording: Wording) -> list[str]:
    value = details.get(wording.names)
    return [str(name) for name in value] if isinstance(value, list) else []


def _count(names: list[str], wording: Wording) -> str:
    return f"{len(names) or 'no'} {_nouns(names, wording)[len(names) != 1]}"


def _nouns(names: list[str], wording: Wording) -> tuple[str, str]:
    """Readers are teams, people, or both; who is a person is written with an @."""
    if wording.names != "readers" or not names:
        return wording.nouns
    people = sum(name.startswith("@") for name in names)
    return PEOPLE if people == len(names) else wording.nouns if people else TEAMS


def _actor(record: AuditRecord) -> str:
    """`synchronization acme, run 12` becomes `Run 12 of acme`."""
    if record.actor_user_id is not None:
        return record.actor
    run = RUN.fullmatch(record.actor)
    if run is not None:
        return f"Run {run[2]} of {run[1]}"
    return "Repertory" if record.actor == "system" else record.actor[:1].upper() + record.actor[1:]


def _more(record: AuditRecord, wording: Wording) -> list[str]:
    is_change = record.action in CHANGES
    told = [
        f"{key.removeprefix('is_').replace('_', ' ')}: {_plain(value, is_change=is_change)}"
        for key, value in record.details.items()
        if key not in HIDDEN and key != wording.names and value not in ("", [], None)
    ]
    return [*told, f"from {record.ip_address}"] if record.ip_address else told


def _plain(value: Any, *, is_change: bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (" → " if is_change else ", ").join(str(part) for part in value) if isinstance(value, list) else str(value)
