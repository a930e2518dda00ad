"""E-mail addresses as the code hosts report them: shown to their owner, never used to find an account."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import EmailAddress, Identity


def list_addresses(session: Session, user_id: int) -> list[tuple[EmailAddress, Identity]]:
    """The addresses of all accounts of a person, with the account that brought each."""
    query = (
        select(EmailAddress, Identity)
        .join(Identity, Identity.id == EmailAddress.identity_id)
        .where(Identity.user_id == user_id)
        .order_by(EmailAddress.address, EmailAddress.id)
    )
    return [(address, identity) for address, identity in session.execute(query)]


def choose_default_address(session: Session, *, user_id: int, address_id: int) -> bool:
    """Make one address the person's own. False when it is not theirs."""
    mine = select(Identity.id).where(Identity.user_id == user_id)
    is_mine = select(EmailAddress.id).where(EmailAddress.id == address_id, EmailAddress.identity_id.in_(mine))
    if session.scalar(is_mine) is None:
        return False
    session.execute(
        update(EmailAddress)
        .where(EmailAddress.identity_id.in_(mine))
        .values(is_default=EmailAddress.id == address_id)
        .execution_options(synchronize_session=False)
    )
    return True
