"""The audit log as a page and as a download. The caller has checked who may see it, and says which records."""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO

from flask import Response, request
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import AuditRecord, Database, Organization
from web.audit_filter import ACTOR_LABELS, AuditFilter, actor_kind, narrow, read_filter
from web.audit_lines import AuditLine, read_line
from web.audit_links import AuditLinks, links_of
from web.audit_words import KIND_LABELS
from web.paging import Page, load_page, query_url, requested_page
from web.runtime import current_runtime

FETCHED = 500
# At the beginning of a cell, and of what becomes one where spreadsheets split at semicolons or inside of quotes.
_FORMULA = re.compile(
    r"""\A(?=[-=+@|\t\r\n\uff0b\uff0d\uff1d\uff20])|[;\t\r\n]["' ]*(?=[-=+@|\uff0b\uff0d\uff1d\uff20])"""
)
COLUMNS = ("when", "organization", "who", "kind", "action", "what", "names", "details", "address")
ACTOR_CHOICES = [("", "anybody"), *((kind.value, label) for kind, label in ACTOR_LABELS.items())]
KIND_CHOICES = [("", "everything"), *((kind.value, label) for kind, label in KIND_LABELS.items())]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of the log, and what was asked for."""

    page: Page[AuditRecord]
    rows: list[tuple[AuditLine, AuditLinks]]
    wanted: AuditFilter
    csv_url: str
    json_url: str
    actor_choices: list[tuple[str, str]]
    kind_choices: list[tuple[str, str]]


def read_audit_page(session: Session, records: Select[AuditRecord], *, csv_path: str, json_path: str) -> AuditPage:
    """The requested page of those records that the address asks for."""
    wanted = read_filter(request.args)
    page = load_page(session, narrow(records, wanted), number=requested_page())
    names = _organizations(session, page.rows)
    lines = [read_line(record, names) for record in page.rows]
    rows = [(line, links_of(line)) for line in lines]
    return AuditPage(page, rows, wanted, query_url(csv_path), query_url(json_path), ACTOR_CHOICES, KIND_CHOICES)


def download_csv(records: Select[AuditRecord], *, name: str) -> Response:
    """All records that the address asks for, for a spreadsheet: what would be a formula there stays text."""
    return _stream(_csv_rows(_read_lines(records)), "text/csv", f"{name}.csv")


def download_json(records: Select[AuditRecord], *, name: str) -> Response:
    """All records that the address asks for, for programs."""
    return _stream(_json_rows(_read_lines(records)), "application/json", f"{name}.json")


def _read_lines(records: Select[AuditRecord]) -> Iterator[AuditLine]:
    """What the address asks for, read while the answer is being sent."""
    return _lines(current_runtime().database, narrow(records, read_filter(request.args)))


def _lines(database: Database, query: Select[AuditRecord]) -> Iterator[AuditLine]:
    """In a session of their own: that of the request has ended by then."""
    with database.read() as session:
        names = _short_names(session, select(Organization.id, Organization.short_name))
        with session.scalars(query.execution_options(yield_per=FETCHED)) as records:
            for record in records:
                yield read_line(record, names)


def _csv_rows(lines: Iterable[AuditLine]) -> Iterator[str]:
    yield "\ufeff" + _csv_row(COLUMNS)  # without this mark, spreadsheets take UTF-8 for something else
    for line in lines:
        yield _csv_row([_harmless(str(value)) for value in _values(line).values()])


def _csv_row(cells: Iterable[str]) -> str:
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _json_rows(lines: Iterable[AuditLine]) -> Iterator[str]:
    before = "[\n"
    for line in lines:
        values = {**_values(line), "names": line.names, "details": line.record.details}
        yield before + json.dumps(values, ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _values(line: AuditLine) -> dict[str, str]:
    record = line.record
    cells = (
        record.at.isoformat(timespec="seconds"),
        line.organization,
        record.actor,
        actor_kind(record).value,
        record.action,
        line.sentence,
        ", ".join(line.names),
        json.dumps(record.details, ensure_ascii=False) if record.details else "",
        record.ip_address,
    )
    return dict(zip(COLUMNS, cells, strict=True))


def _harmless(cell: str) -> str:
    return _FORMULA.sub(r"\g<0>'", cell)


def _stream(parts: Iterator[str], mimetype: str, name: str) -> Response:
    response = Response((part.encode() for part in parts), mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _organizations(session: Session, records: Iterable[AuditRecord]) -> dict[int, str]:
    ids = {record.organization_id for record in records if record.organization_id is not None}
    return _short_names(session, select(Organization.id, Organization.short_name).where(Organization.id.in_(ids)))


def _short_names(session: Session, query: Select[int, str]) -> dict[int, str]:
    return {row[0]: row[1] for row in session.execute(query)}
