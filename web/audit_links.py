"""Where a record of the audit log leads: to the run, the synchronization, the package, the people."""

from dataclasses import dataclass

from flask import url_for

from web.audit_lines import AuditLine


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
    number, synchronization_id = line.record.details.get("run"), line.record.details.get("synchronization_id")
    if not (isinstance(number, int) and isinstance(synchronization_id, int)):
        return ""
    return url_for("organizations.run", org=line.organization, synchronization_id=synchronization_id, number=number)


def _target(line: AuditLine) -> str:
    record, organization = line.record, line.organization
    vendor, _, name = record.target.partition("/")
    if record.action == "package_added" and name:
        return url_for("organizations.package", org=organization, vendor=vendor, name=name)
    synchronization_id = record.details.get("synchronization_id")
    if isinstance(synchronization_id, int) and "run" not in record.details:
        return url_for("organizations.synchronization", org=organization, synchronization_id=synchronization_id)
    return ""
