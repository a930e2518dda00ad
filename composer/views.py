"""The Composer repository of an organization. Every answer is for the holder of the token, as of this moment.

Permission comes before freshness, and what is hidden answers like what is missing, byte for byte.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime

import structlog
from flask import Blueprint, Response, abort, jsonify, request, send_file
from sqlalchemy import func, select, update
from werkzeug.http import http_date

from composer.auth import Principal, find_principal, note_use, read_token, refusal
from composer.documents import load_documents
from composer.metadata import RepositoryRoot, render_package, render_root
from composer.names import name_problem
from composer.reading import (
    find_organization,
    find_readable,
    find_readable_dist,
    list_named_dists,
    list_names,
    search_packages,
)
from models import Dist, Organization, Package, utc_now
from web.database import get_session
from web.machines import for_machines
from web.runtime import current_runtime

logger = structlog.get_logger(__name__)

blueprint = for_machines(Blueprint("composer", __name__))

RESULTS_PER_PAGE = 100
LAST_PAGE = 10_000
LARGEST_REPORT = 256 * 1024
MOST_REPORTED = 500
RETRY_SECONDS = 30
REFERENCE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
SHORT_NAME = re.compile(r"[a-z0-9-]{2,40}")
NOT_FOUND = "There is no such package, or it is not visible with this token."


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, where, and when."""

    principal: Principal
    organization: Organization
    now: datetime

    def answer(self, body: bytes, *, status: int = 200) -> Response:
        """A JSON document, and a note that the token was used."""
        response = Response(body, status=status, content_type="application/json")
        note_use(current_runtime(), response, self.principal)
        return response


@blueprint.after_request
def forbid_sharing(response: Response) -> Response:
    """Whatever is answered depends on the token."""
    response.vary.add("Authorization")
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


@blueprint.get("/<short_name>/packages.json")
def root(short_name: str) -> Response:
    """The entry point. Without Last-Modified: Composer's cache does not know users."""
    visit = _enter_or_404(short_name)
    names = list_names(get_session(), visit.principal, visit.organization, today=visit.now.date())
    patterns = [f"{prefix}/*" for prefix in visit.organization.owned_prefixes]
    return visit.answer(render_root(RepositoryRoot(f"/{short_name}", names, patterns, _notices(visit))))


@blueprint.get("/<short_name>/p2/<vendor>/<file_name>.json")
def metadata(short_name: str, vendor: str, file_name: str) -> Response:
    """The versions of one package; `~dev` for its branches."""
    visit = _enter_or_404(short_name)
    name = f"{vendor}/{file_name.removesuffix('~dev')}".lower()
    session = get_session()
    package = None
    if name_problem(name) is None:
        package = find_readable(session, visit.principal, visit.organization, name, today=visit.now.date())
    if package is None:
        return _answer_missing(visit, vendor.lower(), name)
    changed_at = "" if package.metadata_changed_at is None else http_date(package.metadata_changed_at)
    if changed_at and request.headers.get("If-Modified-Since") == changed_at:
        return visit.answer(b"", status=304)
    documents = load_documents(session, current_runtime().settings, package)
    response = visit.answer(documents.dev if file_name.endswith("~dev") else documents.stable)
    if changed_at:
        response.headers["Last-Modified"] = changed_at
    return response


@blueprint.get("/<short_name>/dists/<vendor>/<package>/<reference>.zip")
def dist(short_name: str, vendor: str, package: str, reference: str) -> Response:
    """The zip of one commit."""
    visit = _enter_or_404(short_name)
    name = f"{vendor}/{package}".lower()
    found = None
    if name_problem(name) is None and REFERENCE.fullmatch(reference):
        found = find_readable_dist(get_session(), visit.principal, visit.organization, name, reference, now=visit.now)
    if found is None:
        return _not_found()
    response = _send_zip(found, name)
    note_use(current_runtime(), response, visit.principal, dist_id=found.id)
    return response


@blueprint.get("/<short_name>/search.json")
def search(short_name: str) -> Response:
    """`composer search`."""
    visit = _enter_or_404(short_name)
    query = search_packages(
        visit.principal,
        visit.organization,
        words=_plain(request.args.get("q", "")),
        package_type=_plain(request.args.get("type", "")),
        today=visit.now.date(),
    )
    session = get_session()
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)
    rows = session.scalars(query.order_by(Package.name).limit(RESULTS_PER_PAGE).offset((page - 1) * RESULTS_PER_PAGE))
    return visit.answer(json.dumps({"results": [_result(row) for row in rows], "total": total}).encode())


