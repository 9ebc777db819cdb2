"""The callback by which long work tells how far it is."""

from collections.abc import Callable

# Takes what is done and how much there is, in units of no meaning.
Tell = Callable[[int, int], None]


def say_nothing(_done: int, _total: int) -> None:
    pass
