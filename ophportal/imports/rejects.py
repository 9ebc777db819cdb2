"""The lines that an import refuses, as a CSV to mend them by: their numbers, why, and what they say."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from ophportal.csv_output import write_file
from ophportal.imports.columns import Column
from ophportal.imports.files import opened
from ophportal.imports.refusals import ImportRefused, Refusals


def write_rejects(source: Path, columns: Sequence[Column], refused: ImportRefused, target: Path) -> None:
    """Write to `target` the lines of `source` that `refused` names; its last line tells of those that are left out."""
    header = ["Ligne", "Raison", *(column.title for column in columns)]
    write_file(target, header, rows(source, columns, refused))


def rows(source: Path, columns: Sequence[Column], refused: ImportRefused) -> Iterator[Sequence[str]]:
    cells = cells_of(source, columns, {error.line for error in refused.errors if error.line is not None})
    reasons: dict[int | None, list[str]] = {}
    for error in refused.errors:
        reasons.setdefault(error.line, []).append(error.reason)
    for line, said in reasons.items():
        yield ["" if line is None else str(line), " ; ".join(said), *cells.get(line, ())]
    if left := refused.total - len(refused.errors):
        yield ["", f"… et {left} autres raisons, qui ne tiennent pas ici"]


def cells_of(source: Path, columns: Sequence[Column], wanted: set[int]) -> dict[int | None, tuple[str, ...]]:
    """The cells of the lines `wanted`, as the file has them; none of a file that cannot be read at all."""
    try:
        with opened(source, columns) as file:
            return {line: cells for line, cells in file.lines(Refusals()) if line in wanted}
    except ImportRefused:
        return {}
