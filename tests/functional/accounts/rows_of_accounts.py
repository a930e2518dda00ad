"""What tests of accounts look up."""

from sqlalchemy import func, select

from models import (
    Identity,
    Runtime,
)


def count(runtime: Runtime, model: type[object]) -> int:
    with runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def identity_of(runtime: Runtime, login: str) -> Identity:
    with runtime.database.read() as session:
        return session.scalars(select(Identity).where(Identity.login == login)).one()
