"""Values that the macros of templates/_macros draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class StepState(StrEnum):
    """Where a step of the wizard or a phase of a run stands."""

    DONE = "done"
    CURRENT = "current"
    TODO = "todo"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of `stepper`; `detail` holds counts or time, `url` makes it a link."""

    label: str
    state: StepState
    detail: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading of `table_frame` that is more than a word; `direction` is ascending, descending or empty."""

    label: str
    sort_url: str = ""
    direction: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class EmptyState:
    """What `table_frame` says instead of rows: what will be here, why it is empty, one button."""

    title: str
    text: str = ""
    action_url: str = ""
    action_label: str = ""
    action_method: str = "get"
    icon: str = "info"


@dataclass(frozen=True, slots=True)
class Change:
    """A line of `change_list`. `sign` is +, - or ~; `reason_url` leads to the reason at the host."""

    sign: str
    name: str
    login: str = ""
    text: str = ""
    reason: str = ""
    reason_url: str = ""
    is_person: bool = False


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """Changes of one kind, with their title. `total`: how many there are when only some are shown; all at `all_url`."""

    title: str
    changes: Sequence[Change]
    total: int = 0
    all_url: str = ""
