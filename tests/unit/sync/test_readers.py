"""Reading side by side, and the common end."""

from datetime import UTC, datetime
from threading import Barrier, Event

import pytest

import sync.readers
from integrations.errors import CodeHostError, RateLimited, Unauthorized, Unavailable
from sync.readers import CONCURRENT_REQUESTS, Readers

LIMIT = RateLimited("slow down", retry_at=datetime(2026, 11, 21, tzinfo=UTC))


def ignore(*, done: int, total: int) -> None:
    pass


def test_as_many_requests_as_there_are_threads_are_under_way_at_once() -> None:
    together = Barrier(CONCURRENT_REQUESTS, timeout=10)

    with Readers(ignore) as readers:
        futures = [readers.start(together.wait) for _ in range(CONCURRENT_REQUESTS)]
        arrived = {readers.result(future) for future in futures}

    assert arrived == set(range(CONCURRENT_REQUESTS))


def test_progress_is_told_after_each_part_and_its_total_grows_with_what_is_asked() -> None:
    told: list[tuple[int, int]] = []

    with Readers(lambda *, done, total: told.append((done, total))) as readers:
        for _ in range(2):
            readers.start(lambda: None)
            readers.finish()

    assert told == [(1, 1), (2, 2)]


def test_progress_is_told_also_while_one_part_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync.readers, "SILENT_SECONDS", 0.01)
    told: list[tuple[int, int]] = []
    is_told = Event()

    def note(*, done: int, total: int) -> None:
        told.append((done, total))
        is_told.set()

    with Readers(note) as readers:
        arrived = readers.result(readers.start(lambda: is_told.wait(timeout=10)))

    assert arrived
    assert told[0] == (0, 1)


@pytest.mark.parametrize("refusal", [LIMIT, Unauthorized("revoked")])
def test_after_a_refusal_nothing_is_asked_any_more(refusal: CodeHostError) -> None:
    asked: list[int] = []

    def refuse() -> None:
        raise refusal

    with Readers(ignore) as readers:
        first = readers.start(refuse)
        with pytest.raises(type(refusal)):
            readers.result(first)
        second = readers.start(lambda: asked.append(1))
        with pytest.raises(type(refusal)):
            readers.result(second)

    assert asked == []


def test_a_refusal_is_told_while_something_slow_is_waited_for() -> None:
    is_told = Event()

    def refuse() -> None:
        raise LIMIT

    with Readers(ignore) as readers:
        slow = readers.start(lambda: is_told.wait(10))
        readers.start(refuse)
        with pytest.raises(RateLimited):
            readers.result(slow)
        is_told.set()


def test_other_trouble_stays_with_its_own_part() -> None:
    def fail() -> None:
        raise Unavailable("timeout")

    with Readers(ignore) as readers:
        broken, fine = readers.start(fail), readers.start(lambda: 7)
        readers.finish()

        assert readers.result(fine) == 7
        with pytest.raises(Unavailable):
            readers.result(broken)
