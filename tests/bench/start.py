"""How long a start and a stop take, and how much memory each process needs. `python -m tests.bench.start`"""

import sys
import tempfile
import time
from pathlib import Path

from tests.bench.installation import proportional_size
from tests.bench.table import Table
from tests.functional.processes import Installation, end, wait_until

NAMES = ("redis-server", "supervisord", "cli worker", "cli ticker", "gunicorn", "scripts.start")


def main() -> None:
    """Start twice (the first start also makes the database) and print figures each."""
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
    table = Table(title)
    table.add("everything works after", time.monotonic() - began, "s")
    memory = _read_memory(installation)
    _code, seconds = end(process)
    table.add("stopped after", seconds, "s")
    for name, sizes in memory.items():
        table.add(f"memory of {name}", sum(sizes), "MB", remark=f"{len(sizes)} processes")
    table.add("memory of all together", sum(map(sum, memory.values())), "MB")


def _read_memory(installation: Installation) -> dict[str, list[float]]:
    """By kind of process: the proportional share of memory of each, in MB."""
    memory: dict[str, list[float]] = {name: [] for name in NAMES}
    for number, command in installation.processes().items():
        name = next((name for name in NAMES if name in command), None)
        if name:
            memory[name].append(proportional_size(number))
    return memory


if __name__ == "__main__":
    main()
