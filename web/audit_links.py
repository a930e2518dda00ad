"""Where a record of the audit log leads: to the run, the synchronization, the package, the people."""

from dataclasses import dataclass

from flask import url_for

from web.audit_lines import RUN, AuditLine
from web.audit_words import Kind, actions_of

OF_SYNCHRONIZATIONS = frozenset(actions_of(Kind.SYNCHRONIZATIONS))


@dataclass(frozen=True, slots=True)
class AuditLinks:
    """Addresses of pages; empty where there is none."""

    actor: str
    target: str
    people: str


def links_of(line: AuditLine) -> AuditLinks:
    """Only within an organization: the installation has no pages of its own for them."""
    if not line.organization:
        return AuditLinks("", "", "")
    return AuditLinks(_run(line), _target(line), url_for("organizations.people", org=line.organization))


def _run(line: AuditLine) -> str:
    run, synchronization_id = RUN.fullmatch(line.record.actor), line.record.details.get("synchronization_id")
    if run is None or line.record.actor_user_id is not None or not isinstance(synchronization_id, int):
        return ""
    organization, number = line.organization, int(run[2])
    return url_for("organizations.run", org=organization, synchronization_id=synchronization_id, number=number)


def _target(line: AuditLine) -> str:
    record, organization = line.record, line.organization
    vendor, _, name = record.target.partition("/")
    if record.action == "package_added" and name:
        return url_for("organizations.package", org=organization, vendor=vendor, name=name)
    synchronization_id = record.details.get("synchronization_id")
    if record.action in OF_SYNCHRONIZATIONS and isinstance(synchronization_id, int):
        return url_for("organizations.synchronization", org=organization, synchronization_id=synchronization_id)
    return ""
