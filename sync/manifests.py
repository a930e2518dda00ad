"""What the file at the root of a default branch says about a package. Pure."""

from composer.manifest import ManifestFault, UnreadableManifest, read_manifest
from composer.names import name_problem
from models import ManifestState
from sync.snapshot import Manifest

MANIFEST_PATH = "composer.json"


def convert_manifest(content: bytes | None) -> Manifest:
    """From the bytes of composer.json; None: there is no such file."""
    try:
        name = (read_manifest(content).name or "").lower()
    except UnreadableManifest as error:
        state = ManifestState.ABSENT if error.fault is ManifestFault.MISSING else ManifestState.BROKEN
        return Manifest(state, reason=str(error))
    if not name:
        return Manifest(ManifestState.BROKEN, reason='composer.json has no "name"')
    problem = name_problem(name)
    if problem is not None:
        return Manifest(ManifestState.BROKEN, reason=problem.message)
    return Manifest(ManifestState.PRESENT, name)


def unreadable_manifest(reason: str) -> Manifest:
    """For a repository whose files the credential may not read."""
    return Manifest(ManifestState.BROKEN, reason=f"the host does not let us read files there: {reason}")
