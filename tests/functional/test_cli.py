"""The command line: what each command prints, and with which code it ends."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import select

import cli
from models import (
    AuditRecord,
    Database,
    Identity,
    Instance,
    InstanceState,
    Integration,
    JobRun,
    Membership,
    MembershipSource,
    Package,
    PackageState,
    RunPhase,
    RunResult,
    RunScope,
    Runtime,
    Synchronization,
    SyncRun,
    utc_now,
)
from models.start import INSTANCE_ID_FILE, prepare_instance
from tests.functional.rows import add_integration, add_organization, add_synchronization, add_user
from wsgi import create_app


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Commands set the logs of their process up; this process keeps its own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


class Shell:
    """Runs commands with the environment of one instance."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        self.environment = {
            "REPERTORY_DATA_DIR": str(settings.data_dir),
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
        }

    def __call__(self, *arguments: str, **environment: str) -> Result:
        """Run `repertory ARGUMENTS…`."""
        return CliRunner().invoke(cli.repertory, arguments, env=self.environment | environment)


@pytest.fixture
def repertory(runtime: Runtime) -> Shell:
    """The command on the instance of `runtime`."""
    prepare_instance(runtime)
    return Shell(runtime)


def add_people(runtime: Runtime) -> Integration:
    """Ann, who has logged in, and Bob, who has not."""
    with runtime.database.write() as session:
        integration = add_integration(session, runtime.secret_box)
        add_user(session, integration, "ann")
        session.add(Identity(integration_id=integration.id, remote_id="2", login="bob", display_name="Bob"))
    return integration


def add_company(runtime: Runtime) -> int:
    """The organization acme, which ann owns, with one synchronization; returns the synchronization's id."""
    integration = add_people(runtime)
    with runtime.database.write() as session:
        organization = add_organization(session)
        ann = session.scalars(select(Identity).where(Identity.login == "ann")).one()
        owners = Membership(team_id=organization.teams[0].id, identity_id=ann.id, source=MembershipSource.DIRECT)
        package = Package(organization_id=organization.id, name="acme/http", state=PackageState.ACTIVE)
        session.add_all([owners, package])
        return add_synchronization(session, organization, integration).id


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
    [([], ["interactive", "sync", "packages"]), (["sync"], ["sync"]), (["packages", "sync"], ["packages", "sync"])],
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


def test_synchronizations_are_listed(repertory: Shell, runtime: Runtime) -> None:
    number = add_company(runtime)
    with runtime.database.write() as session:
        session.get_one(Synchronization, number).last_ok_at = utc_now()

    table, (row,) = repertory("sync", "list").stdout, json.loads(repertory("sync", "list", "--json").stdout)

    assert "acme" in table
    assert (row["id"], row["organization"], row["remote"], row["state"]) == (number, "acme", "acme", "new")


def test_a_run_is_asked_for(repertory: Shell, runtime: Runtime) -> None:
    number = add_company(runtime)

    answer = repertory("sync", "run", str(number))

    assert answer.exit_code == 0
    assert answer.stdout == "Run 1 (full synchronization) of acme waits for a worker.\n"
    with runtime.database.read() as session:
        run = session.scalars(select(SyncRun)).one()
        job = session.scalars(select(JobRun)).one()
    assert run.reasons == ["command line"]
    assert job.arguments == {"synchronization_id": number}


@pytest.mark.parametrize(("result", "code"), [(RunResult.OK, 0), (RunResult.FAILED, 1), (RunResult.DEGRADED, 1)])
def test_waiting_for_a_run_ends_with_it_and_tells_how_it_went(
    repertory: Shell, runtime: Runtime, monkeypatch: pytest.MonkeyPatch, result: RunResult, code: int
) -> None:
    number = add_company(runtime)

    def let_it_end(_seconds: float) -> None:
        with runtime.database.write() as session:
            run = session.scalars(select(SyncRun)).one()
            run.phase, run.result = RunPhase.DONE, result

    monkeypatch.setattr("cli.time.sleep", let_it_end)

    answer = repertory("sync", "run", str(number), "--wait", "--json")

    assert answer.exit_code == code
    assert json.loads(answer.stdout)["result"] == result.value


