"""Deliveries as code hosts send them: `tests/data/<platform>/webhooks`, with their exact bytes and what they mean."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from integrations.codehost import HookEvent, HookRemoved, MembersChanged, RefsChanged, RepositoriesChanged

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class RecordedDelivery:
    """One delivery. `headers` have lower-case names; without a secret the host does not sign it."""

    name: str
    headers: Mapping[str, str]
    body: bytes
    secret: str | None
    events: list[object] = field(default_factory=list)  # in the form of `as_fact`


def recorded_deliveries(platform: str) -> list[RecordedDelivery]:
    """Every delivery of this platform, ordered by name."""
    return [_read(path) for path in sorted((DATA / platform / "webhooks").glob("*.json"))]


def as_fact(event: HookEvent) -> list[object]:
    """An event in the form of the data files."""
    match event:
        case RefsChanged(repository_id, refs):
            return ["refs", repository_id, list(refs)]
        case MembersChanged(account_id, team_id):
            return ["members", account_id, team_id]
        case RepositoriesChanged(repository_id):
            return ["repositories", repository_id]
        case HookRemoved():
            return ["removed"]
        case _:
            return ["ping"]


def _read(path: Path) -> RecordedDelivery:
    row = json.loads(path.read_text(encoding="utf-8"))
    headers = {name.lower(): value for name, value in row["headers"].items()}
    return RecordedDelivery(path.stem, headers, row["body"].encode(), row["secret"], row["events"])
