"""A second code host, for people with two accounts."""

from datetime import timedelta

from sqlalchemy import select, update

from models import (
    Identity,
    Runtime,
    WebSession,
    utc_now,
)


def make_old(runtime: Runtime) -> None:
    """Let every login be older than what sensitive acts need."""
    with runtime.database.write() as session:
        session.execute(update(WebSession).values(authenticated_at=utc_now() - timedelta(minutes=16)))


def identities(runtime: Runtime) -> list[Identity]:
    with runtime.database.read() as session:
        return list(session.scalars(select(Identity).order_by(Identity.id)))
