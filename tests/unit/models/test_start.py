"""The first start, and the mix-ups that must never look like one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from models import Database, Instance, InstanceState, Runtime, SecretBox, User
from models.start import (
    INSTANCE_ID_FILE,
    InstanceProblem,
    NotUpgraded,
    inspect_instance,
    prepare_instance,
    refuse_foreign_data,
)


def id_file(runtime: Runtime) -> Path:
    return runtime.settings.data_dir / INSTANCE_ID_FILE


def test_the_first_start_makes_the_instance_in_setup_state(runtime: Runtime) -> None:
    prepare_instance(runtime)

    with runtime.database.read() as session:
        instance = session.scalars(select(Instance)).one()
    assert instance.state is InstanceState.SETUP
    assert id_file(runtime).read_text(encoding="ascii").strip() == instance.instance_id
    assert id_file(runtime).stat().st_mode & 0o777 == 0o600


def test_later_starts_change_nothing(runtime: Runtime) -> None:
    prepare_instance(runtime)
    with runtime.database.write() as session:
        instance = session.get_one(Instance, 1)
        instance.state = InstanceState.ACTIVE
        instance_id = instance.instance_id

    prepare_instance(runtime)

    with runtime.database.read() as session:
        instance = session.get_one(Instance, 1)
    assert (instance.state, instance.instance_id) == (InstanceState.ACTIVE, instance_id)


def test_the_database_itself_refuses_to_go_back_to_setup_mode(runtime: Runtime) -> None:
    prepare_instance(runtime)
    with runtime.database.write() as session:
        session.execute(update(Instance).values(state=InstanceState.ACTIVE))

    with pytest.raises(DBAPIError, match="moves only forward"), runtime.database.write() as session:
        session.execute(update(Instance).values(state=InstanceState.SETUP))

    with runtime.database.write() as session:
        session.execute(update(Instance).values(state=InstanceState.ACTIVE, name="Packages"))


def test_processes_that_start_first_at_once_agree(runtime: Runtime) -> None:
    runtimes = [replace(runtime, database=Database(runtime.settings.database_url)) for _ in range(4)]
    barrier = threading.Barrier(4)

    def start(own: Runtime) -> None:
        barrier.wait(timeout=10)
        prepare_instance(own)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, runtimes))
    for own in runtimes:
        own.database.close()

    inspect_instance(runtime)


def test_another_key_is_refused(runtime: Runtime) -> None:
    prepare_instance(runtime)
    stranger = replace(runtime, secret_box=SecretBox((Fernet.generate_key().decode(),)))

    with pytest.raises(InstanceProblem, match="encryption key is not the one"):
        prepare_instance(stranger)


def test_a_changed_key_is_accepted_while_the_old_one_is_listed(runtime: Runtime) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    prepare_instance(replace(runtime, secret_box=SecretBox((old,))))

    prepare_instance(replace(runtime, secret_box=SecretBox((new, old))))


def test_an_empty_database_beside_a_used_data_directory_is_not_a_fresh_instance(runtime: Runtime) -> None:
    prepare_instance(runtime)
    with runtime.database.write() as session:
        session.execute(delete(Instance))

    with pytest.raises(InstanceProblem, match="is DATABASE_URL wrong"):
        prepare_instance(runtime)

    with runtime.database.read() as session:
        assert session.scalars(select(Instance)).all() == []


def test_a_database_without_tables_beside_a_used_data_directory_is_refused_before_any_is_made(
    runtime: Runtime, tmp_path: Path
) -> None:
    prepare_instance(runtime)
    mistaken = replace(runtime, database=Database(f"sqlite:///{tmp_path / 'other.sqlite3'}"))

    with pytest.raises(InstanceProblem, match="is DATABASE_URL wrong"):
        refuse_foreign_data(mistaken)
    mistaken.database.close()


def test_a_new_data_directory_and_an_empty_database_are_a_first_start(runtime: Runtime, tmp_path: Path) -> None:
    empty = replace(runtime, database=Database(f"sqlite:///{tmp_path / 'other.sqlite3'}"))

    refuse_foreign_data(empty)
    with pytest.raises(NotUpgraded, match="db upgrade"):
        prepare_instance(empty)
    empty.database.close()


def test_the_data_directory_of_another_instance_is_refused(runtime: Runtime) -> None:
    prepare_instance(runtime)
    id_file(runtime).write_text("another\n", encoding="ascii")

    with pytest.raises(InstanceProblem, match="belongs to another instance"):
        prepare_instance(runtime)


def test_another_machine_with_the_right_key_joins_the_instance(runtime: Runtime, tmp_path: Path) -> None:
    prepare_instance(runtime)
    second = replace(runtime, settings=replace(runtime.settings, data_dir=tmp_path / "second"))

    prepare_instance(second)

    assert id_file(second).read_text(encoding="ascii") == id_file(runtime).read_text(encoding="ascii")


def test_a_used_database_whose_row_is_gone_is_not_a_fresh_instance(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.add(User(display_name="Ann"))

    with pytest.raises(InstanceProblem, match="no row about this instance"):
        prepare_instance(runtime)

    assert not id_file(runtime).exists()


def test_a_database_of_another_version_is_refused(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(NotUpgraded, match="9999"):
        prepare_instance(runtime)


def test_looking_never_makes_the_row(runtime: Runtime) -> None:
    with pytest.raises(InstanceProblem, match="missing"):
        inspect_instance(runtime)
