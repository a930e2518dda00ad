"""Answers that were read before, so that a host need only say that nothing has changed.

One file per address and per owner of the token, because a host shows every account something else. An entry is never
believed by itself: it is sent back as `If-None-Match`, and used when the host answers 304. GitHub does not even count
such requests. A file that is damaged, or that is not what its name says, is as if it was not there.
"""

import json
import re
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import NamedTemporaryFile

from integrations.answers import Answer
from integrations.errors import UnexpectedResponse
from integrations.urls import RemoteUrl

LIFE_SECONDS = 8 * 24 * 3600
LARGEST_BODY = 1024 * 1024
KEPT_HEADERS = ("content-type", "etag", "link", "x-next-page", "x-total")
_ETAG = re.compile(r"[\x21-\x7e]{1,300}")  # what every server takes back in a header
_PAGING = ("link", "x-next-page", "x-total")


@dataclass(frozen=True, slots=True)
class AnswerStore:
    """The answers that one account got. `owner` says which account of which integration; it is never a token."""

    folder: Path
    owner: str
    life_seconds: float = LIFE_SECONDS

    def find(self, url: RemoteUrl, accept: str) -> Answer | None:
        """The answer that this account got here last, unless that is too long ago."""
        path = self._path(url, accept)
        try:
            if time.time() - path.stat().st_mtime > self.life_seconds:
                return None
            return _unpack(path.read_bytes(), key=self._key(url, accept))
        except (OSError, ValueError, KeyError, TypeError, zlib.error):
            return None

    def keep(self, url: RemoteUrl, accept: str, answer: Answer) -> None:
        """Keep a whole document whose version the host names. A full disk changes nothing."""
        if answer.status != 200:
            return
        path = self._path(url, accept)
        with suppress(OSError):
            if _is_worth_keeping(answer):
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _write(path, _pack(answer, key=self._key(url, accept)))
            else:
                path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Drop everything that this account got: something of it made no sense, and would be confirmed for ever."""
        rmtree(self.folder / _digest(self.owner), ignore_errors=True)

    def _key(self, url: RemoteUrl, accept: str) -> str:
        return f"{self.owner}\n{url}\n{accept}"

    def _path(self, url: RemoteUrl, accept: str) -> Path:
        return self.folder / _digest(self.owner) / _digest(self._key(url, accept))


def confirm(kept: Answer, confirmation: Answer) -> Answer:
    """The kept answer after a 304. What the 304 says about pages and the credential is newer than what was kept."""
    newer = {name: confirmation.headers[name] for name in _PAGING if name in confirmation.headers}
    return replace(kept, headers={**confirmation.headers, **kept.headers, **newer}, is_kept=not newer)


def remove_old_answers(folder: Path, *, life_seconds: float = LIFE_SECONDS) -> int:
    """Delete what nobody may use any more, and what an interrupted write left behind. Returns how many files."""
    removed = 0
    for path in folder.glob("*/*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > life_seconds:
                path.unlink()
                removed += 1
    for owner in folder.glob("*"):
        with suppress(OSError):  # not empty
            owner.rmdir()
    return removed


def _is_worth_keeping(answer: Answer) -> bool:
    if not _ETAG.fullmatch(answer.headers.get("etag", "")) or len(answer.body) > LARGEST_BODY:
        return False
    try:
        answer.json()
    except UnexpectedResponse:
        return False
    return True


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:40]


def _pack(answer: Answer, *, key: str) -> bytes:
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    head = {"key": key, "request": answer.request, "status": answer.status, "headers": headers}
    return zlib.compress(json.dumps(head).encode() + b"\n" + answer.body, level=1)


def _unpack(packed: bytes, *, key: str) -> Answer | None:
    """Raises ValueError, KeyError, TypeError or zlib.error for anything that `_pack` did not make."""
    first, _, body = zlib.decompress(packed).partition(b"\n")
    head = json.loads(first)
    if head["key"] != key:
        return None
    headers: Mapping[str, str] = {str(name): str(value) for name, value in head["headers"].items()}
    return Answer(str(head["request"]), int(head["status"]), headers, body) if headers.get("etag") else None


def _write(path: Path, content: bytes) -> None:
    """All or nothing, and for this user's eyes only."""
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:  # its mode is 0600
        draft = Path(file.name)
        try:
            file.write(content)
            file.close()
            draft.replace(path)
        except OSError:
            draft.unlink()
            raise