@pytest.mark.parametrize(("result", "code"), [(RunResult.OK, 0), (RunResult.HELD, 0), (RunResult.FAILED, 1)])
def test_a_preview_says_what_the_next_run_would_do(
    repertory: Shell, runtime: Runtime, monkeypatch: pytest.MonkeyPatch, result: RunResult, code: int
) -> None:
    number = add_company(runtime)

    def let_it_end(_seconds: float) -> None:
        with runtime.database.write() as session:
            run = session.scalars(select(SyncRun)).one()
            run.phase, run.result, run.scope = RunPhase.DONE, result, RunScope.PREVIEW
            run.counts = {
                "changes": {"package": {"remove": 1}},
                "access": {"gain": {"count": 0, "names": []}, "lose": {"count": 7, "names": ["@bob", "@eve"]}},
            }
            run.changes = [
                {"kind": "package", "action": "remove", "name": "acme/http", "detail": "acme/web/http", "url": ""}
            ]

    monkeypatch.setattr("cli.time.sleep", let_it_end)

    answer = repertory("sync", "preview", str(number))
    monkeypatch.undo()

    assert answer.exit_code == code
    assert answer.stdout.splitlines()[-4:] == [
        "−1 package",
        "7 people would lose all access: @bob, @eve and 5 more",
        "1 package would be removed: acme/http",
        "− package     acme/http  acme/web/http",
    ]
    with runtime.database.read() as session:
        assert session.scalars(select(JobRun.queue)).all() == ["interactive"]


@pytest.mark.parametrize("command", ["run", "preview"])
def test_a_synchronization_that_does_not_exist_is_refused(repertory: Shell, command: str) -> None:
    answer = repertory("sync", command, "404")

    assert answer.exit_code == 1
    assert "there is no synchronization 404" in answer.stderr


def test_the_readers_of_each_package_are_listed(repertory: Shell, runtime: Runtime) -> None:
    add_company(runtime)

    table = repertory("access", "list", "--organization", "acme")
    parsed = repertory("access", "list", "--organization", "acme", "--json")

    assert table.stdout == "acme/http: ann\n"
    assert json.loads(parsed.stdout) == {"acme/http": ["ann"]}


def test_access_is_explained_for_a_person_a_package_or_both(repertory: Shell, runtime: Runtime) -> None:
    add_company(runtime)
    ask = ("access", "explain", "--organization", "acme")

    both = repertory(*ask, "--person", "ann", "--package", "acme/http")
    package = repertory(*ask, "--package", "acme/http", "--json")
    person = repertory(*ask, "--person", "@ann")

    assert both.stdout.startswith("ann may read acme/http.\n")
    assert "because they are an owner of Acme" in both.stdout
    assert json.loads(package.stdout)[0]["person"] == "ann"
    assert person.stdout == "acme/http: owner of Acme\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "name a person, a package or both"),
        (("--person", "nobody"), "no account 'nobody' is known where acme is synchronized"),
        (("--package", "acme/none"), "there is no package 'acme/none' in acme"),
    ],
)
def test_access_of_nobody_to_nothing_is_not_explained(
    repertory: Shell, runtime: Runtime, arguments: tuple[str, ...], words: str
) -> None:
    add_company(runtime)

    answer = repertory("access", "explain", "--organization", "acme", *arguments)

    assert answer.exit_code > 0
    assert words in answer.stderr


def test_an_organization_that_does_not_exist_is_refused(repertory: Shell) -> None:
    answer = repertory("access", "list", "--organization", "nobody")

    assert answer.exit_code == 1
    assert "there is no organization 'nobody'" in answer.stderr
