"""The table of integrations: what each is, who uses it, and whether it works."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from integrations.service import list_integrations, platform_of
from models import Credential, CredentialState, Integration, Synchronization


@dataclass(frozen=True, slots=True)
class IntegrationRow:
    """One line of the table. `state` is a kind of the status mark with its word and reason."""

    integration: Integration
    platform: str
    synchronizations: int
    state: str
    word: str
    reason: str = ""


def list_rows(session: Session) -> list[IntegrationRow]:
    """All integrations that were not deleted, by name."""
    used = _count(session, Synchronization)
    broken = _count(session, Credential, Credential.state == CredentialState.NEEDS_RECONNECT)
    return [
        _row(integration, used.get(integration.id, 0), broken.get(integration.id, 0))
        for integration in list_integrations(session)
    ]


def _row(integration: Integration, synchronizations: int, broken: int) -> IntegrationRow:
    state, word, reason = "ok", "Works", ""
    if integration.is_draft:
        state, word, reason = "draft", "Not finished", "the host has to be told its keys"
    elif integration.tried_at is None:
        state, word, reason = "waiting", "Not tried yet", "try the login"
    elif broken:
        accounts = "account has" if broken == 1 else "accounts have"
        state, word, reason = "warning", "Works", f"{broken} {accounts} to be reconnected"
    return IntegrationRow(integration, platform_of(integration).label, synchronizations, state, word, reason)


def _count(session: Session, model: type[Synchronization] | type[Credential], *which: object) -> Mapping[int, int]:
    query = select(model.integration_id, func.count()).group_by(model.integration_id)
    for condition in which:
        query = query.where(condition)  # type: ignore[arg-type]
    return {each: count for each, count in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy
