"""Start one program with nothing inherited, and never wait longer than agreed. Only this module starts processes.

The program gets an argument list (no shell), an environment from scratch, a session of its own, umask 077 and resource
limits. Its whole process group dies at the deadline, at any exception, when it ends before its children, and (through
the kernel's parent-death signal) when our own process is killed.
"""

import base64
import os
import re
import resource
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TETHER = ("setpriv", "--no-new-privs", "--pdeathsig", "KILL", "--")
_CHUNK = 65536
_USERINFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_UNPRINTABLE = re.compile(r"[^\n\x20-\x7e\xa0-\U0010ffff]")


class CommandError(Exception):
    """A program that did not do its work."""


class TimedOut(CommandError):
    """The deadline passed; the whole process group was killed."""


class OutputTooLarge(CommandError):
    """The program wrote more than the caller was ready to read; it was killed."""


class Failed(CommandError):
    """The program ended with an error. `stderr` is scrubbed of credentials and control characters."""

    def __init__(self, program: str, *, status: int, stderr: str) -> None:
        super().__init__(f"{program} ended with status {status}: {stderr.strip() or 'no message'}")
        self.status = status
        self.stderr = stderr


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use. Memory is address space, so it must leave room for mapped files."""

    seconds: float = 60.0
    cpu_seconds: int = 60
    output_bytes: int = 64 << 20
    error_bytes: int = 64 << 10
    file_bytes: int = 2 << 30
    memory_bytes: int = 8 << 30


@dataclass(frozen=True, slots=True)
class Command:
    """One call. `secrets` never appear in error texts; `inherited` are open files that the program may read."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path
    limits: Limits = Limits()
    input: bytes = field(default=b"", repr=False)
    inherited: tuple[int, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)


def run(command: Command) -> bytes:
    """What the program writes. Raises TimedOut, OutputTooLarge or Failed."""
    with stream(command) as output:
        return b"".join(iter(output.read, b""))


@contextmanager
def stream(command: Command) -> Iterator["Output"]:
    """The program's output as it comes. Leaving the block reads the rest, and raises Failed if the program failed."""
    output = Output(command)
    try:
        yield output
        output.finish()
    finally:
        output.close()


def scrub(text: str, secrets: tuple[str, ...]) -> str:
    """The text without the secrets (plain, percent-encoded or base64), user parts of URLs and control characters."""
    for secret in filter(None, secrets):
        for form in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()):
            text = text.replace(form, "***")
    return _UNPRINTABLE.sub("?", _USERINFO.sub("***", text))


