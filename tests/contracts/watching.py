"""Look at every request that any fake answers while tests run, and remember what breaks a contract."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qsl

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

    def over_bytes(self, name: str) -> Callable[[bytes], None]:
        """Who looks at requests as they came over the wire; what is answered is not the host's."""
        look = self.over(name)
        return lambda request: look(read_request(request))

    def take(self) -> list[str]:
        """What was found, once; the same problem is named once."""
        with self._lock:
            found, self.problems = self.problems, []
        return list(dict.fromkeys(found))


def read_request(request: bytes) -> RequestRecord:
    """A request as it came over the wire, with an answer that nobody looks at."""
    head, _, body = request.partition(b"\r\n\r\n")
    method, target, *_ = head.decode("latin-1").split(" ")
    path, _, query = target.partition("?")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    agent = re.search(r"(?im)^user-agent: *(.*?)\r?$", head.decode("latin-1"))
    name = agent[1] if agent else ""
    return RequestRecord(method, path, path, parameters, 0, body, agent=name, is_spoilt=True)


WATCH = Watch()  # over all fakes of this process


def problems_of(contract: Contract, record: RequestRecord) -> list[str]:
    """What breaks the contract. An answer that a test had spoilt is none of the host's."""
    if not contract.speaks_about(record.path):
        return []
    asked = check_request(contract, record) if record.agent.startswith(OUR_NAME) else []
    return asked + ([] if record.is_spoilt else check_answer(contract, record))
