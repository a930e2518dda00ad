"""How much of the host's rate limit a run leaves to others."""

from collections.abc import Iterable

from integrations.service import BACKGROUND_RESERVE

NOBODY_WAITS = frozenset(
    {
        "schedule",
        "interrupted",
        "rate limit over",
        "new token",
        "changed while it waited",
        "members of the root changed",
    }
)


def reserve_for(reasons: Iterable[str]) -> float:
    """The share for a run with these reasons. A run that somebody waits for may use all that is left."""
    return 0.0 if is_waited_for(reasons) else BACKGROUND_RESERVE


def is_waited_for(reasons: Iterable[str]) -> bool:
    """Whether somebody looks forward to the end of a run with these reasons."""
    return any(reason not in NOBODY_WAITS and not reason.startswith("webhook") for reason in reasons)
