"""Held removals in words: how many, and why nobody was removed. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from models import Hold, Synchronization
from organizations.change_words import NOUNS, WRITTEN_SIGNS
from organizations.lost_access import Loss
from sync.report import Action, Subject
from web.components import Change

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


def summarize_losses(losses: Sequence[Loss]) -> str:
    """ "14 people would read fewer packages, 3 of them none any more"."""
    people = "1 person" if len(losses) == 1 else f"{len(losses):,} people"
    bare = sum(not loss.left for loss in losses)
    if bare == len(losses):
        return f"{people} would read no package any more"
    return f"{people} would read fewer packages" + (f", {bare:,} of them none any more" if bare else "")


def describe_loss(loss: Loss) -> Change:
    """One person in a list of changes."""
    total = loss.lost + loss.left
    if loss.left:
        text = f"would lose {loss.lost:,} of {total:,} packages"
    else:
        text = "would lose the only package" if total == 1 else f"would lose all {total:,} packages"
    return Change("-", loss.name, login=loss.login, text=text, is_person=True)


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
