"""CSV as French spreadsheets open it: semicolons, UTF-8 with a byte order mark, and no cell that runs as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any, TextIO

from flask import Response

from ophportal.downloads import attachment

# What a spreadsheet takes for a formula (OWASP, « CSV Injection »; ASVS 1.2.10), an East Asian one the full-width signs
# too; an apostrophe before it makes it a text.
FORMULA = (*"=+-@\t\r\n\0", *"\uff1d\uff0b\uff0d\uff20")


def escaped(cell: Any) -> str:
    """The cell as a text that no spreadsheet runs. A number stays one, minus sign and all."""
    text = "" if cell is None else str(cell)
    if text.startswith(FORMULA) and not is_number(text):
        return f"'{text}"
    return text


def is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return text.isascii() and "_" not in text


def write_rows(stream: TextIO, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write the table to `stream`, which must translate no line ends (`newline=""`); how many rows it has."""
    writer = csv.writer(stream, delimiter=";")
    writer.writerow(header)
    count = 0
    for row in rows:
        writer.writerow([escaped(cell) for cell in row])
        count += 1
    return count


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """The table as a file to keep."""
    text = io.StringIO(newline="")
    write_rows(text, header, rows)
    return attachment(text.getvalue().encode("utf-8-sig"), "text/csv", name)


def write_table(file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write the table to `file`, as `csv_answer` would; how many rows it has. For long tables."""
    stream = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    count = write_rows(stream, header, rows)
    stream.detach()
    return count


def write_file(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write the table to a new file that its owner alone may read."""
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        write_rows(stream, header, rows)
