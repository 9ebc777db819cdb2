"""The lines of a table, read some at a time; after each lot, how far the reading is gets told."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from ophportal.imports.files import TableFile
from ophportal.imports.refusals import Refusals, UnreadableLineError

Line = TypeVar("Line")
# A line's number, and its cells in the order of the columns, as written.
Written = tuple[int, tuple[str, ...]]
# Lines held at once.
STEP = 250


def read(
    file: TableFile,
    read_line: Callable[[int, tuple[str, ...]], Line],
    refusals: Refusals,
    tell: Callable[[int], None],
) -> Iterator[Line]:
    """What `read_line` makes of each line that it can read; what is wrong with the others goes to `refusals`."""
    for written in in_steps(file, refusals, tell):
        yield from understood(written, read_line, refusals)


def in_steps(file: TableFile, refusals: Refusals, tell: Callable[[int], None]) -> Iterator[list[Written]]:
    """The file's lines, so many at a time."""
    refusals.columns = file.header.told
    lines = file.lines(refusals)
    tell(file.position())
    while some := list(islice(lines, STEP)):
        yield some
        tell(file.position())


def understood(
    written: Iterable[Written], read_line: Callable[[int, tuple[str, ...]], Line], refusals: Refusals
) -> Iterator[Line]:
    """What `read_line` makes of each line that it can read; what is wrong with the others goes to `refusals`."""
    for line, cells in written:
        try:
            yield read_line(line, cells)
        except UnreadableLineError as refused:
            for reason in refused.reasons:
                refusals.add(line, reason)
