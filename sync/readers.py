"""A few threads that read from a host side by side, and one shared end: the first refusal stops them all."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from integrations.codehost import CodeHost
from integrations.errors import CodeHostError, IncompleteListing, RateLimited, Unauthorized, UnexpectedResponse

CONCURRENT_REQUESTS = 8
SILENT_SECONDS = 5.0  # a list of many pages may take minutes, and whoever watches must not think that we are dead

NONSENSE = (UnexpectedResponse, IncompleteListing)

Value = TypeVar("Value")


class Progress(Protocol):
    """Told after each finished part, and every few seconds. `total` grows while lists are still being read."""

    def __call__(self, *, done: int, total: int) -> None: ...


def forget_nonsense(host: CodeHost, error: CodeHostError) -> None:
    """Let what made no sense be read afresh the next time, instead of being confirmed by the host as unchanged."""
    if isinstance(error, NONSENSE):
        host.forget_answers()


class Readers:
    """Use as a context: leaving it waits for what is under way and drops what has not begun."""

    def __init__(self, progress: Progress) -> None:
        """`progress` is called from the thread that asks for results."""
        self._pool = ThreadPoolExecutor(CONCURRENT_REQUESTS)
        self._progress = progress
        self._finished: SimpleQueue[Future[Any]] = SimpleQueue()
        self._started = self._done = 0
        self._refusal: CodeHostError | None = None

    def __enter__(self) -> "Readers":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def start(self, read: Callable[[], Value]) -> Future[Value]:
        """Read in one of the threads, as soon as one is free."""
        future = self._pool.submit(self._run, read)
        self._started += 1
        future.add_done_callback(self._finished.put)
        return future

    def result(self, future: Future[Value]) -> Value:
        """Wait for one result. Raises what its reading raised, and at once when the credential was refused anywhere."""
        while not future.done():
            self._wait()
        return future.result()

    def finish(self) -> None:
        """Wait for everything that was started. Raises only refusals; the rest is with each result."""
        while self._done < self._started:
            self._wait()

    def _run(self, read: Callable[[], Value]) -> Value:
        if self._refusal is not None:
            raise self._refusal
        try:
            return read()
        except (Unauthorized, RateLimited) as refusal:
            self._refusal = self._refusal or refusal
            raise

    def _wait(self) -> None:
        """Until the next part is finished, or for a while. Raises the refusal."""
        with suppress(Empty):
            self._finished.get(timeout=SILENT_SECONDS)
            self._done += 1
        if self._refusal is not None:
            raise self._refusal
        self._progress(done=self._done, total=self._started)
