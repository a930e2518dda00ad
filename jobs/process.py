"""Processes that are forked for work: they share the memory of their parent, and do not outlive it."""

import ctypes
import gc
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
VALUES_BETWEEN_COLLECTIONS = 100_000


def end_with_parent(parent: int) -> None:
    """Have the kernel kill this process when `parent`, which forked it, ends; end at once when it has ended already.

    Only Linux can do this. Elsewhere an orphan runs to its end, and its claim has been given to somebody else by then.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def settle_memory() -> None:
    """Before forking: leave what is loaded alone for good, and look for cycles among new values less often.

    A job makes many thousand values without cycles, and its process ends with it. With the usual 700 values between
    two looks, a third of the time of a large synchronization would go into finding nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(VALUES_BETWEEN_COLLECTIONS, 10, 10)
