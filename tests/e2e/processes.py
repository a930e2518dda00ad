"""Which command lines the processes of an installation have had: everybody on a machine can read them."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

EVERY_SECONDS = 0.05


@dataclass(slots=True)
class CommandLines:
    """Looks again and again at some processes and all their descendants. `seen` is what was found."""

    seen: set[str] = field(default_factory=set)
    _roots: frozenset[int] = frozenset()
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def watch(self, roots: Iterable[int]) -> None:
        """Begin."""
        self._roots = frozenset(roots)
        self._thread = threading.Thread(target=self._look_until_stopped, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _look_until_stopped(self) -> None:
        while not self._stopping.wait(EVERY_SECONDS):
            parents = dict(_parents())
            for process in parents:
                if self._is_ours(process, parents):
                    self.seen.add(_command_line(process))

    def _is_ours(self, process: int, parents: dict[int, int]) -> bool:
        while process > 1:
            if process in self._roots:
                return True
            process = parents.get(process, 0)
        return False


def _parents() -> Iterable[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
            yield int(folder.name), int(after_name.split()[1])
        except OSError:  # it has ended meanwhile
            continue


def _command_line(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ")
    except OSError:
        return ""
