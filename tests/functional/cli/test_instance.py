"""The command line: what each command prints, and with which code it ends."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import cli
from models import (
    AuditRecord,
    Database,
    Instance,
    InstanceState,
    Runtime,
)
from models.start import INSTANCE_ID_FILE
from tests.functional.cli.shell import Shell, add_people
from wsgi import create_app


@pytest.mark.parametrize("command", [["doctor"], ["db", "upgrade"], ["worker"], ["ticker"], ["serve"], ["setup-link"]])
def test_a_wrong_setting_is_one_sentence_and_exit_code_2(repertory: Shell, command: list[str]) -> None:
    answer = repertory(*command, REPERTORY_BASE_URL="http://packages.example.com")

    assert answer.exit_code == 2
    assert answer.stdout == ""
    assert answer.stderr.startswith("repertory: REPERTORY_BASE_URL is 'http://packages.example.com'")
    assert answer.stderr.count("\n") == 1


def test_an_upgrade_makes_the_tables_and_the_instance(tmp_path: Path) -> None:
    environment = {"REPERTORY_DATA_DIR": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": ""}

    answers = [CliRunner().invoke(cli.repertory, ["db", "upgrade"], env=environment) for _ in range(2)]

    assert [answer.exit_code for answer in answers] == [0, 0]
    assert answers[0].stdout.startswith("The database is at revision")
    assert (tmp_path / INSTANCE_ID_FILE).exists()
    with Database(f"sqlite:///{tmp_path / 'repertory.sqlite3'}").read() as session:
        assert session.get_one(Instance, 1).state is InstanceState.SETUP


def test_an_upgrade_refuses_an_empty_database_beside_a_used_data_directory(repertory: Shell, tmp_path: Path) -> None:
    mistaken = tmp_path / "mistaken.sqlite3"

    answer = repertory("db", "upgrade", DATABASE_URL=f"sqlite:///{mistaken}")

    assert answer.exit_code == 2
    assert "is DATABASE_URL wrong?" in answer.stderr


def test_a_key_that_is_not_ours_refuses_every_start(repertory: Shell) -> None:
    for command in ("serve", "worker", "ticker"):
        answer = repertory(command, REPERTORY_SECRETS_KEYS="A" * 43 + "=")

        assert answer.exit_code == 2
        assert "the encryption key is not the one" in answer.stderr


def test_a_data_directory_of_somebody_else_is_a_sentence(
    repertory: Shell, monkeypatch: pytest.MonkeyPatch, runtime: Runtime
) -> None:
    def refuse(_settings: object) -> Runtime:
        raise PermissionError(13, "Permission denied", str(runtime.settings.data_dir))

    monkeypatch.setattr(cli, "open_runtime", refuse)

    answer = repertory("doctor")

    assert answer.exit_code == 2
    assert "is this the user that Repertory runs as?" in answer.stderr


def test_serve_becomes_the_web_server(repertory: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr("cli.os.execv", lambda _program, command: commands.append(command))

    assert repertory("serve").exit_code == 0

    assert commands[0][1:4] == ["-P", "-m", "gunicorn"]
    assert commands[0][-1] == "wsgi:create_app()"


@pytest.mark.parametrize(
    ("arguments", "queues"),
    [
        ([], ["interactive", "interactive", "sync", "packages"]),
        (["sync"], ["sync"]),
        (["packages", "sync"], ["packages", "sync"]),
    ],
)
def test_worker_serves_the_queues_that_are_named_or_all(
    repertory: Shell, monkeypatch: pytest.MonkeyPatch, arguments: list[str], queues: list[str]
) -> None:
    served: list[list[str]] = []
    monkeypatch.setattr(cli, "run_workers", lambda _runtime, names: served.append(list(names)))

    assert repertory("worker", *arguments).exit_code == 0

    assert served == [queues]


def test_a_queue_that_does_not_exist_is_refused(repertory: Shell) -> None:
    assert repertory("worker", "mails").exit_code == 2


def test_ticker_ticks(repertory: Shell, monkeypatch: pytest.MonkeyPatch, runtime: Runtime) -> None:
    ticked: list[str] = []
    monkeypatch.setattr(cli, "run_ticker", lambda own: ticked.append(own.settings.database_url))

    assert repertory("ticker").exit_code == 0

    assert ticked == [runtime.settings.database_url]


@pytest.mark.parametrize("command", ["worker", "ticker"])
def test_background_work_needs_a_redis(repertory: Shell, command: str) -> None:
    answer = repertory(command, REDIS_URL="")

    assert answer.exit_code == 2
    assert answer.stderr.startswith("repertory: REDIS_URL is not set")


def test_a_process_waits_for_the_upgrade_and_then_says_that_it_is_missing(
    repertory: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cli, "WAIT_SECONDS", 0.2)
    monkeypatch.setattr(cli, "RETRY_SECONDS", 0.1)

    answer = repertory("worker", DATABASE_URL=f"sqlite:///{tmp_path / 'new.sqlite3'}")

    assert answer.exit_code == 2
    assert "run `repertory db upgrade`" in answer.stderr.splitlines()[-1]


def test_a_database_that_does_not_answer_is_a_sentence_without_its_password(
    repertory: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "WAIT_SECONDS", 0.0)

    answer = repertory("worker", DATABASE_URL="postgresql://repertory:hush@127.0.0.1:1/none")

    assert answer.exit_code == 1
    assert "the database does not answer" in answer.stderr
    assert "hush" not in answer.output


def test_a_setup_link_is_a_link_with_the_code_in_the_fragment(repertory: Shell) -> None:
    first, second = repertory("setup-link"), repertory("setup-link")

    assert first.exit_code == 0
    assert first.stdout.startswith("http://localhost:8000/setup#rpts_")
    assert first.stdout != second.stdout


def test_after_setup_mode_there_is_no_setup_link(repertory: Shell, runtime: Runtime) -> None:
    with runtime.database.write() as session:
        session.get_one(Instance, 1).state = InstanceState.ACTIVE

    asked, at_start = repertory("setup-link"), repertory("setup-link", "--if-needed")

    assert (asked.exit_code, asked.stdout) == (1, "")
    assert "Setup Mode has ended" in asked.stderr
    assert (at_start.exit_code, at_start.output) == (0, "")


def test_on_this_very_machine_the_start_needs_no_code(repertory: Shell) -> None:
    assert repertory("setup-link", "--if-needed").stdout == "http://localhost:8000/setup\n"


def test_doctor_lists_every_check_and_fails_with_one_of_them(repertory: Shell) -> None:
    answer = repertory("doctor")

    assert answer.exit_code == 1
    assert "ok      Database" in answer.stdout
    assert "FAILED  Workers" in answer.stdout
    assert "Start `repertory ticker`." in answer.stdout


def test_doctor_speaks_to_programs(repertory: Shell) -> None:
    checks = {check["key"]: check for check in json.loads(repertory("doctor", "--json").stdout)}

    assert checks["database"]["state"] == "ok"
    assert checks["workers"]["state"] == "failed"
    assert checks["workers"]["fix"]


def test_an_account_becomes_administrator_and_is_listed(repertory: Shell, runtime: Runtime) -> None:
    add_people(runtime)

    granted = repertory("admin", "grant", "--integration", "gitlab", "--login", "bob")

    assert (granted.exit_code, granted.stdout) == (0, "Bob is administrator.\n")
    assert "Bob  (bob at Gitlab)" in repertory("admin", "list").stdout
    assert [person["name"] for person in json.loads(repertory("admin", "list", "--json").stdout)] == ["Bob"]
    with runtime.database.read() as session:
        record = session.scalars(select(AuditRecord).where(AuditRecord.action == "administrator_granted")).one()
    assert record.actor.startswith("command line (")


def test_an_unknown_account_can_not_become_administrator(repertory: Shell) -> None:
    answer = repertory("admin", "grant", "--integration", "gitlab", "--login", "mallory")

    assert answer.exit_code == 1
    assert "no account 'mallory' is known" in answer.stderr


def test_a_login_link_is_made_for_a_known_person(repertory: Shell, runtime: Runtime) -> None:
    add_people(runtime)

    known, unknown = repertory("admin", "login-link", "ann"), repertory("admin", "login-link", "mallory")

    address, _, secret = known.stdout.partition("#")
    page = create_app(runtime=runtime).test_client().get(address)
    assert (page.status_code, page.request.path) == (200, "/login/-/link")
    assert secret.startswith("rptl_")
    assert unknown.exit_code == 1
