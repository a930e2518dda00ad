"""The first start makes the instance row; each later one checks that database, data directory and key fit together.

A mix-up (an empty database beside an old key, another key, another data directory) must never look like a fresh
installation: that would open Setup Mode to whoever comes first.
"""

import secrets
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.instance import Instance
from models.integration import Integration
from models.runtime import Runtime
from models.secrets import SecretUnreadable
from models.upgrade import current_revision, newest_revision
from models.user import User

INSTANCE_ID_FILE = "instance-id"
CANARY_PLACE = "instance:key_canary"
CANARY = "the right key"


class InstanceProblem(Exception):
    """This instance must not serve anybody. The text says why and what to do."""


class NotUpgraded(InstanceProblem):
    """The database has not (yet) the tables that this program needs."""


def prepare_instance(runtime: Runtime) -> None:
    """Make the instance row at the very first start. Raises InstanceProblem; NotUpgraded when waiting may help."""
    inspect_revision(runtime)
    with runtime.database.read() as session:
        is_new = session.get(Instance, 1) is None
    if is_new:
        _make_instance(runtime)
    inspect_instance(runtime)


def inspect_revision(runtime: Runtime) -> None:
    """Raises NotUpgraded when the tables are not those of this program."""
    found, wanted = current_revision(runtime.database), newest_revision()
    if found is None:
        raise NotUpgraded("the database is empty: run `repertory db upgrade`")
    if found != wanted:
        raise NotUpgraded(
            f"the database is at revision {found}, this program needs {wanted}: run `repertory db upgrade`, "
            "or start the version of the program that the database belongs to"
        )


def inspect_instance(runtime: Runtime) -> None:
    """Check that database, data directory and key belong together. Raises InstanceProblem."""
    with runtime.database.read() as session:
        instance = session.get(Instance, 1)
    if instance is None:
        raise InstanceProblem("the row about this instance is missing in the database: restore it from your backup")
    _check_key(runtime, instance)
    path = runtime.settings.data_dir / INSTANCE_ID_FILE
    if not path.exists():
        _write_id(path, instance.instance_id)
    elif _read_id(path) != instance.instance_id:
        raise InstanceProblem(
            f"the data directory {path.parent} belongs to another instance than the database: "
            "is DATABASE_URL or REPERTORY_DATA_DIR wrong?"
        )


def refuse_foreign_data(runtime: Runtime) -> None:
    """Before the first tables are made: raises InstanceProblem when the data directory has known another database."""
    path = runtime.settings.data_dir / INSTANCE_ID_FILE
    if current_revision(runtime.database) is None and path.exists():
        raise InstanceProblem(_mixed_up(path))


def _make_instance(runtime: Runtime) -> None:
    path = runtime.settings.data_dir / INSTANCE_ID_FILE
    if path.exists():
        raise InstanceProblem(_mixed_up(path))
    canary = runtime.secret_box.seal(CANARY_PLACE, CANARY)
    try:
        with runtime.database.write() as session:
            if _is_used(session):
                raise InstanceProblem(
                    "the database has people or integrations but no row about this instance: "
                    "restore it from your backup"
                )
            session.add(Instance(id=1, instance_id=secrets.token_hex(16), key_canary=canary))
    except IntegrityError:
        return  # another process of this first start was faster


def _is_used(session: Session) -> bool:
    return any(session.scalar(select(model.id).limit(1)) is not None for model in (User, Integration))


def _check_key(runtime: Runtime, instance: Instance) -> None:
    try:
        runtime.secret_box.unseal(CANARY_PLACE, instance.key_canary)
    except SecretUnreadable as error:
        raise InstanceProblem(
            "the encryption key is not the one that this database was made with: put back the key file in "
            f"{runtime.settings.data_dir}, or the right REPERTORY_SECRETS_KEYS, from your backup"
        ) from error


def _mixed_up(path: Path) -> str:
    return (
        f"the data directory {path.parent} belongs to an instance that was set up already, but the database is empty: "
        "is DATABASE_URL wrong?"
    )


def _read_id(path: Path) -> str:
    return path.read_text(encoding="ascii").strip()


def _write_id(path: Path, instance_id: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(f"{instance_id}\n", encoding="ascii")
    draft.replace(path)
