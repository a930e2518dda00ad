"""What is read once, however many threads ask for it."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """Values by key. Whoever asks while one is being read waits for it; what failed is read again."""

    def __init__(self) -> None:
        self._futures: dict[str, Future[Value]] = {}
        self._lock = Lock()

    def find_or_read(self, key: str, read: Callable[[], Value]) -> Value:
        """The value of this key, read with `read` the first time. Raises what `read` raises."""
        with self._lock:
            known = self._futures.get(key)
            future: Future[Value] = known or Future()
            self._futures[key] = future
        if known is None:
            self._read(key, future, read)
        return future.result()

    def _read(self, key: str, future: Future[Value], read: Callable[[], Value]) -> None:
        try:
            future.set_result(read())
        except BaseException as error:
            with self._lock:
                del self._futures[key]
            future.set_exception(error)
