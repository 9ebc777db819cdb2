"""An XLSX workbook, read row by row: the first sheet that has the columns asked for.

Cells come as the texts that a CSV would have: ISO dates, whole numbers without a point. What a spreadsheet has lost
(« 1,23E+15 », « #N/A », a formula) is refused by the cells' own checks, with its line.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from operator import itemgetter
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from ophportal.imports.columns import Column, places_of
from ophportal.imports.refusals import ImportRefused, Refusals

# A million rows of fourteen cells take about this much unpacked; a bomb takes a thousand times its size.
LARGEST_UNPACKED = 2 << 30
# openpyxl reads sheets row by row, and keeps all the rest in memory, the shared texts above all, whatever the part that
# holds them is called: what is larger than this comes as CSV.
LARGEST_IN_MEMORY = 64 << 20
SHEETS = re.compile(r"/?xl/worksheets/[^/]+\.xml")
CONTENT_TYPES = "[Content_Types].xml"
MOST_RATIO = 200
# Beyond 15 digits Excel has lost the last ones.
EXACT = 10**15
# What a damaged or hostile workbook raises, by what is wrong in it.
DAMAGE = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, InvalidFileException, DefusedXmlException, ParseError,
    KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError, NotImplementedError,
)  # fmt: skip
DAMAGED = "le classeur est abîmé, ou n'en est pas un : ouvrez-le dans le tableur et enregistrez-le de nouveau"


class XlsxFile:
    """An open sheet, past its header, with the face of a `CsvFile`; its unit is the row."""

    def __init__(self, sheet: Any, size: int, header_row: int, header: Sequence[str], columns: Sequence[Column]):
        places = places_of(header, columns)
        self.sheet, self.header_row, self.width = sheet, header_row, len(header)
        self.present = frozenset(places)
        self.size = max(size, header_row + 1)
        self.row = header_row
        # As in a CsvFile: one empty cell more stands for all the columns that the file lacks.
        self.pick = itemgetter(*(places.get(column.name, self.width) for column in columns))

    def position(self) -> int:
        return min(self.row, self.size)

    def lines(self, refusals: Refusals) -> Iterator[tuple[int, tuple[str, ...]]]:
        width, pick = self.width, self.pick
        rows = self.sheet.iter_rows(min_row=self.header_row + 1, values_only=True)
        try:
            for number, row in enumerate(rows, self.header_row + 1):
                self.row = number
                cells = [text_of(value) for value in row]
                if any(cell.strip() for cell in cells[width:]):
                    refusals.add(number, f"la ligne a {len(cells)} cellules, et l'en-tête {width} colonnes")
                elif any(map(str.strip, cells)):
                    cells = cells[:width] + [""] * (width + 1 - len(cells[:width]))
                    yield number, pick(cells)
        except DAMAGE:
            refusals.add(self.row + 1, DAMAGED)


@contextmanager
def workbook(stream: BinaryIO, columns: Sequence[Column]) -> Iterator[XlsxFile]:
    """The sheet to read of the workbook in `stream`. Raises ImportRefused for one that cannot be read."""
    try:
        check_size(stream)
        book = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
    except DAMAGE as error:
        raise ImportRefused.whole(DAMAGED) from error
    try:
        yield sheet_with(book.worksheets, columns)
    finally:
        book.close()


def check_size(stream: BinaryIO) -> None:
    """Refuse what would fill the memory or the day, before any of it is unpacked."""
    with zipfile.ZipFile(stream) as archive:
        parts = archive.infolist()
        kinds = archive.open(CONTENT_TYPES).read(1 << 20)
    packed = sum(part.compress_size for part in parts)
    unpacked = sum(part.file_size for part in parts)
    in_memory = sum(part.file_size for part in parts if not SHEETS.fullmatch(part.filename))
    stream.seek(0)
    is_bomb = unpacked > 1 << 20 and unpacked > MOST_RATIO * packed
    if is_bomb or unpacked > LARGEST_UNPACKED or in_memory > LARGEST_IN_MEMORY or is_disguised(kinds):
        raise ImportRefused.whole("le classeur est trop grand : enregistrez-le au format « CSV UTF-8 »")


def is_disguised(content_types: bytes) -> bool:
    """Whether a part that is named like a sheet says that it is the shared texts."""
    tags = re.findall(rb"<[^>]*>", content_types)
    return any(b"/xl/worksheets/" in tag and b"sharedStrings" in tag for tag in tags)


def sheet_with(sheets: Sequence[Any], columns: Sequence[Column]) -> XlsxFile:
    """The first sheet with the required columns. Raises ImportRefused, about the first that holds anything."""
    first: ImportRefused | None = None
    for sheet in sheets:
        try:
            size = sheet.max_row or 0
            sheet.reset_dimensions()  # what a sheet says of its size is not always so
            for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
                header = [text_of(value) for value in row]
                if any(map(str.strip, header)):
                    return XlsxFile(sheet, size, number, without_tail(header), columns)
        except ImportRefused as refused:
            first = first or refused
        except DAMAGE as error:
            raise ImportRefused.whole(DAMAGED) from error
    raise first or ImportRefused.whole("le fichier est vide")


def without_tail(header: list[str]) -> list[str]:
    """The header up to its last title."""
    while header and not header[-1].strip():
        header.pop()
    return header


def text_of(value: Any) -> str:
    """What a CSV would say of this cell."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "VRAI" if value else "FAUX"
        case int():
            return str(value) if abs(value) < EXACT else f"{value:.6E}"
        case float():
            return text_of_number(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
        case date():
            return value.isoformat()
    return str(value)


def text_of_number(value: float) -> str:
    """« 12345 » for 12345.0, « 1234.56 » for 1234.5600000000001: fifteen digits are all that Excel knows."""
    if value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    text = f"{value:.15g}"
    return text if "e" not in text else f"{value:.6E}"
