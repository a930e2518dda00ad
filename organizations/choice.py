"""What was chosen on a page that lists remote organizations, read anew at the host.

No transaction is open while a host is asked.
"""

from dataclasses import dataclass

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.guards import current_user
from integrations.codehost import RemoteOrganization
from models import Credential, Organization, Synchronization
from organizations.candidates import (
    Connection,
    HostCandidates,
    NotOwned,
    list_candidates,
    load_connections,
    read_owned_organization,
)
from web.database import close_session, get_session
from web.runtime import current_runtime


class Taken(Exception):
    """The chosen remote organization feeds an organization here already; the text names it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A remote organization, and the credential of the person who owns it."""

    remote: RemoteOrganization
    credential: Credential


def is_nested() -> bool:
    """Whether subgroups are to be shown too."""
    return bool(request.args.get("nested"))


def ask_hosts() -> list[HostCandidates]:
    """What the person of this request owns, at every host."""
    connections = load_connections(get_session(), user_id=current_user.id)
    close_session()  # the hosts take their time
    return list_candidates(current_runtime(), connections, nested=is_nested())


def read_choice(value: str) -> Choice:
    """The remote organization behind a radio button. Raises NotOwned, Taken and the CodeHostError family."""
    slug, _, remote_id = value.partition(":")
    connections = load_connections(get_session(), user_id=current_user.id)
    close_session()
    connection = next((item for item in connections if item.integration.slug == slug), None)
    if connection is None or connection.credential is None:
        raise NotOwned(value)
    if remote_id in connection.taken:
        raise Taken(connection.taken[remote_id])
    return Choice(read_owned_organization(current_runtime(), connection, remote_id), connection.credential)


def refuse_if_taken(session: Session, choice: Choice) -> None:
    """Look again in the transaction that writes: somebody may have been faster. Raises Taken."""
    query = select(Organization.name).join(Synchronization)
    same = query.where(
        Synchronization.integration_id == choice.credential.integration_id,
        Synchronization.remote_id == choice.remote.remote_id,
    )
    name = session.scalars(same).first()
    if name is not None:
        raise Taken(name)


def connection_for(session: Session, integration_id: int, *, user_id: int) -> Connection | None:
    """What a person has at one integration."""
    connections = load_connections(session, user_id=user_id)
    return next((item for item in connections if item.integration.id == integration_id), None)


def explain_refusal(error: Exception) -> str:
    """For the form: why the choice can not be followed, and what to do."""
    if isinstance(error, Taken):
        return f"It feeds the organization “{error}” here already. Choose another one."
    if isinstance(error, NotOwned):
        return "The host does not confirm that you own it. Look at the list again and choose anew."
    return f"The host could not be asked: {error}"
