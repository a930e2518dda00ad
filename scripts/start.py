"""Start an installation in the foreground: database, Redis, workers, ticker and web; stop all of it on Ctrl-C.

scripts/run has made sure by now that everything needed is installed, and that we are the right user.
"""

import errno
import fcntl
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from config import Settings, SettingsError
from scripts.demonstration import HOSTS, are_ready, describe
from scripts.places import ROOT, Places, StartRefused, make_places
from scripts.programs import list_programs, render_redis_configuration, render_supervisor_configuration
from scripts.supervision import Supervision

OTHER_ADDRESS = "REPERTORY_BIND=127.0.0.1:8001 REPERTORY_BASE_URL=http://localhost:8001 make run"
COMPLETE_SECONDS = 15.0
READY_SECONDS = 60.0


def main(arguments: list[str]) -> int:
    """Run until stopped; with `--demo`, beside make-believe code hosts. Returns the exit code."""
    os.umask(0o077)
    try:
        settings = Settings.from_env()
        runtime = os.environ.get("REPERTORY_RUNTIME_DIR")
        places = make_places(settings.data_dir, runtime=Path(runtime) if runtime else None)
        with _only_one_start(places):
            check_address_is_free(settings.bind, advice=OTHER_ADDRESS)
            if "--demo" in arguments:
                for host in HOSTS:
                    advice = f"{host.port_variable}={host.port + 100} make demo"
                    check_address_is_free(f"127.0.0.1:{host.port}", advice=advice)
            return _run(settings, places, demo="--demo" in arguments)
    except (SettingsError, StartRefused) as error:
        print(f"\nRepertory was not started. {error}", file=sys.stderr)
        return 1


def _run(settings: Settings, places: Places, *, demo: bool) -> int:
    environment = _environment(settings, places)
    setup_link = _prepare(environment)
    _write_configuration(settings, places, demo=demo)
    supervision = Supervision(places, environment=environment)
    supervision.start()
    try:
        complete = supervision.wait_until(lambda: read_readiness(settings).complete, seconds=COMPLETE_SECONDS)
        if complete or supervision.wait_until(lambda: read_readiness(settings).answers, seconds=READY_SECONDS):
            _announce(settings, places, setup_link, complete=complete)
            if demo and supervision.wait_until(lambda: are_ready(places), seconds=READY_SECONDS):
                print("", *describe(places), sep="\n")
            print("\nStop it with Ctrl-C.", flush=True)
        elif supervision.is_wanted:
            _tell_not_ready(settings, places)
            print(setup_link)
        return supervision.wait()
    finally:
        supervision.stop()
        (places.run / "redis.url").unlink(missing_ok=True)


def check_address_is_free(bind: str, *, advice: str) -> None:
    """Raises StartRefused when the web could not listen there."""
    host, _, port = bind.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as error:
            reason = "another program is using it" if error.errno == errno.EADDRINUSE else str(error.strerror)
            problem = f"It can not listen on {bind}: {reason}"
            raise StartRefused(f"{problem}. Choose another address, for example: {advice}") from error


@dataclass(frozen=True, slots=True)
class Readiness:
    """What /readyz says."""

    answers: bool  # people can be served
    complete: bool  # and nothing at all is amiss, such as a worker that is still starting
    detail: str


def read_readiness(settings: Settings) -> Readiness:
    """Ask the web process, whether it is up or not."""
    try:
        status, body = _get(settings, "/readyz")
    except (OSError, HTTPException) as error:
        return Readiness(answers=False, complete=False, detail=f"the web does not answer ({error})")
    complete = status == 200 and _read_status(body) == "ok"
    return Readiness(answers=status == 200, complete=complete, detail=body.decode(errors="replace")[:500].strip())


def _get(settings: Settings, path: str) -> tuple[int, bytes]:
    host, _, port = settings.bind.rpartition(":")
    host = {"0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]"))  # noqa: S104 - compared, not bound
    connection = HTTPConnection(host, int(port), timeout=5)
    try:
        connection.request("GET", path, headers={"Host": settings.base.netloc})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _read_status(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    return str(answer.get("status", "")) if isinstance(answer, dict) else ""


def _environment(settings: Settings, places: Places) -> Mapping[str, str]:
    own = {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "REPERTORY_DATA_DIR": str(places.data),
        "REDIS_URL": settings.redis_url or f"unix://{places.redis_socket}",
    }
    return {**os.environ, **own}


def _prepare(environment: Mapping[str, str]) -> str:
    """Upgrade the database. Returns the setup link of a new installation, else nothing."""
    command = [sys.executable, "-P", "-m", "scripts.prepare"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StartRefused("The database could not be prepared; the reason is above.")
    return next((line for line in done.stdout.splitlines() if line.startswith("http")), "")


def _write_configuration(settings: Settings, places: Places, *, demo: bool) -> None:
    own_redis = not settings.redis_url
    python = Path(sys.executable)
    programs = list_programs(places, python=python, own_redis=own_redis)
    if demo:
        fakes = [host.program(places, python=python, base_url=settings.base_url) for host in HOSTS]
        programs = [*fakes, *programs]
    _write_private(places.run / "supervisor.conf", render_supervisor_configuration(places, programs))
    if own_redis:
        _write_private(places.run / "redis.conf", render_redis_configuration(places))
        _write_private(places.run / "redis.url", f"unix://{places.redis_socket}")


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _announce(settings: Settings, places: Places, setup_link: str, *, complete: bool) -> None:
    print("\nRepertory is ready.\n", f"  Address     {settings.base_url}", sep="\n")
    for label, text in _setup_lines(settings, setup_link):
        print(f"  {label:<12}{text}")
    print(f"  Data        {places.data}", f"  Logs        {places.log}", sep="\n")
    if not complete:
        print(f"\nNot everything works yet: {read_readiness(settings).detail}\nAsk: ./repertory doctor")


def _setup_lines(settings: Settings, link: str) -> list[tuple[str, str]]:
    if link:
        limits = [("", "It works once, within 24 hours.")] if "#" in link else []  # none on loopback
        return [("Setup link", link), *limits]
    if _get(settings, "/setup")[0] == 404:  # Setup Mode has ended
        return []
    return [("Setup", "goes on in the browser that opened the setup link; for a new one: ./repertory setup-link")]


def _tell_not_ready(settings: Settings, places: Places) -> None:
    detail = read_readiness(settings).detail
    print(f"\nRepertory is not ready after {READY_SECONDS:.0f} seconds: {detail}", file=sys.stderr)
    print(f"The logs are in {places.log}", file=sys.stderr, flush=True)


@contextmanager
def _only_one_start(places: Places) -> Iterator[None]:
    with (places.run / "lock").open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartRefused(f"It is running already with the data in {places.data}.") from error
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