class Output:
    """A running program: feeds its input, collects its errors and hands out its output, all in one select loop."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._deadline = time.monotonic() + command.limits.seconds
        self._pending = b""
        self._errors = bytearray()
        self._count = 0
        self._unsent = memoryview(command.input)
        self._selector = selectors.DefaultSelector()
        self._child = _start(command)
        self._exit = os.pidfd_open(self._child.pid)
        for pipe in (self._child.stdout, self._child.stderr, self._child.stdin):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
        self._watch()

    def read(self, size: int = _CHUNK) -> bytes:
        """At most `size` bytes; empty at the end. Raises TimedOut or OutputTooLarge."""
        while not self._pending and self._is_open(self._child.stdout):
            self._step()
        part, self._pending = self._pending[:size], self._pending[size:]
        return part

    def read_exactly(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end. Raises TimedOut or OutputTooLarge."""
        parts: list[bytes] = []
        while size and (part := self.read(min(size, _CHUNK))):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def read_line(self) -> bytes:
        """The next line without its end; empty at the end. Raises TimedOut or OutputTooLarge."""
        while b"\n" not in self._pending and self._is_open(self._child.stdout):
            seen, self._pending = self._pending, b""
            self._step()
            self._pending = seen + self._pending
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def finish(self) -> None:
        """Wait for the end. Raises Failed, TimedOut or OutputTooLarge."""
        while self._selector.get_map():
            self._pending = b""
            self._step()
        status = self._child.wait()
        if status:
            stderr = scrub(self._errors.decode("utf-8", "replace"), self._command.secrets)
            raise Failed(self._command.arguments[0], status=status, stderr=stderr)

    def close(self) -> None:
        """Kill what still runs and give everything back."""
        self._kill()
        self._child.wait()
        self._selector.close()
        os.close(self._exit)
        for pipe in (self._child.stdout, self._child.stderr, self._child.stdin):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _watch(self) -> None:
        self._selector.register(self._exit, selectors.EVENT_READ, self._on_exit)
        self._selector.register(_fileno(self._child.stdout), selectors.EVENT_READ, self._on_output)
        self._selector.register(_fileno(self._child.stderr), selectors.EVENT_READ, self._on_errors)
        if self._child.stdin is not None:
            self._selector.register(self._child.stdin.fileno(), selectors.EVENT_WRITE, self._on_writable)

    def _is_open(self, pipe: object) -> bool:
        return _fileno(pipe) in self._selector.get_map()

    def _step(self) -> None:
        remaining = self._deadline - time.monotonic()
        ready = self._selector.select(remaining) if remaining > 0 else []
        if not ready:
            self._kill()
            raise TimedOut(f"{self._command.arguments[0]} took longer than {self._command.limits.seconds:g} seconds")
        for key, _ in ready:
            key.data(key.fd)

    def _on_output(self, descriptor: int) -> None:
        part = os.read(descriptor, _CHUNK)
        if not part:
            self._selector.unregister(descriptor)
        self._count += len(part)
        if self._count > self._command.limits.output_bytes:
            self._kill()
            program, limit = self._command.arguments[0], self._command.limits.output_bytes
            raise OutputTooLarge(f"{program} wrote more than {limit} bytes")
        self._pending += part

    def _on_errors(self, descriptor: int) -> None:
        part = os.read(descriptor, _CHUNK)
        if not part:
            self._selector.unregister(descriptor)
        self._errors += part[: max(0, self._command.limits.error_bytes - len(self._errors))]

    def _on_writable(self, descriptor: int) -> None:
        try:
            self._unsent = self._unsent[os.write(descriptor, self._unsent[:_CHUNK]) :]
        except BrokenPipeError:
            self._unsent = self._unsent[:0]
        if not self._unsent and self._child.stdin is not None:
            self._selector.unregister(descriptor)
            self._child.stdin.close()

    def _on_exit(self, descriptor: int) -> None:
        self._selector.unregister(descriptor)
        self._kill()  # a child of the program that outlives it would keep our pipes open

    def _kill(self) -> None:
        if self._child.returncode is None:  # not reaped yet, so the number still belongs to this group
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, signal.SIGKILL)


def _start(command: Command) -> subprocess.Popen[bytes]:
    arguments = ("prlimit", *_limit_options(command.limits), *_TETHER, *command.arguments)
    try:
        return subprocess.Popen(  # noqa: S603 - an argument list, never a shell; callers check every argument
            arguments,
            env={"PATH": SEARCH_PATH, **command.environment},
            cwd=command.directory,
            stdin=subprocess.PIPE if command.input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=command.inherited,
            start_new_session=True,
            umask=0o077,
        )
    except FileNotFoundError as error:
        missing = Failed(command.arguments[0], status=127, stderr=f"{arguments[0]} is not installed")
        raise missing from error


def _limit_options(limits: Limits) -> Iterator[str]:
    """Options of `prlimit`, never above what we may use ourselves (that would be an error)."""
    wanted = (
        ("cpu", resource.RLIMIT_CPU, limits.cpu_seconds),
        ("fsize", resource.RLIMIT_FSIZE, limits.file_bytes),
        ("as", resource.RLIMIT_AS, limits.memory_bytes),
        ("core", resource.RLIMIT_CORE, 0),
    )
    for name, kind, value in wanted:
        highest = resource.getrlimit(kind)[1]
        yield f"--{name}={value if highest == resource.RLIM_INFINITY else min(value, highest)}"


def _fileno(pipe: object) -> int:
    descriptor: int = pipe.fileno()  # type: ignore[attr-defined]
    return descriptor
