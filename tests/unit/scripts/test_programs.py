"""What the supervisor and Redis are told."""

import configparser
import shlex
from pathlib import Path

from scripts.places import Places
from scripts.programs import list_programs, render_redis_configuration, render_supervisor_configuration

PLACES = Places(data=Path("/srv/ann's own/var"), runtime=Path("/run/repertory-1"))
PYTHON = Path("/srv/ann's own/.venv/bin/python")


def read_configuration(*, own_redis: bool) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    programs = list_programs(PLACES, python=PYTHON, own_redis=own_redis)
    parser.read_string(render_supervisor_configuration(PLACES, programs))
    return parser


def order_of(configuration: configparser.RawConfigParser, section: str) -> int:
    return configuration.getint(section, "priority")


def test_redis_starts_before_the_workers_and_the_workers_before_the_web() -> None:
    configuration = read_configuration(own_redis=True)

    redis, background, web = (
        order_of(configuration, name) for name in ("program:redis", "group:background", "program:web")
    )
    assert redis < background < web


def test_one_worker_process_serves_each_queue() -> None:
    configuration = read_configuration(own_redis=True)

    command = shlex.split(configuration["program:worker"]["command"])
    assert command[-4:] == ["worker", "interactive", "sync", "packages"]


def test_a_foreign_redis_is_not_started_and_not_waited_for() -> None:
    configuration = read_configuration(own_redis=False)

    assert not configuration.has_section("program:redis")
    assert "after-redis" not in configuration["program:worker"]["command"]


def test_every_program_ends_with_the_supervisor() -> None:
    configuration = read_configuration(own_redis=True)

    programs = [section for section in configuration.sections() if section.startswith("program:")]
    assert len(programs) == 4
    assert all("setpriv --pdeathsig TERM" in configuration[section]["command"] for section in programs)


def test_stopping_takes_less_than_ten_seconds_in_the_worst_case() -> None:
    configuration = read_configuration(own_redis=True)

    background = max(configuration.getint(f"program:{name}", "stopwaitsecs") for name in ("worker", "ticker"))
    others = sum(configuration.getint(f"program:{name}", "stopwaitsecs") for name in ("web", "redis"))
    assert background + others < 10


def test_quotes_and_spaces_in_paths_survive() -> None:
    configuration = read_configuration(own_redis=True)

    assert str(PYTHON) in shlex.split(configuration["program:web"]["command"])
    assert 'dir "/srv/ann\'s own/var/redis"' in render_redis_configuration(PLACES)


def test_our_redis_listens_on_its_socket_only_and_keeps_every_change() -> None:
    lines = render_redis_configuration(PLACES).splitlines()

    assert {"port 0", "unixsocketperm 700", "appendonly yes", "maxmemory-policy noeviction"} <= set(lines)
