"""A git repository on a code host: where it is, how we may reach it, and as whom."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from integrations.codehost import GitCredential
from integrations.errors import Refused, UnexpectedResponse
from integrations.vcs.address import RepositoryAddress, parse_address
from integrations.vcs.git_command import GitCommand, Setting, explain, prepare, workspace
from integrations.vcs.refs import RemoteRefs, parse_refs
from integrations.vcs.run import CommandError, Limits, run

MOST_REFS = 10_000
LIST_LIMITS = Limits(seconds=60, output_bytes=32 << 20)
FETCH_LIMITS = Limits(seconds=900, cpu_seconds=600)
# Any web page answering 200 passes for a "dumb" git server; an empty one even for an empty repository.
_SMART = re.compile(rb"< (?:version [12]|# service=git-upload-pack)")
Resolve = Callable[[str, int], str | None]


@dataclass(frozen=True, slots=True)
class GitNetwork:
    """The outbound rules that git must keep.

    `resolve(host, port)` checks the address and gives the IP to connect to, or None where a proxy resolves; it raises
    Refused or ConnectionFailed. `ca_file` replaces the system's certificates, so it has to contain them too.
    """

    resolve: Resolve
    allow_http: bool = False
    ca_file: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    list_limits: Limits = LIST_LIMITS
    fetch_limits: Limits = FETCH_LIMITS


class GitRemote:
    """One repository, reached with one credential or anonymously. Raises Refused for an address we do not accept."""

    def __init__(self, url: str, *, network: GitNetwork, credential: GitCredential | None = None) -> None:
        self.address: RepositoryAddress = parse_address(url, allow_http=network.allow_http)
        self._network = network
        self._credential = credential

    def list_refs(self) -> RemoteRefs:
        """Default branch, branches and tags, in one call.

        Raises the CodeHostError family; UnexpectedResponse for more than 10,000 branches and tags.
        """
        answer = self._call(("ls-remote", "--symref", "--quiet"), limits=self._network.list_limits)
        refs = parse_refs(answer)
        if len(refs.all) > MOST_REFS:
            raise UnexpectedResponse(
                f"The repository has {len(refs.all)} branches and tags; we read at most {MOST_REFS}."
            )
        return refs

    def fetch_into(self, git_dir: Path, *, refspecs: bytes) -> None:
        """Bring what the refspecs (one per line) name into a bare repository. Raises the CodeHostError family."""
        options = ("--quiet", "--no-tags", "--no-auto-maintenance", "--no-write-fetch-head", "--no-recurse-submodules")
        arguments = ("fetch", *options, "--no-show-forced-updates", "--stdin")
        self._call(arguments, git_dir=git_dir, input=refspecs, limits=self._network.fetch_limits)

    def _call(
        self, arguments: tuple[str, ...], *, limits: Limits, git_dir: Path | None = None, input: bytes = b""
    ) -> bytes:
        settings = self._settings()
        secrets = (self._credential.password,) if self._credential else ()
        with workspace() as directory, _offer(self._credential, self.address) as (offered, inherited):
            git = GitCommand(
                arguments=(*arguments, "--", self.address.url),
                git_dir=git_dir,
                settings=(*settings, *offered),
                environment=(
                    ("GIT_ALLOW_PROTOCOL", self.address.scheme),
                    ("GIT_TRACE_PACKET", str(directory / "packets")),
                ),
            )
            command = prepare(git, directory, limits=limits, input=input, inherited=inherited, secrets=secrets)
            doing = f"git {arguments[0]} {self.address.url}"
            try:
                answer = run(command)
            except CommandError as error:
                raise explain(error, doing) from error
            if not _SMART.search(_read_start(directory / "packets")):
                raise UnexpectedResponse(f"{doing}: the server does not speak git's protocol")
            return answer

    def _settings(self) -> tuple[Setting, ...]:
        host, port = self.address.host.strip("[]"), self.address.port
        ip = self._network.resolve(host, port)
        settings: list[Setting] = []
        if ip is not None and ip != host:
            pinned = f"[{ip}]" if ":" in ip else ip
            settings.append(("http.curloptResolve", f"{host}:{port}:{pinned}"))
        if self._network.ca_file is not None:
            settings.append(("http.sslCAInfo", str(self._network.ca_file)))
        if self._network.proxy is not None:
            settings.append(("http.proxy", self._network.proxy))
        return tuple(settings)


def _read_start(path: Path) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        return file.read(4096)


@contextmanager
def _offer(
    credential: GitCredential | None, address: RepositoryAddress
) -> Iterator[tuple[tuple[Setting, ...], tuple[int, ...]]]:
    """Settings by which git asks for the credential, for this host only, and the open memory file that answers.

    The secret is in no argument, no environment and no file on disk: a helper reads it from an inherited descriptor.
    """
    if credential is None:
        yield (), ()
        return
    answer = f"username={credential.username}\npassword={credential.password}\n"
    if answer.count("\n") != 2 or "\r" in answer or "\0" in answer:
        raise Refused("A user name or password for git may not contain line breaks.")
    descriptor = os.memfd_create("credential")
    try:
        os.write(descriptor, answer.encode())
        helper = f'!f() {{ test "$1" = get && cat /proc/self/fd/{descriptor}; }}; f'
        yield ((f"credential.{address.origin}.helper", helper), ("http.proactiveAuth", "basic")), (descriptor,)
    finally:
        os.close(descriptor)
