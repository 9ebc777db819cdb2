"""The callback by which long work tells how far it is."""

from collections.abc import Callable

# Takes how much is done, and how much there is in all, in any unit.
Tell = Callable[[int, int], None]


def say_nothing(_done: int, _total: int) -> None:
    pass
