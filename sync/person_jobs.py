"""Background work for one person: their memberships before everybody else's."""

from sqlalchemy.orm import Session

from jobs import JobContext, job
from jobs.outbox import INTERACTIVE
from models import Synchronization


@job(queue=INTERACTIVE, timeout=300)
def synchronize_person(
    context: JobContext, *, synchronization_id: int, account_id: str, team_id: str, reason: str
) -> None:
    """Read again where one account is a member, and apply that."""


def request_person(
    session: Session, *, synchronization_id: int, account_id: str, reason: str, actor: str = "", team_id: str = ""
) -> None:
    """Ask in the caller's transaction to read one account again (its remote id), at once.

    `team_id`: where something changed; without it, wherever the account is known.
    """
    synchronization = session.get_one(Synchronization, synchronization_id)
    synchronize_person.enqueue(
        session,
        synchronization_id=synchronization_id,
        account_id=account_id,
        team_id=team_id,
        reason=reason,
        actor=actor,
        coalesce_key=f"person:{synchronization_id}:{account_id}:{team_id}",
        organization_id=synchronization.organization_id,
        title=f"Synchronize one person in {synchronization.remote_path}",
    )
