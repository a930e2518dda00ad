"""The command line on what organizations have: synchronizations and access."""

import json

import pytest
from sqlalchemy import select

from models import (
    JobRun,
    RunPhase,
    RunResult,
    RunScope,
    Runtime,
    Synchronization,
    SyncRun,
    utc_now,
)
from tests.functional.cli.shell import Shell, add_company


def test_synchronizations_are_listed(repertory: Shell, runtime: Runtime) -> None:
    number = add_company(runtime)
    with runtime.database.write() as session:
        session.get_one(Synchronization, number).last_ok_at = utc_now()

    table, (row,) = repertory("sync", "list").stdout, json.loads(repertory("sync", "list", "--json").stdout)

    assert table.splitlines()[0].split()[:3] == ["ID", "ORGANIZATION", "FOLLOWS"]
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
