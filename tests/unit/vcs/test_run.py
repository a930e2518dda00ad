"""Programs run with nothing inherited, and never longer than agreed."""

import base64
import os
import re
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from integrations.vcs.run import Command, Failed, Limits, OutputTooLarge, TimedOut, run, scrub, stream

USUAL = Limits()


def command(
    *arguments: str, directory: Path, limits: Limits = USUAL, input: bytes = b"", secrets: tuple[str, ...] = ()
) -> Command:
    return Command(arguments, {}, directory, limits, input=input, secrets=secrets)


def is_alive(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_dead(process_id: int) -> None:
    deadline = time.monotonic() + 10
    while is_alive(process_id):
        assert time.monotonic() < deadline, "the process still runs"
        time.sleep(0.01)


def test_the_output_is_answered_and_the_input_arrives_whole(tmp_path: Path) -> None:
    sent = os.urandom(3_000_000)

    answer = run(command("cat", directory=tmp_path, input=sent))

    assert answer == sent


def test_nothing_of_our_environment_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPERTORY_SECRETS_KEYS", "canary")

    answer = run(Command(("env",), environment={"LC_ALL": "C"}, directory=tmp_path))

    names = {line.partition(b"=")[0] for line in answer.splitlines()}
    assert names == {b"LC_ALL", b"PATH"}


def test_a_program_has_its_own_session_mask_limits_and_no_way_to_more_rights(tmp_path: Path) -> None:
    limits = Limits(cpu_seconds=7, file_bytes=12_288, memory_bytes=1 << 30)
    status = "cut -d ' ' -f 1,5,6 /proc/$$/stat; grep NoNewPrivs /proc/$$/status"
    asked = f"umask; {status}; ulimit -t; ulimit -v; ulimit -c"

    lines = run(command("sh", "-c", asked, directory=tmp_path, limits=limits)).decode().split("\n")

    process, group, session = lines[1].split()
    assert lines[0] == "0077"
    assert process == group == session
    assert int(session) != os.getsid(0)
    assert lines[2].split() == ["NoNewPrivs:", "1"]
    assert lines[3:6] == ["7", str(1 << 20), "0"]


def test_a_file_over_the_limit_ends_the_program(tmp_path: Path) -> None:
    limits = Limits(file_bytes=4096)

    with pytest.raises(Failed):
        run(command("sh", "-c", "head -c 100000 /dev/zero > large", directory=tmp_path, limits=limits))

    assert (tmp_path / "large").stat().st_size == 4096


def test_our_own_lower_limit_is_never_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = resource.getrlimit
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (5, 5) if kind == resource.RLIMIT_CPU else real(kind))

    answer = run(command("sh", "-c", "ulimit -t", directory=tmp_path, limits=Limits(cpu_seconds=60)))

    assert answer == b"5\n"


def test_standard_input_is_empty_when_nothing_is_sent(tmp_path: Path) -> None:
    assert run(command("cat", directory=tmp_path)) == b""


def test_a_program_that_does_not_read_its_input_is_no_error(tmp_path: Path) -> None:
    assert run(command("echo", "done", directory=tmp_path, input=b"x" * 1_000_000)) == b"done\n"


def test_the_whole_group_dies_at_the_deadline(tmp_path: Path) -> None:
    script = "sleep 60 & echo $! > child; sleep 60"
    begun = time.monotonic()

    with pytest.raises(TimedOut, match=r"longer than 0\.4 seconds"):
        run(command("sh", "-c", script, directory=tmp_path, limits=Limits(seconds=0.4)))

    assert time.monotonic() - begun < 5
    wait_until_dead(int((tmp_path / "child").read_text()))


def test_a_slow_drip_does_not_move_the_deadline(tmp_path: Path) -> None:
    script = "while :; do echo x; sleep 0.05; done"

    with pytest.raises(TimedOut):
        run(command("sh", "-c", script, directory=tmp_path, limits=Limits(seconds=0.4)))


def test_a_child_that_outlives_its_parent_is_killed_and_holds_nobody_up(tmp_path: Path) -> None:
    begun = time.monotonic()

    answer = run(command("sh", "-c", "sleep 60 & echo $!", directory=tmp_path))

    assert time.monotonic() - begun < 5
    wait_until_dead(int(answer))


