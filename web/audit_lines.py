"""Records of the audit log as people read them: a sentence, the names in it, and where it leads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from models import AuditRecord
from web.audit_filter import ActorKind, actor_kind
from web.audit_words import Wording, wording_of

HIDDEN = frozenset({"synchronization_id", "run", "run_id", "hold_id"})  # they become links

CHANGES = frozenset({"settings_changed", "brakes_changed"})  # their details are `name: [before, after]`


@dataclass(frozen=True, slots=True)
class AuditLine:
    """`before` and `after` are the parts of the sentence around the target, which may be empty."""

    record: AuditRecord
    organization: str  # its short name, empty for the installation
    actor: str
    actor_url: str
    before: str
    target: str
    target_url: str
    after: str
    people_url: str
    names: list[str] = field(default_factory=list)
    more: list[tuple[str, str]] = field(default_factory=list)

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
        actor_url=_run_url(record, organization),
        before=before,
        target=record.target if "{target}" in wording.text else "",
        target_url=_target_url(record, organization),
        after=after,
        people_url=url_for("organizations.people", org=organization) if organization else "",
        names=names,
        more=[
            (_label(key), _plain(value, is_change=record.action in CHANGES))
            for key, value in record.details.items()
            if _is_told(key, value, wording)
        ],
    )


def _names(details: Mapping[str, Any], wording: Wording) -> list[str]:
    value = details.get(wording.names)
    return [str(name) for name in value] if isinstance(value, list) else []


def _count(names: list[str], wording: Wording) -> str:
    return f"{len(names) or 'no'} {wording.nouns[len(names) != 1]}"


def _actor(record: AuditRecord) -> str:
    """`synchronization acme, run 12` becomes `Run 12 of acme`."""
    run = record.details.get("run")
    if actor_kind(record) is ActorKind.SYNCHRONIZATION and isinstance(run, int):
        return f"Run {run} of {record.actor.removeprefix('synchronization ').rpartition(', run ')[0]}"
    return record.actor if record.actor_user_id is not None else record.actor[:1].upper() + record.actor[1:]


def _run_url(record: AuditRecord, organization: str) -> str:
    number, synchronization_id = record.details.get("run"), record.details.get("synchronization_id")
    if not (organization and isinstance(number, int) and isinstance(synchronization_id, int)):
        return ""
    return url_for("organizations.run", org=organization, synchronization_id=synchronization_id, number=number)


def _target_url(record: AuditRecord, organization: str) -> str:
    if not organization:
        return ""
    vendor, _, name = record.target.partition("/")
    if record.action == "package_added" and name:
        return url_for("organizations.package", org=organization, vendor=vendor, name=name)
    synchronization_id = record.details.get("synchronization_id")
    if isinstance(synchronization_id, int) and "run" not in record.details:
        return url_for("organizations.synchronization", org=organization, synchronization_id=synchronization_id)
    return ""


def _is_told(key: str, value: Any, wording: Wording) -> bool:
    return key not in HIDDEN and key != wording.names and value not in ("", [], None)


def _label(key: str) -> str:
    return key.removeprefix("is_").replace("_", " ")


def _plain(value: Any, *, is_change: bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (" → " if is_change else ", ").join(str(part) for part in value) if isinstance(value, list) else str(value)
