"""Git over smart HTTP by git's own `http-backend`. Who may is the host's business."""

import base64
import binascii
import os
import subprocess
from functools import lru_cache

from werkzeug import Request, Response

from .repository import Repository

UPLOAD, RECEIVE = SERVICES = ("git-upload-pack", "git-receive-pack")

Change = tuple[str, str, str]  # ref, before, after


def is_git_path(path: str) -> bool:
    return ".git/" in path and path.endswith(("/info/refs", *SERVICES))


def asked_service(request: Request, tail: str) -> str:
    """The service that a request is about; `tail` is the path behind the repository's."""
    return request.args.get("service", "") if tail == "info/refs" else tail


def basic_credentials(request: Request) -> tuple[str, str] | None:
    """User name and password of HTTP Basic; None without them or when they can not be read."""
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith("basic "):
        return None
    try:
        name, _, password = base64.b64decode(header[6:], validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, password


def text(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return Response(message, status, headers, content_type="text/plain")


def run(repository: Repository, request: Request, tail: str) -> tuple[Response, list[Change]]:
    """Let git answer. With what changed: the refs that a push created, moved or deleted."""
    repository.materialize()
    if tail != RECEIVE:
        return _backend(repository, request, tail), []
    with repository.lock:
        response = _backend(repository, request, tail)
        return response, repository.reread_refs()


def _backend(repository: Repository, request: Request, tail: str) -> Response:
    body = request.get_data()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(repository.path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_PROJECT_ROOT": str(repository.path.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repository.path.name}/{tail}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string.decode(),
        "CONTENT_TYPE": request.content_type or "",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_USER": "git",
        "REMOTE_ADDR": "127.0.0.1",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    done = subprocess.run([_backend_program()], input=body, env=environment, capture_output=True, check=True)
    return _from_cgi(done.stdout)


@lru_cache(maxsize=1)
def _backend_program() -> str:
    done = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True)
    return f"{done.stdout.strip()}/git-http-backend"


def _from_cgi(output: bytes) -> Response:
    head, _, body = output.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
    status = int(headers.pop("Status", "200").split(" ")[0])
    return Response(body, status, headers)
