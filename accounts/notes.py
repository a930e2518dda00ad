"""Small notes that a callback leaves in the browser's session (a row of ours) for the page that comes after it."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import session as browser

from integrations.codehost import AccountState, RemoteAccount, RemoteEmail

TRIAL = "trial"
PENDING_LINK = "pending_link"
LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Trial:
    """How a trial login went: who the host said it was and what it granted, or what stood in the way."""

    slug: str
    login: str = ""
    display_name: str = ""
    is_administrator: bool = False
    granted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    stage: str = ""
    problem: str = ""
    fix: str = ""
    detail: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the login worked and every scope was granted."""
        return not self.problem and not self.missing


@dataclass(frozen=True, slots=True)
class PendingLink:
    """An account that somebody has just proved to own, waiting for their word that it shall be connected."""

    integration_id: int
    account: RemoteAccount
    next_path: str


def leave_trial(trial: Trial) -> None:
    """Keep the result of a trial login until it is shown."""
    browser[TRIAL] = asdict(trial)


def find_trial(slug: str) -> Trial | None:
    """The result of this browser's last trial login, if it was with this integration."""
    stored: dict[str, Any] | None = browser.get(TRIAL)
    if stored is None or stored["slug"] != slug:
        return None
    return Trial(**{**stored, "granted": tuple(stored["granted"]), "missing": tuple(stored["missing"])})


def leave_pending_link(link: PendingLink, *, now: datetime) -> None:
    """Keep the account until its owner has confirmed, for ten minutes at most."""
    browser[PENDING_LINK] = {
        "integration_id": link.integration_id,
        "account": asdict(link.account),
        "next_path": link.next_path,
        "until": (now + LIFE).isoformat(),
    }


def find_pending_link(*, now: datetime) -> PendingLink | None:
    """The account that waits for its owner's word."""
    stored: dict[str, Any] | None = browser.get(PENDING_LINK)
    if stored is None or datetime.fromisoformat(stored["until"]) <= now:
        return None
    account = dict(stored["account"])
    account["state"] = AccountState(account["state"])
    account["emails"] = tuple(RemoteEmail(**email) for email in account["emails"])
    return PendingLink(stored["integration_id"], RemoteAccount(**account), stored["next_path"])


def forget_pending_link() -> None:
    """The owner has decided."""
    browser.pop(PENDING_LINK, None)
