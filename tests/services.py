"""The real servers that tests talk to: one redis-server and one throw-away PostgreSQL for the whole test run.

The pytest controller starts this module as a process of its own (`python -m tests.services FOLDER`), which owns both
servers and takes them with it when the controller goes, however it goes. Fixtures wait for the address files in FOLDER.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

START_SECONDS = 60.0
REDIS_DATABASES = 128


class ServiceUnavailable(Exception):
    """A server that the tests need is missing or does not start; the text says what to do."""


class RedisServer:
    """A redis-server of one's own on a unix socket, which a test may stop and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its database 0."""
        return redis_url(self.socket, database=0)

    def start(self) -> None:
        """Start and wait until it answers. Raises ServiceUnavailable."""
        program = _program("redis-server", package="redis-server")
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "dir": str(self.folder),
            "databases": str(REDIS_DATABASES),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "logfile": str(self.folder / "redis.log"),
        }
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen([*_dies_with_parent(), program, *arguments])
        _wait_until(self._answers, what="redis-server", log=self.folder / "redis.log", process=self._process)

    def stop(self) -> None:
        """Ask it to save and end."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=15)
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


class PostgresServer:
    """A throw-away PostgreSQL cluster on a free loopback port, without a care for durability."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its maintenance database."""
        return f"postgresql+psycopg://repertory@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Make the cluster, start it and wait until it answers. Raises ServiceUnavailable."""
        binaries = _postgres_binaries()
        account = _postgres_account()
        self.folder.mkdir(parents=True)
        if account is not None:
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self._initialize(binaries / "initdb", self.folder / "data", account)
        self._run()

    def restart(self) -> None:
        """End it in the middle of everything, as a power cut would, and start it again. Raises ServiceUnavailable."""
        self.stop()
        self._run()

    def _run(self) -> None:
        postgres, account = _postgres_binaries() / "postgres", _postgres_account()
        with (self.folder / "postgres.log").open("wb") as log:
            command = [*_dies_with_parent(account), str(postgres), "-D", str(self.folder / "data"), *self._options()]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        _wait_until(self._answers, what="PostgreSQL", log=self.folder / "postgres.log", process=self._process)

    def stop(self) -> None:
        """End it at once; nothing in it is worth keeping."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=15)
            self._process = None

    def _initialize(self, initdb: Path, data: Path, account: pwd.struct_passwd | None) -> None:
        command = [*_dies_with_parent(account), str(initdb), "-D", str(data), "-U", "repertory", "-A", "trust"]
        command += ["--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        result = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, check=False)
        if result.returncode != 0:
            raise ServiceUnavailable(f"initdb failed: {result.stderr.strip()[-500:]}")

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "300",
            "shared_buffers": "64MB",
            "timezone": "UTC",
        }
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _answers(self) -> bool:
        # SSLRequest: any server that is ready to talk answers one byte.
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(bytes.fromhex("0000000804d2162f"))
                return connection.recv(1) in {b"N", b"S"} and self._accepts_sessions()
        except OSError:
            return False

    def _accepts_sessions(self) -> bool:
        log = (self.folder / "postgres.log").read_text(encoding="utf-8", errors="replace")
        return "ready to accept connections" in log


def redis_url(path: Path, *, database: int) -> str:
    """The address of one database behind a unix socket."""
    return f"unix://{path}?db={database}"


def free_port() -> int:
    """A loopback port that nobody listens on right now, below those that the kernel gives to outgoing connections:
    it is still free when somebody binds it a moment later."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def start_in_background() -> tuple[Path, subprocess.Popen[bytes]]:
    """Start both servers beside the tests. The address files appear in the returned folder."""
    folder = Path(tempfile.mkdtemp(prefix=f"repertory-test-{secrets.token_hex(2)}-"))
    folder.chmod(0o711)  # PostgreSQL runs as another user when we are root
    root = Path(__file__).resolve().parent.parent
    command = [*_dies_with_parent(), sys.executable, "-m", "tests.services", str(folder)]
    return folder, subprocess.Popen(command, cwd=root, stdin=subprocess.DEVNULL)


def stop_background(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Stop what `start_in_background` began; it removes its folder."""
    process.terminate()
    process.wait(timeout=30)
    shutil.rmtree(folder, ignore_errors=True)  # for the case that it was killed


def wait_for_address(folder: Path, name: str) -> str:
    """The address of the server `redis` or `postgresql`. Raises ServiceUnavailable with the reason."""
    address, failure = folder / f"{name}.address", folder / f"{name}.failed"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if address.exists():
            return address.read_text(encoding="utf-8")
        if failure.exists():
            raise ServiceUnavailable(failure.read_text(encoding="utf-8"))
        time.sleep(0.02)
    raise ServiceUnavailable(f"{name} did not start within {START_SECONDS:.0f} seconds")


def _program(name: str, *, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ServiceUnavailable(f"{name} is missing; install it with: apt-get install {package}")
    return path


def _postgres_binaries() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise ServiceUnavailable("PostgreSQL is missing; install it with: apt-get install postgresql")
    return Path(on_path).resolve().parent


def _postgres_account() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then the distribution's user for it, or else nobody."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")


def _dies_with_parent(account: pwd.struct_passwd | None = None) -> list[str]:
    prefix = [_program("setpriv", package="util-linux"), "--pdeathsig", "TERM"]
    if account is not None:
        prefix += [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    return [*prefix, "--"]


def _wait_until(answers: Callable[[], bool], *, what: str, log: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if answers():
            return
        time.sleep(0.02)
    told = log.read_text(encoding="utf-8", errors="replace")[-800:] if log.exists() else "it wrote no log"
    raise ServiceUnavailable(f"{what} does not start: {told}")


def _announce(folder: Path, name: str, server: RedisServer | PostgresServer) -> None:
    try:
        server.start()
    except (ServiceUnavailable, OSError) as error:
        _write(folder / f"{name}.failed", str(error))
    else:
        _write(folder / f"{name}.address", server.url)


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.rename(path)


def _stop_when_told(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def main(folder: Path) -> None:
    """Own both servers until told to end."""
    signal.signal(signal.SIGTERM, _stop_when_told)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the controller, which ends us afterwards
    redis, postgres = RedisServer(folder / "redis"), PostgresServer(folder / "postgresql")
    try:
        _announce(folder, "redis", redis)
        _announce(folder, "postgresql", postgres)
        while True:
            signal.pause()
    finally:
        postgres.stop()
        redis.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
