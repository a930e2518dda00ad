"""Which processes make up an installation, written down for the supervisor. Pure: values in, text out."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from scripts.places import ROOT, Places

# Workers are told to finish and get this long; what they do not finish is taken up again after the next start.
STOP_SECONDS = {"web": 3, "worker": 5, "ticker": 5, "redis": 1}


@dataclass(frozen=True, slots=True)
class Program:
    """One process under the supervisor. Lower orders start first and stop last."""

    name: str
    command: tuple[str, ...]
    order: int
    stop_seconds: int = 2


def list_programs(places: Places, *, python: Path, own_redis: bool) -> list[Program]:
    """Redis (when we run our own), workers and ticker, web: in the order in which they start."""
    wait = (str(ROOT / "scripts" / "after-redis"), str(places.redis_socket)) if own_redis else ()
    cli = (str(python), "-P", "-m", "cli")
    web = (str(python), "-P", "-m", "gunicorn", "-c", str(ROOT / "scripts" / "gunicorn.conf.py"), "wsgi:create_app()")
    programs = [
        Program("worker", (*wait, *cli, "worker", "interactive", "sync", "packages"), 20, STOP_SECONDS["worker"]),
        Program("ticker", (*wait, *cli, "ticker"), 20, STOP_SECONDS["ticker"]),
        Program("web", web, 30, STOP_SECONDS["web"]),
    ]
    if own_redis:
        redis = ("redis-server", str(places.run / "redis.conf"))
        programs.insert(0, Program("redis", redis, 10, STOP_SECONDS["redis"]))
    return programs


def render_redis_configuration(places: Places) -> str:
    """Our own Redis: reachable through its socket only, and every change is on disk a second later."""
    settings = {
        "port": "0",
        "unixsocket": _quote(places.redis_socket),
        "unixsocketperm": "700",
        "dir": _quote(places.redis),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": '""',
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())


def render_supervisor_configuration(places: Places, programs: list[Program]) -> str:
    """The supervisor's configuration file."""
    together = [program for program in programs if program.name in {"worker", "ticker"}]
    sections = [
        _section("unix_http_server", file=places.supervisor_socket, chmod="0700"),
        _section(
            "supervisord",
            nodaemon="true",
            silent="true",
            logfile=places.log / "supervisor.log",
            logfile_maxbytes="5MB",
            logfile_backups="2",
            pidfile=places.run / "supervisor.pid",
            childlogdir=places.log,
            umask="077",
            strip_ansi="true",
        ),
        "[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n",
        *(_program_section(places, program) for program in programs),
        # One group stops as one: otherwise their waiting times would add up.
        _section("group:background", programs=",".join(program.name for program in together), priority=20),
    ]
    return "\n".join(sections)


def _program_section(places: Places, program: Program) -> str:
    # pdeathsig: should the supervisor be killed, its processes end as well instead of staying behind.
    command = shlex.join(("setpriv", "--pdeathsig", "TERM", "--", *program.command))
    return _section(
        f"program:{program.name}",
        command=command,
        directory=ROOT,
        priority=program.order,
        autorestart="true",
        startsecs=1,
        startretries=20,
        stopsignal="TERM",
        stopwaitsecs=program.stop_seconds,
        killasgroup="true",
        redirect_stderr="true",
        stdout_logfile=places.log / f"{program.name}.log",
        stdout_logfile_maxbytes="10MB",
        stdout_logfile_backups="3",
    )


def _section(heading: str, /, **settings: object) -> str:
    lines = (f"{name} = {value}" for name, value in settings.items())
    return "\n".join((f"[{heading}]", *lines, ""))


def _quote(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
