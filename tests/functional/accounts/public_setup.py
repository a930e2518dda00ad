"""An instance in Setup Mode on a public address, and browsers that meet it."""

from sqlalchemy import select

from models import (
    Identity,
    Instance,
    InstanceState,
    Runtime,
    User,
)
from tests.functional.accounts.journey import Person

PUBLIC = "https://repertory.test"


def code_of(link: str | None) -> str:
    assert link is not None
    assert link.startswith(f"{PUBLIC}/setup#rpts_")
    return link.partition("#")[2]


def unlock(person: Person, code: str) -> int:
    return person.post("/setup/unlock", {"code": code}).status_code


def state_of(runtime: Runtime) -> InstanceState:
    with runtime.database.read() as session:
        return session.scalars(select(Instance.state)).one()


def administrators(runtime: Runtime) -> list[str]:
    with runtime.database.read() as session:
        query = select(Identity.login).join(Identity.user).where(User.is_administrator)
        return sorted(session.scalars(query))
