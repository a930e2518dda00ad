"""The command line that every fake has: where it listens, what world it holds, where it keeps it."""

import argparse
import json
import signal
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from .keeping import load, save
from .running import RunningFake

FakeT = TypeVar("FakeT", bound=RunningFake[Any])


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of all fakes."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--base-url", help="how the server names itself; its path is the prefix")
    parser.add_argument("--seed", type=int, default=1, help="of --company random")
    parser.add_argument("--redirect-uri", action="append", default=[], help="make an application with these")
    parser.add_argument("--steady", metavar="WORD", help="derive the application's id and secret from a word")
    parser.add_argument("--keep", metavar="FILE", help="save the world there at the end, and begin with it next time")
    parser.add_argument("--allow-control", action="store_true", help="open the endpoints below /_fake/")
    parser.add_argument("--certfile", help="serve https with this certificate")
    parser.add_argument("--keyfile")
    parser.add_argument("--ready-file", help="write the facts there as JSON once the server answers")


def serve(
    fake: FakeT,
    options: argparse.Namespace,
    *,
    fill: Callable[[FakeT], None],
    facts: Callable[[FakeT], dict[str, str]],
    text: Callable[[dict[str, str]], str],
) -> int:
    """Run until a signal to stop comes. `fill` makes the world unless one was kept."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with fake:
        kept = Path(options.keep) if options.keep else None
        if kept is None or not load(fake.core, kept):
            fill(fake)
        found = facts(fake)
        if options.ready_file:
            _write_atomically(Path(options.ready_file), json.dumps(found))
        print(text(found), flush=True)
        stop.wait()
        if kept is not None:
            save(fake.core, kept)
    return 0


def derived(word: str, purpose: str) -> str:
    """64 hexadecimal digits that are always the same for the same word."""
    return sha256(f"{purpose}:{word}".encode()).hexdigest()


def _write_atomically(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text)
    fresh.replace(path)
