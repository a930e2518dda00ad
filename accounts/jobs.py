"""What accounts have to tidy up by themselves."""

from datetime import timedelta

from sqlalchemy import delete
from structlog import get_logger

from accounts.flows import delete_old_flows
from accounts.sessions import end_sessions_of_the_blocked
from accounts.setup_state import InstanceUnreadable, read_state
from config import SetupAccess
from jobs.registry import periodic
from models import InstanceState, LoginLink, Runtime, utc_now
from web.login import delete_expired_sessions

logger = get_logger(__name__)


@periodic(seconds=30)
def end_blocked_sessions(runtime: Runtime) -> None:
    """End sessions of people whom their host has blocked. The guards refuse them already: this is for the lists."""
    with runtime.database.write() as session:
        ended = end_sessions_of_the_blocked(session, now=utc_now())
    if ended:
        logger.info("ended sessions of blocked accounts", count=ended)


@periodic(seconds=3600)
def forget_what_has_expired(runtime: Runtime) -> None:
    """Delete logins on their way, login links and sessions that nobody can use any more."""
    now = utc_now()
    with runtime.database.write() as session:
        delete_old_flows(session, now=now)
        session.execute(delete(LoginLink).where(LoginLink.expires_at < now - timedelta(days=1)))
        delete_expired_sessions(session, now)


@periodic(seconds=60)
def warn_about_open_setup(runtime: Runtime) -> None:
    """Say every minute that anybody may take this installation over."""
    if runtime.settings.setup_access is not SetupAccess.OPEN:
        return
    try:
        with runtime.database.read() as session:
            is_setup = read_state(session) is InstanceState.SETUP
    except InstanceUnreadable:
        return
    if is_setup:
        logger.warning("Setup Mode is open to everybody (REPERTORY_SETUP_ACCESS=open) until the hour is over")
