"""The one-way state of this instance: `setup` until somebody became administrator, `active` for ever after."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from composer.tokens import SETUP_PREFIX, is_token, new_token
from models import Instance, InstanceState, Runtime, SetupCode, SetupSession, digest_secret, record_audit, utc_now

CODE_LIFE = timedelta(hours=24)


class InstanceUnreadable(Exception):
    """The instance row is missing or can not be read. Never to be taken for Setup Mode."""


class SetupAlreadyCompleted(Exception):
    """Somebody else became administrator first."""


def read_state(session: Session) -> InstanceState:
    """The state as it is stored at this moment. Raises InstanceUnreadable."""
    try:
        state = session.scalar(select(Instance.state).where(Instance.id == 1))
    except (SQLAlchemyError, LookupError) as error:  # LookupError: a state that this program does not know
        raise InstanceUnreadable("the state of this instance can not be read") from error
    if state is None:
        raise InstanceUnreadable("the database has no row about this instance")
    return state


def complete_setup(session: Session, *, now: datetime) -> None:
    """Leave Setup Mode, and forget its codes and browsers. Raises SetupAlreadyCompleted.

    The caller's transaction must also make the administrator: both happen, or neither.
    """
    left = session.execute(
        update(Instance)
        .where(Instance.id == 1, Instance.state == InstanceState.SETUP)
        .values(state=InstanceState.ACTIVE, setup_completed_at=now)
        .returning(Instance.id)
        .execution_options(synchronize_session=False)
    ).all()
    if len(left) != 1:
        raise SetupAlreadyCompleted
    session.execute(delete(SetupCode))
    session.execute(delete(SetupSession))


def mint_setup_code(session: Session, *, actor: str, now: datetime) -> str:
    """A new setup code. Older codes and all browsers that were let in end."""
    session.execute(delete(SetupCode))
    session.execute(delete(SetupSession))
    code = new_token(SETUP_PREFIX)
    session.add(SetupCode(digest=digest_secret(code), created_at=now, expires_at=now + CODE_LIFE))
    record_audit(session, actor=actor, action="setup_code_minted", target="instance")
    session.flush()
    return code


def redeem_setup_code(session: Session, code: str, *, now: datetime) -> bool:
    """Use the code up. False for a code that is unknown, expired or used."""
    code = code.strip().rpartition("#")[2]
    if not is_token(code, SETUP_PREFIX):
        return False
    used = session.execute(
        delete(SetupCode)
        .where(SetupCode.digest == digest_secret(code), SetupCode.expires_at > now)
        .returning(SetupCode.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(used) == 1


def mint_setup_link(runtime: Runtime, *, actor: str = "command line") -> str | None:
    """A new setup link, or None once Setup Mode has ended. The code is in the fragment, which no log ever sees.

    Raises InstanceUnreadable.
    """
    with runtime.database.write() as session:
        if read_state(session) is InstanceState.ACTIVE:
            return None
        code = mint_setup_code(session, actor=actor, now=utc_now())
    return f"{runtime.settings.base_url}/setup#{code}"


def setup_link_at_start(runtime: Runtime) -> str | None:
    """What to print when the program starts: a link with a new code, unless Setup Mode has ended or a code is valid.

    Where this very machine needs no code, it is the plain address, and no code is made. Raises InstanceUnreadable.
    """
    with runtime.database.read() as session:
        if read_state(session) is InstanceState.ACTIVE:
            return None
        has_code = session.scalar(select(SetupCode.id).where(SetupCode.expires_at > utc_now()).limit(1)) is not None
    settings = runtime.settings
    if settings.is_loopback_base and settings.is_loopback_bind and settings.trusted_proxy_hops == 0:
        return f"{settings.base_url}/setup"
    return None if has_code else mint_setup_link(runtime, actor="start")
