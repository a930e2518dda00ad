"""What the system check says about synchronizations. It warns; none of this keeps an instance from working."""

from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from jobs.checks import Check, CheckState
from models import Runtime, utc_now
from sync.attention import Attention, Need, list_attention
from sync.parts import STALE

WORDS = {
    Need.SUSPENDED: "is suspended",
    Need.MISSING: "is not found at its host",
    Need.CREDENTIAL: "needs a credential",
    Need.CONFIRMATION: "has removals that wait for a confirmation",
    Need.PROBLEMS: f"has had trouble for more than {STALE // timedelta(days=1)} days",
}
FIX = "The page of each synchronization says what to do."


def check_synchronizations(runtime: Runtime) -> Check:
    """Whether any waits for a person. What fails now and then is tried again by itself, so it counts after a week."""
    key, title, since = "synchronizations", "Synchronizations", utc_now() - STALE
    try:
        with runtime.database.read() as session:
            found = [item for item in list_attention(session) if item.need is not Need.PROBLEMS or item.since < since]
            reason = "; ".join(map(_describe, found))
    except SQLAlchemyError as error:
        return Check(key, title, CheckState.WARNING, f"The database does not answer ({type(error).__name__})")
    if not found:
        return Check(key, title, CheckState.OK, "None waits for a person")
    return Check(key, title, CheckState.WARNING, reason, FIX)


def _describe(attention: Attention) -> str:
    synchronization = attention.synchronization
    place = f"{synchronization.organization.short_name}: {synchronization.remote_path}"
    return f"{place} {WORDS[attention.need]}"