def test_the_group_dies_when_the_reader_gives_up(tmp_path: Path) -> None:
    running: list[int] = []

    def give_up() -> None:
        with stream(command("sh", "-c", "echo $$; sleep 60", directory=tmp_path)) as output:
            running.append(int(output.read_line()))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()

    wait_until_dead(running[0])


def test_a_program_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    source = f"""
        from pathlib import Path
        from integrations.vcs.run import Command, stream
        arguments = ("sh", "-c", "echo $$; exec sleep 60")
        with stream(Command(arguments, environment={{}}, directory=Path({str(tmp_path)!r}))) as output:
            print(output.read_line().decode(), flush=True)
            output.read()
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(source)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent, parent.stdout:
        process = int(parent.stdout.readline())

        os.kill(parent.pid, signal.SIGKILL)

    wait_until_dead(process)


def test_more_output_than_agreed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputTooLarge, match="more than 1000 bytes"):
        run(command("cat", "/dev/zero", directory=tmp_path, limits=Limits(output_bytes=1000)))


def test_the_caps_hold_for_a_stream_whose_rest_is_not_read(tmp_path: Path) -> None:
    limits = Limits(output_bytes=200_000)

    with (
        pytest.raises(OutputTooLarge),
        stream(command("cat", "/dev/zero", directory=tmp_path, limits=limits)) as output,
    ):
        output.read(1)


def test_errors_are_cut_but_never_block_the_program(tmp_path: Path) -> None:
    script = "head -c 1000000 /dev/zero | tr '\\0' e >&2; exit 3"

    with pytest.raises(Failed) as caught:
        run(command("sh", "-c", script, directory=tmp_path, limits=Limits(error_bytes=100)))

    assert caught.value.status == 3
    assert caught.value.stderr == "e" * 100


def test_a_failure_tells_its_reason_without_secrets(tmp_path: Path) -> None:
    script = "echo 'fatal: https://ann:s3cret@git.acme.example \033[31m s3cret' >&2; exit 128"

    with pytest.raises(Failed) as caught:
        run(command("sh", "-c", script, directory=tmp_path, secrets=("s3cret", "")))

    assert str(caught.value) == "sh ended with status 128: fatal: https://***@git.acme.example ?[31m ***"


def test_a_failure_without_words_says_so(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="false ended with status 1: no message"):
        run(command("false", directory=tmp_path))


def test_a_missing_program_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no-such-program"):
        run(command("no-such-program", directory=tmp_path))


def test_a_missing_tether_is_a_failure(tmp_path: Path) -> None:
    nowhere = Command(("true",), environment={"PATH": str(tmp_path)}, directory=tmp_path)

    with pytest.raises(Failed, match="prlimit is not installed"):
        run(nowhere)


def test_lines_and_blocks_are_read_across_chunks(tmp_path: Path) -> None:
    body = os.urandom(200_000).replace(b"\n", b"")
    sent = b"first\n" + body + b"\nlast"

    with stream(command("cat", directory=tmp_path, input=sent)) as output:
        lines = [output.read_line(), output.read_line()]
        rest = [output.read_exactly(2), output.read_exactly(10), output.read_line(), output.read()]

    assert lines == [b"first", body]
    assert rest == [b"la", b"st", b"", b""]


def test_a_command_does_not_show_what_it_sends() -> None:
    shown = repr(Command(("git",), environment={}, directory=Path("/"), input=b"canary", secrets=("canary",)))

    assert "canary" not in shown


def test_scrubbing_knows_the_ways_a_secret_is_written() -> None:
    secret = "a b/c"
    encoded = base64.b64encode(secret.encode()).decode()

    assert scrub(f"{secret} a%20b%2Fc {encoded} kept", (secret,)) == "*** *** *** kept"


def test_no_other_module_of_the_application_starts_programs() -> None:
    root = Path(__file__).parents[3]
    tooling = {"tests", "scripts"}
    packages = [path for path in root.iterdir() if (path / "__init__.py").exists() and path.name not in tooling]
    starting = re.compile(r"\b(?:import subprocess|from subprocess|os\.(?:system|popen|posix_spawn)\b)")

    found = [
        path.relative_to(root).as_posix()
        for package in packages
        for path in package.rglob("*.py")
        if starting.search(path.read_text(encoding="utf-8"))
    ]

    assert len(packages) > 5
    assert found == ["integrations/vcs/run.py"]
