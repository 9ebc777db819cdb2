"""What processes keep in memory: their proportional set size (PSS), pages that they share being counted in shares."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def pss(pid: int) -> float:
    """MiB."""
    return int(Path(f"/proc/{pid}/smaps_rollup").read_text().partition("Pss:")[2].split()[0]) / 1024


def family(pid: int) -> Iterator[int]:
    """A process, and all that it and they have started."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from family(int(child))


class Scale(threading.Thread):
    """Weighs a process and its family once a second, until the block ends; `samples` are MiB."""

    def __init__(self, pid: int):
        super().__init__(name="scale")
        self.pid = pid
        self.samples: list[float] = []
        self.stopping = threading.Event()

    def __enter__(self) -> "Scale":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.join()

    def run(self) -> None:
        while not self.stopping.wait(1):
            # A thread or a process may end between two looks: that second is not weighed.
            with suppress(OSError):
                self.samples.append(sum(map(pss, family(self.pid))))
