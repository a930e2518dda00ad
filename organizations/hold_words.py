"""Held removals in words: how many, and why nobody was removed. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from models import Hold, Synchronization
from organizations.change_words import NOUNS, WRITTEN_SIGNS
from sync.report import Action, Subject

SHARE = re.compile(r"(\d+) of (\d+) (memberships|permissions|packages) would go")


def summarize_removals(removals: Sequence[Mapping[str, Any]]) -> str:
    """ "−42 memberships, −1 team"."""
    counts: dict[str, int] = {}
    for row in removals:
        counts[str(row["kind"])] = counts.get(str(row["kind"]), 0) + 1
    sign = WRITTEN_SIGNS[Action.REMOVE]
    ordered = [(subject, counts[subject]) for subject in Subject if subject in counts]
    return ", ".join(f"{sign}{count:,} {NOUNS[subject][count != 1]}" for subject, count in ordered)


def explain_hold(hold: Hold, synchronization: Synchronization) -> list[str]:
    """Why a run did not remove them: one sentence or two for each kind."""
    return [_explain(reason, synchronization) for reason in hold.reason.split("; ") if reason]


def _explain(reason: str, synchronization: Synchronization) -> str:
    host = synchronization.integration.name
    found = SHARE.fullmatch(reason)
    if found is None:
        return (
            f"{host} answered that {reason}. A list that is empty all of a sudden is not believed without asking you."
        )
    going, total, kind = int(found[1]), int(found[2]), found[3]
    is_package = kind == "packages"
    limit = synchronization.package_brake_percent if is_package else synchronization.access_brake_percent
    said = f"{host} answered without {going:,} of {total:,} {kind}."
    if going * 100 <= limit * total:
        return f"{said} That was more than one run might remove."  # the brakes were changed since
    return f"{said} That is more than {limit} %, so nothing was removed."
