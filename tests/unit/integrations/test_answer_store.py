"""Answers that are kept: confirmed by the host, never shared between accounts, never believed when damaged."""

import os
import time
import zlib
from pathlib import Path

import pytest

from integrations.answer_store import LARGEST_BODY, AnswerStore, remove_old_answers
from integrations.errors import Unavailable, UnexpectedResponse
from integrations.request_count import RequestCount
from tests.unit.integrations.clients import loopback_client
from tests.unit.integrations.scripted_server import ScriptedServer, answer, reset, scripted_server

DOCUMENT = answer('{"a": 1}', headers=['ETag: W/"one"'])
CHANGED = answer('{"a": 2}', headers=['ETag: W/"two"'])
SAME = answer("", status="304 Not Modified")


def read(server: ScriptedServer, folder: Path, *, owner: str = "1:7", count: RequestCount | None = None) -> object:
    """Read the document as this account."""
    store = AnswerStore(folder, owner)
    with loopback_client(server.port, answers=store, authorization="Bearer hunter2", count=count) as client:
        return client.get_json("/x")


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def age(file: Path) -> None:
    """As if it was written nine days ago."""
    os.utime(file, (time.time(), time.time() - 9 * 24 * 3600))


def test_an_answer_that_the_host_confirms_is_read_from_the_disk(tmp_path: Path) -> None:
    count = RequestCount()
    with scripted_server(DOCUMENT, SAME, CHANGED, SAME) as server:
        assert read(server, tmp_path) == {"a": 1}
        assert server.header("If-None-Match") is None

        assert read(server, tmp_path, count=count) == {"a": 1}
        assert server.header("If-None-Match") == 'W/"one"'
        assert (count.total, count.not_modified) == (1, 1)

        assert read(server, tmp_path) == {"a": 2}
        assert read(server, tmp_path) == {"a": 2}
        assert server.header("If-None-Match") == 'W/"two"'


def test_nobody_is_confirmed_what_somebody_else_was_answered(tmp_path: Path) -> None:
    with scripted_server(DOCUMENT, answer('{"b": 1}', headers=['ETag: W/"one"']), SAME) as server:
        read(server, tmp_path, owner="1:7")
        assert read(server, tmp_path, owner="1:8") == {"b": 1}
        assert server.header("If-None-Match") is None

        assert read(server, tmp_path, owner="1:7") == {"a": 1}


def test_a_file_in_the_place_of_another_is_not_believed(tmp_path: Path) -> None:
    with scripted_server(DOCUMENT, CHANGED, DOCUMENT) as server:
        read(server, tmp_path, owner="1:7")
        (seven,) = files(tmp_path)
        read(server, tmp_path, owner="1:8")
        (eight,) = set(files(tmp_path)) - {seven}
        eight.write_bytes(seven.read_bytes())

        read(server, tmp_path, owner="1:8")
        assert server.header("If-None-Match") is None


def test_a_confirmation_of_nothing_is_an_error_of_the_host(tmp_path: Path) -> None:
    with scripted_server(SAME) as server, pytest.raises(UnexpectedResponse, match="do not have"):
        read(server, tmp_path)
    with scripted_server(SAME) as server, loopback_client(server.port) as client, pytest.raises(UnexpectedResponse):
        client.get_json("/x")


@pytest.mark.parametrize(
    "damage",
    [b"", b"not zlib", zlib.compress(b"[]\n{}"), zlib.compress(b"{}"), zlib.compress(b'{"key": 1, "headers": 3}\n')],
)
def test_a_damaged_file_is_as_if_it_was_not_there(tmp_path: Path, damage: bytes) -> None:
    with scripted_server(DOCUMENT) as server:
        read(server, tmp_path)
        (file,) = files(tmp_path)
        file.write_bytes(damage)

        assert read(server, tmp_path) == {"a": 1}
        assert server.header("If-None-Match") is None
        assert file.read_bytes() != damage


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    with scripted_server(DOCUMENT) as server:
        read(server, tmp_path)
        (file,) = files(tmp_path)
        content = bytearray(file.read_bytes())
        content[-2] ^= 1
        file.write_bytes(content)

        assert read(server, tmp_path) == {"a": 1}
        assert server.header("If-None-Match") is None


