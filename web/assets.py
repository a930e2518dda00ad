"""Style sheets, script and icons under /static. Bootstrap comes from the installed wheel, the rest from static/."""

import gzip
import mimetypes
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, abort, request, url_for

STATIC = Path(__file__).resolve().parent.parent / "static"
VENDORED = {"bootstrap.min.css": "static/bootstrap5/css/bootstrap.min.css"}
FOREVER = "public, max-age=31536000, immutable"
COMPRESSIBLE = frozenset({"text/css", "text/javascript", "image/svg+xml"})

blueprint = Blueprint("web", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent, plain and compressed."""

    content_type: str
    body: bytes = field(repr=False)
    compressed: bytes | None = field(repr=False)
    version: str


@blueprint.get("/static/<path:name>")
def asset(name: str) -> Response:
    """One file; addresses with its version may be kept for ever."""
    found = load_asset(name)
    if found is None:
        abort(404)
    response = Response(found.body, content_type=found.content_type)
    response.vary.add("Accept-Encoding")
    if found.compressed is not None and request.accept_encodings["gzip"] > 0:
        response.set_data(found.compressed)
        response.content_encoding = "gzip"
    response.set_etag(found.version, weak=True)
    response.headers["Cache-Control"] = FOREVER if request.args.get("v") == found.version else "no-cache"
    response.make_conditional(request)
    return response


def asset_url(name: str) -> str:
    """Address of a file of ours, with its version. Raises LookupError for a name that does not exist."""
    found = load_asset(name)
    if found is None:
        raise LookupError(f"no such asset: {name}")
    return url_for("web.asset", name=name, v=found.version)


@lru_cache(maxsize=64)
def load_asset(name: str) -> Asset | None:
    """Read a file once per process; None when there is none or the name leads out of the folder."""
    path = _path_of(name)
    if path is None:
        return None
    body = path.read_bytes()
    content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(
        content_type=f"{content_type}; charset=utf-8" if content_type in COMPRESSIBLE else content_type,
        body=body,
        compressed=gzip.compress(body, mtime=0) if content_type in COMPRESSIBLE else None,
        version=sha256(body).hexdigest()[:12],
    )


def _path_of(name: str) -> Path | None:
    if name in VENDORED:
        return Path(str(files("flask_bootstrap").joinpath(VENDORED[name])))
    try:
        path = (STATIC / name).resolve()
        return path if path.is_relative_to(STATIC) and path.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None
