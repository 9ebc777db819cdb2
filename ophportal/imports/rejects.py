"""The lines that an import refuses, as a CSV to mend them by: their numbers, why, and what they say."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ophportal.csv_output import write_file
from ophportal.formatting import counted
from ophportal.imports.files import opened
from ophportal.imports.files.columns import Column
from ophportal.imports.refusals import ImportRefused, Refusals


def write_rejects(source: Path, columns: Sequence[Column], refused: ImportRefused, target: Path) -> None:
    """Write to `target` the lines of `source` that `refused` names; its last line tells of those that are left out.

    A source without columns is no table, but many files: their names.
    """
    if columns:
        write_file(target, ["Ligne", "Raison", *(column.title for column in columns)], rows(source, columns, refused))
    else:
        write_file(target, ["Fichier", "Raison"], named_rows(refused))


def rows(source: Path, columns: Sequence[Column], refused: ImportRefused) -> Iterator[Sequence[str]]:
    reasons: dict[int, list[str]] = {}
    for error in refused.errors:
        reasons.setdefault(error.line or 0, []).append(error.reason)
    waiting = deque(sorted(reasons))

    def told(line: int, cells: Sequence[str] = ()) -> Sequence[str]:
        return [str(line or ""), " ; ".join(reasons[line]), *cells]

    for line, cells in lines_of(source, columns):
        # What the reader cannot make a line of has a number and no cells.
        while waiting and waiting[0] < line:
            yield told(waiting.popleft())
        if waiting and waiting[0] == line:
            yield told(waiting.popleft(), cells)
    yield from map(told, waiting)
    yield from left_out(refused)


def named_rows(refused: ImportRefused) -> Iterator[Sequence[str]]:
    for error in refused.errors:
        yield [error.file, error.reason]
    yield from left_out(refused)


def left_out(refused: ImportRefused) -> Iterator[Sequence[str]]:
    if left := refused.total - len(refused.errors):
        reasons = counted(left, "autre raison, qui ne tient pas ici", "autres raisons, qui ne tiennent pas ici")
        yield ["", f"… et {reasons}"]


def lines_of(source: Path, columns: Sequence[Column]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The lines of the file, as it has them; none of one that cannot be read at all."""
    with suppress(ImportRefused), opened(source, columns) as file:
        yield from file.lines(Refusals())