@pytest.mark.parametrize(
    "unfit",
    [
        answer('{"a": 1}'),
        answer('{"a": ', headers=['ETag: "x"']),
        answer("<html>", kind="text/html", headers=['ETag: "x"']),
        answer(f'"{"a" * LARGEST_BODY}"', headers=['ETag: "x"']),
    ],
    ids=["without a version", "broken", "a page", "too large"],
)
def test_what_can_not_be_confirmed_or_used_is_not_kept_and_takes_the_place_of_what_was(
    tmp_path: Path, unfit: bytes
) -> None:
    with scripted_server(DOCUMENT, unfit, DOCUMENT) as server:
        read(server, tmp_path)
        try:
            read(server, tmp_path)
        except UnexpectedResponse:
            assert b"html" in unfit or unfit.endswith(b'{"a": ')

        assert files(tmp_path) == []


def test_trouble_of_the_host_leaves_what_was_kept(tmp_path: Path) -> None:
    trouble = answer("{}", status="500 Oops", headers=['ETag: "x"'])
    with scripted_server(DOCUMENT, trouble, reset, trouble, SAME) as server:
        read(server, tmp_path)
        with pytest.raises(Unavailable):
            read(server, tmp_path)

        assert read(server, tmp_path) == {"a": 1}


def test_files_are_for_our_eyes_only_and_hold_no_token(tmp_path: Path) -> None:
    with scripted_server(answer('{"echo": "hunter2"}', headers=['ETag: "x"', "Set-Cookie: s=hunter2"])) as server:
        read(server, tmp_path / "answers")

    (file,) = files(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert b"hunter2" not in zlib.decompress(file.read_bytes())


def test_one_account_is_made_to_ask_afresh_for_everything(tmp_path: Path) -> None:
    with scripted_server(DOCUMENT, DOCUMENT, DOCUMENT, SAME) as server:
        read(server, tmp_path, owner="1:7")
        read(server, tmp_path, owner="1:8")

        with loopback_client(server.port, answers=AnswerStore(tmp_path, "1:7")) as client:
            client.forget_answers()

        read(server, tmp_path, owner="1:7")
        assert server.header("If-None-Match") is None
        assert read(server, tmp_path, owner="1:8") == {"a": 1}
        assert server.header("If-None-Match") == 'W/"one"'


def test_old_answers_are_not_used_and_are_removed(tmp_path: Path) -> None:
    with scripted_server(DOCUMENT) as server:
        read(server, tmp_path)
        (file,) = files(tmp_path)
        assert remove_old_answers(tmp_path) == 0
        age(file)

        read(server, tmp_path)
        assert server.header("If-None-Match") is None

    assert remove_old_answers(tmp_path) == 0
    age(file)
    assert remove_old_answers(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []
    assert remove_old_answers(tmp_path / "missing") == 0


def test_a_confirmation_is_no_younger_than_the_answer(tmp_path: Path) -> None:
    with scripted_server(DOCUMENT, SAME) as server:
        read(server, tmp_path)
        (file,) = files(tmp_path)
        before = file.stat().st_mtime_ns
        read(server, tmp_path)

        assert file.stat().st_mtime_ns == before


def test_a_disk_that_takes_nothing_changes_no_answer(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text("a file where the folder should be")
    with scripted_server(DOCUMENT) as server:
        assert read(server, tmp_path / "answers") == {"a": 1}


def test_looking_and_writing_keep_nothing(tmp_path: Path) -> None:
    with scripted_server(DOCUMENT) as server:
        with loopback_client(server.port, answers=AnswerStore(tmp_path, "1:7")) as client:
            client.look("/x", accept="application/json")
            client.post_json("/x", {})

        assert files(tmp_path) == []


def test_what_a_confirmation_says_about_pages_is_newer(tmp_path: Path) -> None:
    first = answer('[{"id": 1}]', headers=['ETag: "1"', "X-Total: 1"])
    confirmed = answer("", status="304 Not Modified", headers=["X-Total: 2", 'Link: </x?page=2>; rel="next"'])
    second = answer('[{"id": 2}]', headers=['ETag: "2"', "X-Total: 2"])
    with (
        scripted_server(first, confirmed, second) as server,
        loopback_client(server.port, answers=AnswerStore(tmp_path, "1:7")) as client,
    ):
        assert len(list(client.paginate("/x"))) == 1
        assert [row["id"] for row in client.paginate("/x")] == [1, 2]
