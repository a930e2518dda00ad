"""How every git command is run: one table of environment and settings, and what its errors mean to callers.

Settings travel in `GIT_CONFIG_*` variables, because they outrank a repository's own configuration and reach every child
process. Nothing of the machine's or the user's git configuration is read.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integrations.errors import (
    CodeHostError,
    Forbidden,
    NotFound,
    Refused,
    Unauthorized,
    Unavailable,
    UnexpectedResponse,
)
from integrations.vcs.run import Command, CommandError, Failed, Limits, OutputTooLarge, run

OLDEST_GIT = (2, 39)  # the first Debian release with `http.curloptResolve`, by which we pin addresses
Setting = tuple[str, str]

_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "https",
    "GIT_ASKPASS": "false",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_SSH_COMMAND": "false",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_TEST_DATE_NOW": "0",  # `export-subst` can print "2 weeks ago": a fixed clock keeps archives the same
    "LC_ALL": "C.UTF-8",
    "SSH_ASKPASS": "false",
    "TZ": "UTC",
}
_SETTINGS: tuple[Setting, ...] = (
    ("core.abbrev", "40"),  # the short length grows with the repository, and `export-subst` can print it
    ("core.attributesFile", "/dev/null"),
    ("core.bigFileThreshold", "32m"),  # larger files are streamed, never held in memory
    ("core.deltaBaseCacheLimit", "64m"),
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.logAllRefUpdates", "false"),
    ("core.packedGitLimit", "512m"),
    ("core.packedGitWindowSize", "32m"),
    ("core.sshCommand", "false"),
    ("credential.helper", ""),
    ("credential.interactive", "false"),
    ("fetch.fsckObjects", "true"),
    # Harmless faults of old programs that code hosts accept as well.
    ("fetch.fsck.badTimezone", "ignore"),
    ("fetch.fsck.missingSpaceBeforeDate", "ignore"),
    ("fetch.fsck.zeroPaddedFilemode", "ignore"),
    ("fetch.unpackLimit", "1"),
    ("fetch.writeCommitGraph", "false"),
    ("gc.auto", "0"),
    ("gc.autoDetach", "false"),
    ("gpg.program", "false"),
    ("gpg.ssh.program", "false"),
    ("gpg.x509.program", "false"),
    ("http.followRedirects", "false"),
    ("http.lowSpeedLimit", "1000"),
    ("http.lowSpeedTime", "30"),
    ("http.sslVerify", "true"),
    ("http.sslVersion", "tlsv1.2"),
    ("maintenance.auto", "false"),
    ("pack.threads", "2"),
    ("pack.windowMemory", "128m"),
    ("protocol.version", "2"),
    ("safe.bareRepository", "explicit"),
    ("submodule.recurse", "false"),
    ("tar.umask", "0022"),
    ("transfer.bundleURI", "false"),
    ("transfer.credentialsInUrl", "die"),
)


@dataclass(frozen=True, slots=True)
class GitCommand:
    """The arguments of one git call and what it may reach beyond our table."""

    arguments: tuple[str, ...]
    git_dir: Path | None = None
    settings: tuple[Setting, ...] = ()
    environment: tuple[Setting, ...] = ()


@contextmanager
def workspace() -> Iterator[Path]:
    """An empty private directory: home, current directory and place for temporary files of the calls made in it."""
    with tempfile.TemporaryDirectory(prefix="repertory-git-") as directory:
        yield Path(directory)


def prepare(
    git: GitCommand,
    directory: Path,
    *,
    limits: Limits,
    input: bytes = b"",
    inherited: tuple[int, ...] = (),
    secrets: tuple[str, ...] = (),
) -> Command:
    """The command to run, with our whole table."""
    place = () if git.git_dir is None else (f"--git-dir={git.git_dir}",)
    return Command(
        arguments=("git", "--no-pager", *place, *git.arguments),
        environment=_environment(directory, git),
        directory=directory,
        limits=limits,
        input=input,
        inherited=inherited,
        secrets=secrets,
    )


def read_git_version() -> tuple[int, ...]:
    """The version of the installed git. Raises Unavailable when there is none."""
    with workspace() as directory:
        try:
            answer = run(prepare(GitCommand(("version",)), directory, limits=Limits(seconds=10)))
        except CommandError as error:
            raise Unavailable(f"git can not be started: {error}") from error
    found = re.search(rb"\d+(?:\.\d+)+", answer)
    return tuple(int(part) for part in found.group().split(b".")) if found else ()


def explain(error: CommandError, doing: str) -> CodeHostError:
    """What a failed call means for the caller, told by git's (untranslated) words."""
    if isinstance(error, OutputTooLarge):
        return UnexpectedResponse(f"{doing}: the answer is larger than we accept")
    if not isinstance(error, Failed):
        return Unavailable(f"{doing}: {error}")
    text = error.stderr.lower()
    for words, kind in _MEANINGS:
        if any(word in text for word in words):
            return kind(f"{doing}: {_last_words(error.stderr)}")
    return UnexpectedResponse(f"{doing}: {_last_words(error.stderr)}")


_MEANINGS: Sequence[tuple[tuple[str, ...], Callable[[str], CodeHostError]]] = (
    (
        ("authentication failed", "could not read username", "could not read password", "returned error: 401"),
        Unauthorized,
    ),
    (("returned error: 403",), Forbidden),
    (("returned error: 404", "returned error: 410", "' not found"), NotFound),
    (("' not allowed", "strange hostname blocked"), Refused),
    (("returned error: 3",), UnexpectedResponse),
    (
        (
            "could not resolve host",
            "failed to connect",
            "couldn't connect",
            "connection refused",
            "connection reset",
            "connection timed out",
            "operation too slow",
            "empty reply from server",
            "unable to access",
            "returned error: 429",
            "returned error: 5",
            "rpc failed",
            "early eof",
            "hung up",
            "couldn't find remote ref",
            "no space left on device",
            "is not installed",
        ),
        Unavailable,
    ),
)


def _last_words(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return " / ".join((fatal or lines)[-2:])[:500] or "git said nothing"


def _environment(directory: Path, git: GitCommand) -> dict[str, str]:
    home = str(directory)
    environment = _ENVIRONMENT | {
        "GIT_CEILING_DIRECTORIES": str(directory.parent),
        "HOME": home,
        "TMPDIR": home,
        "XDG_CONFIG_HOME": home,
    }
    settings = (*_SETTINGS, *git.settings)
    environment["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (key, value) in enumerate(settings):
        environment[f"GIT_CONFIG_KEY_{number}"] = key
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
    return environment | dict(git.environment)
