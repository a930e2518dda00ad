"""Look at every request that any fake answers while tests run, and remember what breaks a contract."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tests.fakes.parts.records import RequestRecord

from .checks import check_answer, check_request
from .contract import Contract, read_contract

DATA = Path(__file__).parents[1] / "data"
OUR_NAME = "Repertory"  # how our drivers name themselves; tests ask fakes for many a wrong thing


@lru_cache
def load_contract(platform: str) -> Contract:
    """The contract of a platform, by the name of its folder. Raises FileNotFoundError."""
    return read_contract(json.loads((DATA / platform / "contract.json").read_text(encoding="utf-8")))


@dataclass(slots=True)
class Watch:
    """What was found since somebody asked last. Fakes answer in threads of their own."""

    problems: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def over(self, name: str) -> Callable[[RequestRecord], None]:
        """Who looks at the requests of one fake, by the name of its host."""

        def look(record: RequestRecord) -> None:
            found = problems_of(load_contract(name.replace("-", "_")), record)
            with self._lock:
                self.problems += found

        return look

    def take(self) -> list[str]:
        """What was found, once; the same problem is named once."""
        with self._lock:
            found, self.problems = self.problems, []
        return list(dict.fromkeys(found))


WATCH = Watch()  # over all fakes of this process


def problems_of(contract: Contract, record: RequestRecord) -> list[str]:
    """What breaks the contract. An answer that a test had spoilt is none of the host's."""
    if not contract.speaks_about(record.path):
        return []
    asked = check_request(contract, record) if record.agent.startswith(OUR_NAME) else []
    return asked + ([] if record.is_spoilt else check_answer(contract, record))
