"""Reading once for all who ask."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.bitbucket_dc.remembered import Remembered


def test_those_who_ask_while_it_is_read_wait_for_it() -> None:
    remembered: Remembered[int] = Remembered()
    has_begun, may_end, reads = threading.Event(), threading.Event(), []

    def read() -> int:
        reads.append(1)
        has_begun.set()
        may_end.wait(5)
        return 7

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(remembered.find_or_read, "key", read)
        has_begun.wait(5)
        others = [pool.submit(remembered.find_or_read, "key", read) for _ in range(2)]
        may_end.set()

        assert [first.result(), *(each.result() for each in others)] == [7, 7, 7]
    assert len(reads) == 1


def test_keys_are_read_each_for_itself() -> None:
    remembered: Remembered[str] = Remembered()

    assert remembered.find_or_read("a", lambda: "x") == "x"
    assert remembered.find_or_read("b", lambda: "y") == "y"
    assert remembered.find_or_read("a", lambda: "z") == "x"


def test_what_failed_is_read_again() -> None:
    remembered: Remembered[int] = Remembered()

    with pytest.raises(ZeroDivisionError):
        remembered.find_or_read("key", lambda: 1 // 0)

    assert remembered.find_or_read("key", lambda: 7) == 7