@blueprint.get("/<short_name>/list.json")
def list_all(short_name: str) -> Response:
    """The names of all packages; `filter` (with *) and `vendor` narrow it."""
    visit = _enter_or_404(short_name)
    names = list_names(get_session(), visit.principal, visit.organization, today=visit.now.date())
    vendor = request.args.get("vendor", "").lower()
    parts = (request.args.get("filter", "") or "*").lower().split("*")
    chosen = [name for name in names if _has_parts(name, parts) and (not vendor or name.startswith(f"{vendor}/"))]
    return visit.answer(json.dumps({"packageNames": chosen}).encode())


@blueprint.post("/<short_name>/downloads")
def downloads(short_name: str) -> Response:
    """What Composer installed, also from its own cache: such zips are still in use."""
    visit = _enter_or_404(short_name)
    request.max_content_length = LARGEST_REPORT
    session = get_session()
    named = _read_downloads(request.get_json(force=True, silent=True))
    ids = list_named_dists(session, visit.principal, visit.organization, named, today=visit.now.date())
    if ids:
        session.execute(update(Dist).where(Dist.id.in_(ids)).values(last_downloaded_at=visit.now))
        session.commit()
    return visit.answer(b'{"status": "success"}')


def _enter_or_404(short_name: str) -> Visit:
    """Who asks and for which organization. Answers 401 and 404."""
    token = read_token(request)
    if token is None:
        raise refusal("Packages are only for those who send a token.")
    now = utc_now()
    session = get_session()
    principal = find_principal(session, token, now=now)
    organization = None
    if SHORT_NAME.fullmatch(short_name):
        organization = find_organization(session, principal, short_name, today=now.date())
    if organization is None:
        abort(404, "There is no organization at this address that this token may enter.")
    return Visit(principal, organization, now)


def _notices(visit: Visit) -> list[str]:
    if visit.principal.expires_at is None or not visit.principal.expires_soon(visit.now):
        return []
    name, day = visit.principal.token_name, visit.principal.expires_at
    return [f'The token "{name}" expires on {day:%Y-%m-%d}. Make a new one before that.']


def _answer_missing(visit: Visit, vendor: str, name: str) -> Response:
    """Under a prefix that we own nobody else may answer either: an empty list ends Composer's search."""
    if vendor in visit.organization.owned_prefixes:
        return visit.answer(render_package(name, []).stable)
    return _not_found()


def _not_found() -> Response:
    """Without the key "warning", which Composer would print although a 404 is a normal answer."""
    response = jsonify(message=NOT_FOUND)
    response.status_code = 404
    response.headers["Cache-Control"] = "no-store"
    return response


def _send_zip(found: Dist, name: str) -> Response:
    path = current_runtime().settings.data_dir / "dists" / found.file_name
    try:
        response = send_file(
            path,
            mimetype="application/zip",
            as_attachment=True,
            download_name=f"{name.replace('/', '-')}-{found.reference[:12]}.zip",
            etag=found.sha1,
            conditional=True,
        )
    except FileNotFoundError:
        logger.error("zip_is_missing", dist_id=found.id, file_name=found.file_name)
        response = jsonify(message="The zip is not in our store.", warning="The server has lost this zip.")
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response
    response.direct_passthrough = False  # passed through, the end of the answer would go unnoticed
    response.headers["Cache-Control"] = "private, max-age=0, must-revalidate"
    return response


def _result(package: Package) -> dict[str, object]:
    result: dict[str, object] = {"name": package.name, "description": package.description}
    if package.is_abandoned:
        result["abandoned"] = package.replacement or True
    return result


def _has_parts(name: str, parts: list[str]) -> bool:
    """Whether the name has these parts in this order, from its start to its end. No regular expression: what is
    asked for comes from outside, and many stars would make one search for hours."""
    start, *others = parts
    if not others:
        return name == start
    *middle, end = others
    position = len(start) if name.startswith(start) else -1
    for part in middle:
        found = -1 if position < 0 else name.find(part, position)
        position = -1 if found < 0 else found + len(part)
    return 0 <= position <= len(name) - len(end) and name.endswith(end)


def _read_downloads(report: object) -> list[tuple[str, str]]:
    """Names and normalized versions, as far as they are texts: anybody with a token can send anything."""
    entries = report.get("downloads") if isinstance(report, dict) else None
    if not isinstance(entries, list):
        abort(400, 'A report looks like {"downloads": [{"name": "…", "version": "…"}]}.')
    pairs = [(entry.get("name"), entry.get("version")) for entry in entries[:MOST_REPORTED] if isinstance(entry, dict)]
    texts = [(name, version) for name, version in pairs if isinstance(name, str) and isinstance(version, str)]
    return [(_plain(name).lower(), _plain(version)) for name, version in texts]


def _plain(text: str) -> str:
    """Without what PostgreSQL can not store."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
