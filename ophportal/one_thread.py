"""Work that one thread of a process does, whoever asks for it."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

Result = TypeVar("Result")


class OneThread:
    """Calls functions one at a time, in the order in which they are asked for, in a thread that begins with the first.

    A lock would let them through one at a time as well, each in the thread of who asks. But glibc gives each thread a
    heap of its own, and every one of a worker's sixteen would end up holding what a call takes: 19 MiB for a hash.

    The thread steps back for any other that would run: a page takes its millisecond at once, whatever the work.
    """

    def __init__(self, name: str):
        self.name = name
        self.begin()
        # A process that is forked off gets the object, and not the thread.
        os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        self.pool = ThreadPoolExecutor(1, thread_name_prefix=self.name, initializer=step_back)

    def __call__(self, function: Callable[..., Result], *args: Any, **more: Any) -> Result:
        """What `function` gives, or raises."""
        return self.pool.submit(function, *args, **more).result()


def step_back() -> None:
    """Give this thread a low priority, on Linux, where each has its own, and where the machine lets it."""
    if sys.platform == "linux":
        # A pool whose thread fails to begin is broken for good, and nobody would log in any more.
        with suppress(OSError):
            os.nice(10)  # from where the process is, which may have stepped back itself; this thread alone
