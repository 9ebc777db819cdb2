"""Side by side: two ways of doing a thing in alternating rounds, and their ratio with its median and spread."""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple


class Ratio(NamedTuple):
    """Of one side to the other, round by round."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def ratio_of(ours: list[float], theirs: list[float]) -> Ratio:
    """The ratio of two lists of figures, the rounds matched one by one."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def timed(deed: Callable[[], object], times: int) -> float:
    """Seconds of the processor that one `deed` takes, over so many; what others do on the machine counts little."""
    begun = time.process_time()
    for _ in range(times):
        deed()
    return (time.process_time() - begun) / times


def alternate(rounds: int, *sides: Callable[[], float]) -> list[list[float]]:
    """The figures of each side over so many rounds, the sides taking turns to be first."""
    found: list[list[float]] = [[] for _ in sides]
    for number in range(rounds):
        order = range(len(sides)) if number % 2 == 0 else reversed(range(len(sides)))
        for side in order:
            found[side].append(sides[side]())
    return found
