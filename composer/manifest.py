"""Read one composer.json: bytes in, a typed manifest or the reason why there is none out. Pure: no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from composer.php_json import InvalidJson, Json, decode
from composer.problems import Problem, text
from composer.release_time import parse_time
from composer.validation import validate, version_text
from composer.versions import PHP_SPACE

LARGEST_MANIFEST = 1024 * 1024
NUL_ESCAPE = b"\\u0000"


class ManifestFault(StrEnum):
    """Why a commit has no usable composer.json."""

    MISSING = "missing"
    BLANK = "blank"
    NOT_AN_OBJECT = "not an object"
    INVALID_JSON = "invalid JSON"
    TOO_LARGE = "too large"


class UnreadableManifest(Exception):
    """There is no usable composer.json; `fault` says which case, the message says it in words."""

    def __init__(self, fault: ManifestFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Manifest:
    """A composer.json that could be read; nothing in it has been checked yet."""

    document: Mapping[str, Json] = field(repr=False)

    @property
    def name(self) -> str | None:
        """The package name as written, None when there is none."""
        return text(self.document, "name")

    @property
    def version(self) -> str | None:
        """The version written into the file, None when it is left to the tag. Empty when it is no text at all."""
        version = self.document.get("version")
        if version is None:
            return None
        return "" if isinstance(version, (list, dict)) else version_text(version).strip(PHP_SPACE)

    @property
    def time(self) -> datetime | None:
        """The release time written into the file, None when it is left to the commit or is not understood."""
        time = text(self.document, "time")
        return parse_time(time) if time else None

    @property
    def abandoned(self) -> str | bool:
        """False, or True, or the name of the package to use instead."""
        abandoned = self.document.get("abandoned")
        return abandoned if isinstance(abandoned, str) and abandoned else bool(abandoned)

    @property
    def archive_excludes(self) -> tuple[str, ...]:
        """The patterns of files that do not belong into the zip."""
        archive = self.document.get("archive")
        excludes = archive.get("exclude") if isinstance(archive, dict) else None
        return tuple(item for item in excludes if isinstance(item, str)) if isinstance(excludes, list) else ()

    def problems(self, *, name: str | None = None) -> list[Problem]:
        """Return what is wrong with the file, judged under another name when the repository has one."""
        return validate({**self.document, "name": name} if name else self.document)


def read_manifest(content: bytes | None) -> Manifest:
    """Return the manifest; None stands for a file that is not there. Raises UnreadableManifest."""
    if content is None:
        raise UnreadableManifest(ManifestFault.MISSING, "there is no composer.json")
    if len(content) > LARGEST_MANIFEST:
        raise UnreadableManifest(ManifestFault.TOO_LARGE, f"composer.json is larger than {LARGEST_MANIFEST} bytes")
    if not content.strip(PHP_SPACE.encode()):
        raise UnreadableManifest(ManifestFault.BLANK, "composer.json is blank")
    document = _without_nul(_decode(content)) if NUL_ESCAPE in content else _decode(content)
    if not isinstance(document, dict) or not document:
        raise UnreadableManifest(ManifestFault.NOT_AN_OBJECT, "composer.json is not an object with something in it")
    return Manifest(document)


def _decode(content: bytes) -> Json:
    try:
        return decode(content)
    except InvalidJson as error:
        raise UnreadableManifest(ManifestFault.INVALID_JSON, f"composer.json is not valid JSON: {error}") from error


def _without_nul(value: Json) -> Json:
    """The same without NUL characters, which JSON can hold and PostgreSQL can not."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {name.replace("\0", ""): _without_nul(item) for name, item in value.items()}
    return value
