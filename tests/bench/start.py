"""How long a start and a stop take, and how much memory each process needs. `python -m tests.bench.start`"""

import sys
import tempfile
import time
from pathlib import Path

from tests.functional.processes import Installation, end, wait_until

NAMES = ("redis-server", "supervisord", "cli worker", "cli ticker", "gunicorn", "scripts.start")


def main() -> None:
    """Start twice (the first start also makes the database) and print a table each."""
    with tempfile.TemporaryDirectory() as folder:
        installation = Installation(Path(folder) / "var", DATABASE_URL="", REDIS_URL="")
        try:
            for title in ("First start", "Second start"):
                _measure(installation, title)
        finally:
            installation.clean_up()


def _measure(installation: Installation, title: str) -> None:
    began = time.monotonic()
    process = installation.start(sys.executable, "-m", "scripts.start")
    wait_until(installation.is_ready, what="everything works")
    print(f"{title}: everything works after {time.monotonic() - began:.1f} s")
    memory = _read_memory(installation)
    _code, seconds = end(process)
    print(f"{'process':<16}{'count':>6}{'MB':>8}")
    for name, sizes in memory.items():
        print(f"{name:<16}{len(sizes):>6}{sum(sizes):>8.0f}")
    print(f"{'together':<22}{sum(map(sum, memory.values())):>8.0f}")
    print(f"stopped after {seconds:.1f} s\n")


def _read_memory(installation: Installation) -> dict[str, list[float]]:
    """By kind of process: the proportional share of memory of each, in MB."""
    memory: dict[str, list[float]] = {name: [] for name in NAMES}
    for number, command in installation.processes().items():
        name = next((name for name in NAMES if name in command), None)
        if name:
            memory[name].append(_proportional_size(number))
    return memory


def _proportional_size(process: int) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
